/** What a display says of itself to a panel. */

export interface DisplayPanel {
  /** Nanoseconds since power on. */
  readonly at: number;
  /** Undefined while nothing is scanned out. */
  readonly mode: { readonly width: number; readonly height: number; readonly frameNs: number } | null;
  /** Who drives the scanout: the compatible registers or the extension. */
  readonly half: 'dispi' | 'ferro' | 'off';
  readonly planes: readonly {
    readonly plane: string;
    readonly format: string;
    readonly source: PanelRect;
    readonly target: PanelRect;
    readonly zpos: number;
    readonly alpha: number;
    readonly blend: string;
    readonly rotation: number;
    readonly reflectX: boolean;
    readonly reflectY: boolean;
  }[];
  readonly vblank: { readonly count: number; readonly atNs: number; readonly running: boolean };
  readonly flip: { readonly pending: boolean; readonly done: number };
  readonly connector: {
    readonly connected: boolean;
    readonly linkBad: boolean;
    /** Null: the EDID is a user's. */
    readonly monitor: string | null;
    /** As it reads, in hex. */
    readonly edid: string;
  };
  /** Of the frame last asked for; null before. */
  readonly crc: number | null;
  readonly interrupt: {
    readonly asserted: boolean;
    readonly status: readonly string[];
    readonly enabled: readonly string[];
  };
  readonly findings: readonly string[];
  readonly gamma: boolean;
  readonly vrr: boolean;
  readonly vramBytes: number;
}

export interface PanelRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
