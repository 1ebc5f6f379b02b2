/** Waiting inside the bus for one access: to act just before it, or to spoil it as noise would. */

import type { BlockFilter } from '#bus/block-bus.ts';
import { LabError } from '#bus/errors.ts';
import type { MdioAccess, MdioFilter } from '#bus/mdio.ts';
import type { MmioFilter } from '#bus/mmio-bus.ts';
import { mmdOf } from '#datasheets/c45.ts';
import type { BenchDevice } from '#server/bench-device.ts';
import type { AccessPattern, RequestPattern } from './model.ts';

/** Puts a filter on the bus; the returned function takes it off. */
export type Arm = (device: BenchDevice, access: AccessPattern) => () => void;

/** Calls `act` just before the silicon sees the access. */
export const armTrigger =
  (act: () => void): Arm =>
  (device, pattern) => {
    const { mmio } = device.buses;
    const counted = counter(device, pattern);
    if (mmio === undefined)
      return install(device, (access, next) => {
        if (counted(access)) act();
        return next(access);
      });
    const filter: MmioFilter = (touch, next) => {
      if (counted({ ...touch, prtad: device.prtad })) act();
      return next(touch);
    };
    mmio.filters.add(filter);
    return () => void mmio.filters.delete(filter);
  };

/** Calls `act` just before the silicon sees the request. */
export const armRequest = (act: () => void, device: BenchDevice, { request, nth }: RequestPattern): (() => void) => {
  const { block } = device.buses;
  if (block === undefined) throw new LabError('EOPNOTSUPP', `${device.name} takes no block requests`);
  let seen = 0;
  const filter: BlockFilter = {
    submit(command, next) {
      if (command.op === request && ++seen === nth) act();
      next(command);
    },
  };
  block.filters.add(filter);
  return () => void block.filters.delete(filter);
};

/** One bit of the access is wrong: of a write before the silicon sees it, of a read before the driver does. */
export const armFlip =
  (bit: number, spoiled: (was: number, now: number) => void): Arm =>
  (device, pattern) => {
    const counted = counter(device, pattern);
    return install(device, (access, next) => {
      if (!counted(access)) return next(access);
      const answer = access.op === 'write' ? undefined : next(access);
      const was = answer?.value ?? access.value;
      const now = was ^ (1 << bit);
      spoiled(was, now);
      return answer === undefined ? next({ ...access, value: now }) : { ...answer, value: now };
    });
  };

/** The address frame was lost: the access hits what the MMD's address register held before. */
export const armLose =
  (spoiled: (hit: number) => void): Arm =>
  (device, pattern) => {
    const counted = counter(device, pattern);
    const before = new Map<number, number>();
    return install(device, (access, next) => {
      const mmd = mmdOf(access.at);
      const held = before.get(mmd) ?? mmd * 0x10000;
      const hit = counted(access);
      if (!hit) before.set(mmd, access.at);
      if (hit) spoiled(held);
      return next(hit ? { ...access, at: held } : access);
    });
  };

const install = (device: BenchDevice, filter: MdioFilter): (() => void) => {
  device.bus.filters.add(filter);
  return () => void device.bus.filters.delete(filter);
};

/** True for exactly the nth access that fits. */
const counter = (
  device: BenchDevice,
  { at, op, nth }: AccessPattern,
): ((access: Pick<MdioAccess, 'at' | 'op' | 'prtad'>) => boolean) => {
  let seen = 0;
  const { prtad } = device;
  return (access) => access.at === at && access.op === op && access.prtad === prtad && ++seen === nth;
};
