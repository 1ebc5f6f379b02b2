/** VNC as part of a lab: a port for each display, in the order of the bench, and what the lab says of it. */
import type { LogLevel } from '#bus/api.ts';
import { LabError } from '#bus/errors.ts';
import { Display } from '#devices/display/display.ts';
import type { Bench } from '../bench.ts';
import { type LabVnc, type VncAddress, vncUri } from './address.ts';
import { VNC_PORT } from './rfb.ts';
import { offScreen, type VncScreen } from './screen.ts';
import { startVnc, type VncServer } from './server.ts';

export interface LabVncOptions {
  readonly vnc: LabVnc;
  readonly bench: Bench;
  readonly log: (level: LogLevel, text: string) => void;
}

export interface OpenLabVnc {
  readonly addresses: readonly VncAddress[];
  close(): Promise<void>;
}

/** Rejects when what was asked for cannot be had; then nothing listens. */
export const openLabVnc = async ({ vnc, bench, log }: LabVncOptions): Promise<OpenLabVnc> => {
  const first = vnc.port ?? VNC_PORT;
  const servers: VncServer[] = [];
  const addresses: VncAddress[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
  };
  const displays = [...bench.devices].flatMap(([name, { device }]) => (device instanceof Display ? [name] : []));
  for (const [i, device] of displays.entries()) {
    const port = first === 0 ? 0 : first + i;
    try {
      if (port > 65_535) throw new LabError('EINVAL', `VNC: ${device} would take port ${port}; the last one is 65535`);
      const screen = (): VncScreen => screenOf(bench, device);
      const server = await startVnc({ port, name: device, screen, log: (line) => log('info', line) });
      servers.push(server);
      addresses.push({ device, ...server.address });
      log('info', `${device}: VNC at ${vncUri(server.address)}`);
    } catch (error) {
      if (vnc.port === undefined && error instanceof LabError && error.code === 'EADDRINUSE') {
        log('warning', `${error.message}; ${device} runs without VNC`);
        continue;
      }
      await close();
      throw error;
    }
  }
  return { addresses, close };
};

/** The display of that name now: it may have been replaced, or be gone, or scan out nothing. */
const screenOf = (bench: Bench, name: string): VncScreen => {
  const device = bench.devices.get(name)?.device;
  return device instanceof Display && device.scene.width > 0 ? device : offScreen();
};
