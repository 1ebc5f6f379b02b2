/** Where VNC viewers find the displays of a lab, and what a lab is told of it. */

export interface LabVnc {
  /** Of the first display, the others follow; 0 takes free ones. Without it 5900, and a display that finds its own in use goes without. */
  readonly port?: number;
}

export interface VncAddress {
  readonly device: string;
  readonly host: string;
  readonly port: number;
}

/** As viewers take it. */
export const vncUri = ({ host, port }: Pick<VncAddress, 'host' | 'port'>): string => `vnc://${host}:${port}`;
