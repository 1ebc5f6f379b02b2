/** One device of a bench as plain JSON: what it was built from, what it keeps, what its bus keeps of it. */
import type { RegisterBusSnapshot } from '#bus/device.ts';
import { LabError } from '#bus/errors.ts';
import type { BenchDevice } from '#server/bench-device.ts';
import type { BenchDeviceSpec } from '#server/bench-spec.ts';
import { datasheetHash } from '#server/device-views.ts';

export interface DeviceSnapshot {
  readonly kind: string;
  readonly spec: BenchDeviceSpec;
  /** Of the datasheet it was taken with. */
  readonly datasheet: string;
  /** The device's own `snapshot()`. */
  readonly state: unknown;
  /** What the bus of registers keeps: where each address register stands, and what was seen last; null where there is none. */
  readonly bus: RegisterBusSnapshot | null;
}

export const takeDevice = (on: BenchDevice): DeviceSnapshot => ({
  kind: on.device.kind,
  spec: on.spec,
  datasheet: datasheetHash(on.device),
  state: on.device.snapshot(),
  bus: (on.buses.mdio ?? on.buses.mmio)?.snapshot() ?? null,
});

/** Puts the device back, and says so in the trace. Throws an EINVAL when the snapshot is of another part. */
export const restoreDevice = (on: BenchDevice, snapshot: DeviceSnapshot, requester: string): void => {
  if (snapshot.kind !== on.device.kind)
    throw new LabError('EINVAL', `${on.name} is a ${on.device.kind}, the snapshot is of a ${snapshot.kind}`);
  on.restore(snapshot.state, snapshot.bus, requester);
};
