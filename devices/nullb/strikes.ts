/** The lab's own faults of a block device: which request each strikes, by count or by seeded chance. */
import { type BlockCommand, type BlockOp, type BlockStatus, SECTOR_BYTES } from '#bus/block.ts';
import type { Random } from '#bus/random.ts';
import type { FaultOp, NULLB_FAULTS, NullbFault } from '#datasheets/null-blk-catalogue.ts';
import type { FaultBoard } from '../fault-board.ts';

/** Faults that strike by count or chance. */
const STRIKING = [
  'latency',
  'error',
  'torn-write',
  'bit-rot',
  'reorder',
  'drop-completion',
  'duplicate-completion',
] as const;
type Striking = (typeof STRIKING)[number];

interface Tally {
  readonly random: Random;
  /** Requests the fault could have struck, and did. */
  seen: number;
  struck: number;
}

export interface StrikesSnapshot {
  readonly [fault: string]: readonly [random: number, seen: number, struck: number];
}

export class Strikes {
  readonly #board: FaultBoard<typeof NULLB_FAULTS>;
  readonly #seed: Random;
  #tallies: Readonly<Record<Striking, Tally>>;

  constructor(board: FaultBoard<typeof NULLB_FAULTS>, seed: Random) {
    this.#board = board;
    this.#seed = seed;
    this.#tallies = tallies(seed);
  }

  /** A fault was switched: its count begins again, its chance too. */
  switched(name: NullbFault): void {
    const tally = (STRIKING as readonly string[]).includes(name) ? this.#tallies[name as Striking] : undefined;
    if (tally === undefined) return;
    tally.random.state = this.#seed.fork(name).state;
    tally.seen = 0;
    tally.struck = 0;
  }

  error(command: BlockCommand): BlockStatus | undefined {
    const fault = this.#board.params('error');
    if (fault === undefined || !concerns(fault.op, command.op) || !touches(fault, command)) return undefined;
    return this.#strikes('error', fault) ? fault.status : undefined;
  }

  /** Bytes of a write that reach the medium, and what the device says; undefined: all of them. */
  tear(command: BlockCommand): { readonly bytes: number; readonly status: BlockStatus } | undefined {
    const fault = this.#board.params('torn-write');
    if (fault === undefined || (command.op !== 'write' && command.op !== 'zone_append')) return undefined;
    if (!this.#strikes('torn-write', fault)) return undefined;
    const { random } = this.#tallies['torn-write'];
    const bytes =
      fault.boundary === 'sector'
        ? random.below(command.sectors) * SECTOR_BYTES
        : random.below(command.sectors * SECTOR_BYTES);
    return { bytes, status: fault.answer };
  }

  /** Flips bits of what was read; the bytes that changed, for the medium, when the damage stays. */
  rot(command: BlockCommand, data: Uint8Array): readonly number[] | undefined {
    const fault = this.#board.params('bit-rot');
    if (fault === undefined || data.length === 0 || !touches(fault, command)) return undefined;
    if (!this.#strikes('bit-rot', fault)) return undefined;
    const { random } = this.#tallies['bit-rot'];
    const changed: number[] = [];
    for (let i = 0; i < fault.bits; i++) {
      const bit = random.below(data.length * 8);
      const at = Math.floor(bit / 8);
      data[at] = data[at]! ^ (1 << (bit % 8));
      changed.push(at);
    }
    return fault.stays ? changed : [];
  }

  delayNs(op: BlockOp): number {
    const fault = this.#board.params('latency');
    if (fault === undefined || !concerns(fault.op, op)) return 0;
    const { random } = this.#tallies.latency;
    const us = ((): number => {
      switch (fault.shape) {
        case 'fixed':
          return fault.us;
        case 'uniform':
          return fault.us + random.next() * fault.spread_us;
        case 'normal':
          return fault.us + bell(random) * fault.spread_us;
        case 'long-tail': {
          const late = random.next() * 100 < fault.tail_percent;
          return fault.us + (late ? -Math.log(1 - random.next()) * fault.tail_us : 0);
        }
      }
    })();
    return Math.max(0, Math.round(us * 1000));
  }

  drops(op: BlockOp): boolean {
    const fault = this.#board.params('drop-completion');
    return fault !== undefined && concerns(fault.op, op) && this.#strikes('drop-completion', fault);
  }

  /** Nanoseconds until the answer comes once more. */
  repeatsAfterNs(op: BlockOp): number | undefined {
    const fault = this.#board.params('duplicate-completion');
    if (fault === undefined || !concerns(fault.op, op) || !this.#strikes('duplicate-completion', fault))
      return undefined;
    return Math.round(fault.gap_us * 1000);
  }

  get reorder(): { readonly window: number; readonly holdNs: number } | undefined {
    const fault = this.#board.params('reorder');
    return fault && { window: fault.window, holdNs: Math.round(fault.hold_us * 1000) };
  }

  shuffle<T>(items: T[]): T[] {
    const { random } = this.#tallies.reorder;
    for (let i = items.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  }

  snapshot(): StrikesSnapshot {
    return Object.fromEntries(
      STRIKING.map((name) => {
        const { random, seen, struck } = this.#tallies[name];
        return [name, [random.state, seen, struck] as const];
      }),
    );
  }

  restore(snapshot: StrikesSnapshot): void {
    for (const name of STRIKING) {
      const [random = 0, seen = 0, struck = 0] = snapshot[name] ?? [];
      this.#tallies[name].random.state = random;
      Object.assign(this.#tallies[name], { seen, struck });
    }
  }

  #strikes(name: Striking, { percent, nth, times }: { percent: number; nth: number; times: number }): boolean {
    const tally = this.#tallies[name];
    if (times > 0 && tally.struck >= times) return false;
    tally.seen++;
    const struck = nth > 0 ? tally.seen % nth === 0 : tally.random.next() * 100 < percent;
    if (struck) tally.struck++;
    return struck;
  }
}

const tallies = (seed: Random): Record<Striking, Tally> =>
  Object.fromEntries(STRIKING.map((name) => [name, { random: seed.fork(name), seen: 0, struck: 0 }])) as Record<
    Striking,
    Tally
  >;

const concerns = (asked: FaultOp, op: BlockOp): boolean =>
  asked === 'any' ||
  asked === op ||
  (asked === 'write' && op === 'zone_append') ||
  (asked === 'zone' && op.startsWith('zone_') && op !== 'zone_append');

const touches = ({ first, last }: { first: number; last: number }, { sector, sectors }: BlockCommand): boolean =>
  sector <= last && sector + Math.max(1, sectors) > first;

/** A draw from the standard normal distribution. Box and Muller. */
const bell = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
