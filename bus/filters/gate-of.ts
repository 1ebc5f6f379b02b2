/** The gate of a device, made from those faults and breakpoints of the lab that mean something to it; none when none does. */
import type { Trace } from '../trace.ts';
import type { AccessBreakpoint } from './breakpoint.ts';
import type { BusFault } from './bus-fault.ts';
import { DeviceGate } from './device-gate.ts';
import { ONLY_MDIO } from './effects.ts';
import type { Gate } from './gate.ts';
import { BREAKPOINT_REQUESTER, type Holds } from './holds.ts';
import { readSelection, type Selection } from './selection.ts';
import type { PlaceNames } from './touch.ts';

/** Who firings, and faults that are switched, are recorded under. */
export const FILTER_REQUESTER = 'filter';

export interface GateParts {
  readonly device: string;
  readonly names: PlaceNames;
  readonly faults: Iterable<BusFault>;
  readonly breakpoints: Iterable<AccessBreakpoint>;
  /** Devices whose next access is held. */
  readonly steps: Set<string>;
  readonly holds: Holds;
  readonly now: () => number;
  readonly trace: Trace;
  readonly recordAll: (() => void) | undefined;
  /** A step was all there was, and it is taken. */
  readonly emptied: () => void;
  readonly changed: () => void;
}

export const gateOf = (parts: GateParts): Gate | null => {
  const { device, names, steps, holds, now, trace, recordAll, emptied, changed } = parts;
  const faults = here(parts.faults, device, names).filter(
    ([{ effect }]) => names.port === 'mdio' || !ONLY_MDIO.has(effect.kind),
  );
  const breakpoints = here(parts.breakpoints, device, names);
  if (faults.length + breakpoints.length === 0 && !steps.has(device)) return null;
  return new DeviceGate({
    faults,
    breakpoints,
    takeStep() {
      const due = steps.delete(device);
      if (due && faults.length + breakpoints.length === 0) emptied();
      return due;
    },
    hold(touch, by) {
      if (by !== null) by.firstSeq ??= trace.last + 1;
      return holds.hold(touch, names, by);
    },
    passed({ at, value, old }, by) {
      const row = { device, requester: BREAKPOINT_REQUESTER, op: 'note', outcome: 'ok', time: now() } as const;
      const seq = trace.record({ ...row, at: at % 2 ** 32, value, old, text: `breakpoint ${by.id}: ${by.verb}` });
      if (by.firstSeq === null && by.verb === 'trace') recordAll?.();
      by.firstSeq ??= seq;
      changed();
    },
    fire: ({ at }) => {
      const row = { device, requester: FILTER_REQUESTER, op: 'fault', outcome: 'ok' } as const;
      return (text, old, value) => {
        trace.record({ ...row, time: now(), at: at % 2 ** 32, old, value, text });
        changed();
      };
    },
  });
};

/** What a selection means at a device; undefined when it is about others. */
export const selectionAt = (
  { device: only, when = '' }: { readonly device?: string; readonly when?: string },
  device: string,
  names: PlaceNames,
): Selection | undefined => {
  if (only !== undefined && only !== device) return undefined;
  try {
    return readSelection(when, names);
  } catch {
    return undefined;
  }
};

const here = <T extends BusFault | AccessBreakpoint>(
  all: Iterable<T>,
  device: string,
  names: PlaceNames,
): readonly (readonly [T, Selection])[] =>
  [...all].flatMap((one): readonly (readonly [T, Selection])[] => {
    const fits = one.on ? selectionAt(one.spec, device, names) : undefined;
    return fits === undefined ? [] : [[one, fits]];
  });
