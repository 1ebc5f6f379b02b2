/** Drivers that wait behind a held access, or for time to go on, are told so; a device whose driver has gone is held no longer. */
import type { Instruments } from '#bus/filters/instruments.ts';
import type { HeldView } from '#bus/filters/views.ts';
import { isNbdRequester } from '#bus/trace.ts';
import type { ServedBench } from '../served-bench.ts';

export interface SlowTime {
  /** Why an answer may take long; null while it does not. */
  readonly slow: string | null;
  onChange(listener: () => void): () => void;
}

/** Returns the way to stop. */
export const tellHolds = (
  instruments: Instruments,
  served: Pick<ServedBench, 'port' | 'onOwner'>,
  time: SlowTime,
  devices: () => Iterable<string>,
): (() => void) => {
  /** Why, as each was told. */
  const held = new Map<string, string>();
  const look = (): void => {
    const now = new Map(instruments.held.filter(ofDriver).map((one) => [one.device, wordsOf(one)]));
    const { slow } = time;
    if (slow !== null) for (const device of devices()) if (!now.has(device)) now.set(device, slow);
    for (const [device, why] of now) {
      if (held.get(device) === why) continue;
      held.set(device, why);
      served.port(device)?.held(why);
    }
    for (const device of [...held.keys()]) {
      if (now.has(device)) continue;
      held.delete(device);
      served.port(device)?.held(null);
    }
  };
  const stops = [
    instruments.onChange((device) => {
      if (device !== null) look();
    }),
    time.onChange(look),
    served.onOwner(() => {
      for (const device of new Set(instruments.held.filter(ofDriver).map((one) => one.device)))
        if (served.port(device)?.owner() === null) instruments.letGo(device, 'its driver has gone', ofDriver);
      look(); // a device may be new
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};

/** An NBD client knows no notices, and comes and goes by itself. */
const ofDriver = ({ requester }: HeldView): boolean => !isNbdRequester(requester);

const wordsOf = ({ device, op, address, register, breakpoint }: HeldView): string => {
  const by = breakpoint === null ? 'a step' : `breakpoint ${breakpoint}`;
  return `${device} is held by ${by}: ${op} ${address}${register === null ? '' : ` ${register}`}`;
};
