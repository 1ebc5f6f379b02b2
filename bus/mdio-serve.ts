/** The device's end of the MDIO wire. */
import { Op } from '#datasheets/c45.ts';
import { type ServeDeviceOptions, type ServedDevice, serveDevice } from './device-serve.ts';
import { type MdioPort, unpackFrame } from './mdio.ts';
import { bodyToFrames, framesToBody } from './message.ts';
import type { PortServer } from './port-server.ts';

/** The port for one requester: a module's name, or the client id of who has none. */
export type MdioPortFor = (requester: string) => MdioPort;

export interface ServeMdioOptions extends ServeDeviceOptions {
  readonly port: MdioPortFor;
}

/** A device with a management port and no other; rejects as `serveDevice` does. */
export const serveMdio = ({ port, ...options }: ServeMdioOptions): Promise<ServedDevice> =>
  serveDevice(options, () => [mdioServer(port)]);

/** Anybody may read; to write takes the lease. */
export const mdioServer = (port: MdioPortFor): PortServer => ({
  kinds: ['mdio'],
  async answer({ body }, asker) {
    const frames = bodyToFrames(body);
    if (frames.some(isWrite)) asker.mustOwn();
    return framesToBody(await port(asker.module).transfer(frames));
  },
});

const isWrite = (frame: number): boolean => {
  const { st, op } = unpackFrame(frame);
  return st === 0 && op === Op.write;
};
