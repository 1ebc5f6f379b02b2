/** A whole bench kept and put back: all of it, or nothing when a part of it does not fit. */
import { isDeepStrictEqual } from 'node:util';
import { asLabError, LabError } from '#bus/errors.ts';
import { datasheetHash } from '#server/device-views.ts';
import type { LabHost } from '#server/lab.ts';
import { type DeviceSnapshot, restoreDevice, takeDevice } from './device-snapshot.ts';
import type { BenchSnapshot } from './file.ts';

/** What a bench is kept and put back with. */
export type SnapshotHost = Pick<LabHost, 'name' | 'clock' | 'bench' | 'place' | 'remove'>;

export const takeBench = (host: SnapshotHost, version: string): BenchSnapshot => ({
  lab: host.name,
  version,
  takenAt: new Date().toISOString(),
  now: host.clock.now(),
  devices: Object.fromEntries([...host.bench.devices].map(([name, device]) => [name, takeDevice(device)])),
});

/**
 * Devices of the snapshot go back to it, ones that are missing or built otherwise are placed; the others stay. Drivers keep
 * their devices and find out. Whatever does not fit: a LabError, and every device is as it was.
 */
export const restoreBench = async (
  host: SnapshotHost,
  { devices }: BenchSnapshot,
  requester: string,
): Promise<readonly string[]> => {
  const undo: (() => Promise<void>)[] = [];
  try {
    for (const [name, snapshot] of Object.entries(devices)) await restoreOne(host, name, snapshot, requester, undo);
  } catch (thrown) {
    for (const back of undo.reverse()) await back();
    const { code, message } = asLabError(thrown, 'EINVAL');
    throw new LabError(code, `the bench is as it was: ${message}`, { cause: thrown });
  }
  return Object.keys(devices);
};

const restoreOne = async (
  host: SnapshotHost,
  name: string,
  snapshot: DeviceSnapshot,
  requester: string,
  undo: (() => Promise<void>)[],
): Promise<void> => {
  const { bench } = host;
  const standing = bench.devices.get(name);
  const before = standing === undefined ? undefined : takeDevice(standing);
  undo.push(async () => {
    if (before === undefined) {
      if (bench.devices.has(name)) await host.remove(name);
      return;
    }
    if (bench.devices.get(name) !== standing) await host.place(name, before.spec);
    restoreDevice(bench.device(name), before, requester);
  });
  if (before === undefined || !isDeepStrictEqual(before.spec, snapshot.spec)) await host.place(name, snapshot.spec);
  const device = bench.device(name);
  const here = datasheetHash(device.device);
  if (here !== snapshot.datasheet)
    throw new LabError('EINVAL', `${name} was taken with another datasheet (${snapshot.datasheet}, here ${here})`);
  try {
    restoreDevice(device, snapshot, requester);
  } catch (thrown) {
    if (thrown instanceof LabError) throw thrown;
    throw new LabError('EINVAL', `the state of ${name} is none: ${asLabError(thrown).message}`, { cause: thrown });
  }
};
