/** When a filter acts on an access that fits: the nth, every nth, with a probability, so many times, within a stretch of time. */
import type { Clock } from '../clock.ts';
import { LabError } from '../errors.ts';
import type { Random } from '../random.ts';

export interface ScheduleSpec {
  /** Only this one of those that fit, counted from 1. */
  readonly nth?: number;
  /** Every so many of those that fit. */
  readonly every?: number;
  /** 0 to 1, drawn for each that fits. */
  readonly probability?: number;
  /** At most so often. */
  readonly times?: number;
  /** Not before so long after it was switched on. */
  readonly afterMs?: number;
  /** From then on, for so long. */
  readonly forMs?: number;
}

/** Counts what fits; the same accesses and the same seed give the same answers. */
export class Schedule {
  readonly #spec: ScheduleSpec;
  readonly #random: Random;
  #fromNs = 0;
  matches = 0;
  firings = 0;

  /** Throws EINVAL. */
  constructor(spec: ScheduleSpec, random: Random) {
    whole('nth', spec.nth);
    whole('every', spec.every);
    whole('times', spec.times);
    within('probability', spec.probability, 1);
    within('afterMs', spec.afterMs, LONGEST_MS);
    within('forMs', spec.forMs, LONGEST_MS);
    if (spec.nth !== undefined && spec.every !== undefined)
      throw new LabError('EINVAL', 'nth and every were both given; one of them says which accesses are meant');
    this.#spec = spec;
    this.#random = random;
  }

  /** Time windows begin now; counts go on. */
  begin(clock: Clock): void {
    this.#fromNs = clock.now() + (this.#spec.afterMs ?? 0) * 1e6;
  }

  /** True once there is nothing more to come. */
  get spent(): boolean {
    const { nth, times } = this.#spec;
    return (nth !== undefined && this.matches >= nth) || (times !== undefined && this.firings >= times);
  }

  /** An access fits: is it this one? */
  take(nowNs: number): boolean {
    const { nth, every, probability, times, forMs } = this.#spec;
    if (nowNs < this.#fromNs || (forMs !== undefined && nowNs >= this.#fromNs + forMs * 1e6)) return false;
    this.matches++;
    if (nth !== undefined && this.matches !== nth) return false;
    if (every !== undefined && this.matches % every !== 0) return false;
    if (times !== undefined && this.firings >= times) return false;
    if (probability !== undefined && this.#random.next() >= probability) return false;
    this.firings++;
    return true;
  }
}

/** `every 3rd, at most 2 times`; empty when it is always. */
export const scheduleText = ({ nth, every, probability, times, afterMs, forMs }: ScheduleSpec): string =>
  [
    nth === undefined ? '' : `number ${nth}`,
    every === undefined ? '' : `every ${every}`,
    probability === undefined ? '' : `with probability ${probability}`,
    times === undefined ? '' : `at most ${times} ${times === 1 ? 'time' : 'times'}`,
    afterMs === undefined ? '' : `after ${afterMs} ms`,
    forMs === undefined ? '' : `for ${forMs} ms`,
  ]
    .filter((part) => part !== '')
    .join(', ');

const LONGEST_MS = 86_400_000;
const MOST = 1e9;

const whole = (name: string, value: number | undefined): void => {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= MOST)) return;
  throw new LabError('EINVAL', `${name} is ${value}; it takes a whole number from 1 to ${MOST}`);
};

const within = (name: string, value: number | undefined, most: number): void => {
  if (value === undefined || (Number.isFinite(value) && value >= 0 && value <= most)) return;
  throw new LabError('EINVAL', `${name} is ${value}; it takes a number from 0 to ${most}`);
};
