/** The driver's end of the MDIO wire: an MdioPort whose bus is somewhere else. */
import { Op } from '#datasheets/c45.ts';
import type { BusClient } from './client.ts';
import { type ConnectOptions, connectDevice, type DeviceWire, type RemoteDevice } from './device-connect.ts';
import { LabError } from './errors.ts';
import { type MdioPort, unpackFrame } from './mdio.ts';
import { bodyToFrames, framesToBody } from './message.ts';

export type RemoteMdio = RemoteDevice & MdioPort;

/** A device used by its management port; rejects as `connectDevice` does. */
export const connectMdio = async (
  client: BusClient,
  device: string,
  options: ConnectOptions = {},
): Promise<RemoteMdio> => {
  const remote = await connectDevice(client, device, options);
  return Object.assign(remote, mdioOver(remote));
};

/** The management port of a device that was found. */
export const mdioOver = (remote: DeviceWire): MdioPort => ({
  async transfer(frames) {
    if (frames.length === 0) return new Uint32Array();
    const answer = bodyToFrames(await remote.ask('mdio', framesToBody(frames)));
    const reads = frames.reduce((count, frame) => count + (isRead(frame) ? 1 : 0), 0);
    if (answer.length === reads) return answer;
    throw new LabError('EPROTO', `${remote.device} answered ${reads} reads with ${answer.length} frames`);
  },
});

const isRead = (frame: number): boolean => {
  const { st, op } = unpackFrame(frame);
  return st === 0 && (op === Op.read || op === Op.readIncrement);
};
