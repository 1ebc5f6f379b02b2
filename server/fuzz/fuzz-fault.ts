/** One bus fault as the fuzzer draws it, and as a step of a scenario. */
import type { BusFaultKind } from '#bus/filters/effects.ts';
import type { DeviceKind } from '#server/bench-spec.ts';
import { PORTS } from '#server/device-kinds.ts';

export interface FuzzFault {
  readonly effect: BusFaultKind;
  /** Which accesses, in the filter grammar. */
  readonly when: string;
  /** Which of them; null: each of the first `MOST_TIMES`. */
  readonly nth: number | null;
  readonly params: Readonly<Record<string, number>>;
}

/** Counted accesses: the first, the second … */
export const MOST_NTH = 16;

/** A bus that is bad for ever is slow, and no driver can help it. */
const MOST_TIMES = 100;

/** What happens on any wire, and what only where values of registers go over it. */
const ANYWHERE: readonly BusFaultKind[] = ['delay', 'drop', 'duplicate', 'reorder', 'error', 'disconnect'];
const REGISTERS: readonly BusFaultKind[] = ['bit-flip', 'stuck-bit', 'wrong-value', 'all-ones'];
const MDIO: readonly BusFaultKind[] = ['lost-address', 'turnaround'];

export const effectsOn = (kind: DeviceKind): readonly BusFaultKind[] => {
  const ports = PORTS[kind];
  if (ports.includes('mdio')) return [...ANYWHERE, ...REGISTERS, ...MDIO];
  return ports.includes('mmio') ? [...ANYWHERE, ...REGISTERS] : ANYWHERE;
};

/** Three numbers drawn for whatever parameters the effect has. */
export const paramsOf = (effect: BusFaultKind, ms: number, bit: number, value: number): FuzzFault['params'] => {
  if (effect === 'delay') return { us: ms * 1000 };
  if (effect === 'disconnect') return { ms };
  if (effect === 'bit-flip') return { bit };
  if (effect === 'stuck-bit') return { bit, level: value % 2 };
  return effect === 'wrong-value' ? { value } : {};
};

export const stepOf = (device: string, { effect, when, nth, params }: FuzzFault): object => ({
  'bus-fault': {
    [device]: {
      effect,
      ...(when === '' ? {} : { when }),
      ...(nth === null ? { times: MOST_TIMES } : { nth }),
      ...(Object.keys(params).length === 0 ? {} : { params }),
    },
  },
});
