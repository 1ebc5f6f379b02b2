/** The displays of a bench, for those who look at their picture. */
import { LabError } from '#bus/errors.ts';
import { Display } from '#devices/display/display.ts';
import type { Bench } from '../bench.ts';

/** The display of that name: ENOENT when there is no such device, EOPNOTSUPP when it is another kind. */
export const displayOf = (bench: Bench, name: string): Display => {
  const { device } = bench.device(name);
  if (device instanceof Display) return device;
  throw new LabError('EOPNOTSUPP', `${name} is a ${device.kind}, which shows no picture; a display does`);
};
