/** Real time to the microsecond: what falls due soon is waited out by looking, not by a timer that counts milliseconds. */
import { type Clock, type Deadline, DeadlineHeap } from '#bus/clock.ts';

/** A timer is a millisecond late, so the last stretch is looked at; it costs a core for that long, while anything is due. */
const LAST_STRETCH_NS = 2e6;
/** `setTimeout` takes anything longer for 1 ms. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The same moment on every thread of this process. */
export const epochOf = (clock: Clock): bigint => beginning(() => BigInt(clock.now()));

/** When something that counts nanoseconds stood at 0, by the clock all threads share: the best of a few looks. */
const beginning = (now: () => bigint): bigint => {
  let best = { width: 1n << 62n, began: 0n };
  for (let i = 0; i < 5; i++) {
    const before = process.hrtime.bigint();
    const found = now();
    const after = process.hrtime.bigint();
    if (after - before < best.width) best = { width: after - before, began: (before + after) / 2n - found };
  }
  return best.began;
};

/** Counts from an epoch, so that two threads tell the same time. Deadlines are met within a few microseconds of a free core. */
export class FineClock implements Clock {
  readonly kind = 'real';
  readonly #queue = new DeadlineHeap();
  readonly #offsetNs: number;
  #timer: NodeJS.Timeout | undefined;
  #look: NodeJS.Immediate | undefined;
  /** When the timer that is set will look; Infinity without one. */
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(epoch: bigint) {
    this.#offsetNs = Number(beginning(() => BigInt(Math.round(performance.now() * 1e6))) - epoch);
  }

  now(): number {
    return Math.round(performance.now() * 1e6 + this.#offsetNs);
  }

  after(ns: number, due: () => void): Deadline {
    const deadline = this.#queue.push(this.now() + Math.max(0, Math.round(ns)), due);
    this.#schedule();
    return deadline;
  }

  sleep(ns: number): Promise<void> {
    return new Promise((resolve) => void this.after(ns, resolve));
  }

  #schedule(): void {
    if (this.#look !== undefined) return;
    const at = this.#queue.nextAt();
    if (at === Number.POSITIVE_INFINITY) return;
    const now = this.now();
    if (at - now < LAST_STRETCH_NS) {
      this.#unset();
      this.#look = setImmediate(() => {
        this.#look = undefined;
        this.#fire();
      });
    } else if (at < this.#timerAt) {
      this.#unset();
      this.#timerAt = at;
      const ms = Math.min(Math.floor((at - now - LAST_STRETCH_NS / 2) / 1e6), LONGEST_TIMEOUT_MS);
      this.#timer = setTimeout(() => {
        this.#unset();
        this.#fire();
      }, ms).unref(); // the thread ends when its lab does, not when its last deadline is over
    }
  }

  #fire(): void {
    const now = this.now();
    while (this.#queue.nextAt() <= now) this.#queue.pop()?.due();
    this.#schedule();
  }

  #unset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }
}
