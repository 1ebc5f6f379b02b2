/** Drivers that wait behind a held access are told so; a device whose driver has gone is held no longer. */
import type { Instruments } from '#bus/filters/instruments.ts';
import type { ServedBench } from '../served-bench.ts';

/** Returns the way to stop. */
export const tellHolds = (instruments: Instruments, served: Pick<ServedBench, 'port' | 'onOwner'>): (() => void) => {
  const held = new Set<string>();
  const look = (): void => {
    const now = new Map(instruments.held.map((one) => [one.device, one]));
    for (const [device, { op, address, register, breakpoint }] of now) {
      if (held.has(device)) continue;
      held.add(device);
      const by = breakpoint === null ? 'a step' : `breakpoint ${breakpoint}`;
      served
        .port(device)
        ?.held(`${device} is held by ${by}: ${op} ${address}${register === null ? '' : ` ${register}`}`);
    }
    for (const device of [...held]) {
      if (now.has(device)) continue;
      held.delete(device);
      served.port(device)?.held(null);
    }
  };
  const stops = [
    instruments.onChange((device) => {
      if (device !== null) look();
    }),
    served.onOwner(() => {
      for (const device of new Set(instruments.held.map((one) => one.device)))
        if (served.port(device)?.owner() === null) instruments.letGo(device, 'its driver has gone');
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};
