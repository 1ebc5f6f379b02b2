/** What a disk has done, as /sys/block/<disk>/stat and inflight count it. */
import type { BlockOp } from '#bus/block.ts';
import type { Clock } from '#bus/clock.ts';

export const STAT_GROUPS = ['read', 'write', 'discard', 'flush', 'zone'] as const;
export type StatGroup = (typeof STAT_GROUPS)[number];

export interface GroupStat {
  readonly ios: number;
  readonly sectors: number;
  /** Of those, how many ended with an error. */
  readonly errors: number;
  /** Time in requests, summed. */
  readonly ticksNs: number;
}

export interface DiskStat {
  readonly groups: Readonly<Record<StatGroup, GroupStat>>;
  readonly inflight: { readonly read: number; readonly write: number };
  /** Time with at least one request in flight. */
  readonly ioTicksNs: number;
  /** All the groups' ticks. */
  readonly timeInQueueNs: number;
  readonly timeouts: number;
  readonly requeues: number;
  /** Answers nobody waited for: after a timeout, given twice, to a question nobody asked. */
  readonly ignored: Readonly<Record<'late' | 'duplicate' | 'unknown', number>>;
}

export const groupOf = (op: BlockOp): StatGroup => {
  if (op === 'read' || op === 'discard' || op === 'flush') return op;
  if (op === 'write' || op === 'write_zeroes' || op === 'zone_append') return 'write';
  return 'zone';
};

export class DiskStats {
  readonly #clock: Clock;
  readonly #groups = Object.fromEntries(
    STAT_GROUPS.map((group) => [group, { ios: 0, sectors: 0, errors: 0, ticksNs: 0 }]),
  ) as Record<StatGroup, { ios: number; sectors: number; errors: number; ticksNs: number }>;
  readonly #inflight = { read: 0, write: 0 };
  readonly ignored = { late: 0, duplicate: 0, unknown: 0 };
  timeouts = 0;
  requeues = 0;
  #busySince = 0;
  #busyNs = 0;
  #total = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get inflight(): number {
    return this.#total;
  }

  began(op: BlockOp): void {
    if (this.#total++ === 0) this.#busySince = this.#clock.now();
    this.#inflight[op === 'read' ? 'read' : 'write']++;
  }

  /** It is in flight no more, and will begin again. */
  left(op: BlockOp): void {
    if (--this.#total === 0) this.#busyNs += this.#clock.now() - this.#busySince;
    this.#inflight[op === 'read' ? 'read' : 'write']--;
  }

  ended(op: BlockOp, sectors: number, tookNs: number, ok: boolean): void {
    this.left(op);
    const group = this.#groups[groupOf(op)];
    group.ios++;
    if (ok) group.sectors += sectors;
    else group.errors++;
    group.ticksNs += tookNs;
  }

  view(): DiskStat {
    const busy = this.#total > 0 ? this.#clock.now() - this.#busySince : 0;
    return {
      groups: structuredClone(this.#groups),
      inflight: { ...this.#inflight },
      ioTicksNs: this.#busyNs + busy,
      timeInQueueNs: STAT_GROUPS.reduce((sum, group) => sum + this.#groups[group].ticksNs, 0),
      timeouts: this.timeouts,
      requeues: this.requeues,
      ignored: { ...this.ignored },
    };
  }
}
