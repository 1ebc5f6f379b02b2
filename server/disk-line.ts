/** The lab's end of drivers' disks: each bio is asked of the driver of a device over the bus. */
import type { Bio, BioResult } from '#bus/disk.ts';
import { decodeDiskAnswer, encodeDiskRequest } from '#bus/disk-wire.ts';
import type { DriverLine } from './driver-line.ts';

/** A driver that lets go of its device ends each request of its disk: that is the answer. */
export const diskIo =
  (line: DriverLine) =>
  async (device: string, bio: Bio): Promise<BioResult> =>
    decodeDiskAnswer(await line.ask(device, 'io', bio.op, encodeDiskRequest({ disk: null, bio })));
