/** Time that follows the wall clock at a rate, stands still, or moves from deadline to deadline as it is told. */
import { type Clock, type Deadline, DeadlineHeap } from './clock.ts';

export interface SteeredClockOptions {
  /** What falls due within this is waited out by looking from the start; otherwise only what a timer left of its wait. */
  readonly lookNs?: number;
  /** A timer is set so much too short; the rest is looked at. */
  readonly earlyNs?: number;
  /** A deadline keeps the process alive; default true. */
  readonly keepsAlive?: boolean;
}

/** `setTimeout` takes anything longer for 1 ms. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
const NS_PER_MS = 1e6;
/** Timers count whole milliseconds and may fire a part of one too soon: that is waited out by looking. */
const LAST_STRETCH_NS = 1e6;

/** Never goes back and never fires early; whatever is done to it, each deadline fires once, in order of time. */
export class SteeredClock implements Clock {
  readonly kind = 'real';
  readonly #queue = new DeadlineHeap();
  readonly #lookNs: number;
  readonly #earlyNs: number;
  readonly #keepsAlive: boolean;
  /** Time is `base + (wall - since) * nsPerMs`, and never less than `floor`. */
  #base = 0;
  #since = performance.now();
  #nsPerMs = NS_PER_MS;
  #floor = 0;
  #timer: NodeJS.Timeout | undefined;
  #look: NodeJS.Immediate | undefined;
  /** When the timer that is set will look, in lab time; Infinity without one. */
  #timerAt = Number.POSITIVE_INFINITY;
  /** What the last timer was set for: it has been waited for, but for the last stretch. */
  #waitedFor = 0;

  constructor({ lookNs = 0, earlyNs = 0, keepsAlive = true }: SteeredClockOptions = {}) {
    this.#lookNs = lookNs;
    this.#earlyNs = earlyNs;
    this.#keepsAlive = keepsAlive;
  }

  /** Nanoseconds of the lab for each of the wall; 0 while it stands. */
  get rate(): number {
    return this.#nsPerMs / NS_PER_MS;
  }

  now(): number {
    const now = Math.round(this.#base + (performance.now() - this.#since) * this.#nsPerMs);
    return now > this.#floor ? now : this.#floor;
  }

  after(ns: number, due: () => void): Deadline {
    const deadline = this.#queue.push(this.now() + Math.max(0, Math.round(ns)), due);
    this.#schedule();
    return deadline;
  }

  sleep(ns: number): Promise<void> {
    return new Promise((resolve) => void this.after(ns, resolve));
  }

  /** When the next deadline falls due; Infinity when there is none. */
  nextAt(): number {
    return this.#queue.nextAt();
  }

  /** Goes on by itself, from `at`; where it is past that already, it waits until `at` has come there. */
  run(rate: number, at = this.now()): void {
    this.#steer(at, rate);
  }

  /** Stands still at `at`, or where it is past that already. Nothing fires. */
  hold(at = this.now()): void {
    this.#steer(at, 0);
  }

  /** Fires the first deadline up to `until` at its own time, should there be one; for a clock that stands. */
  fireNext(until: number): boolean {
    const at = this.#queue.nextAt();
    if (at > until) return false;
    this.hold(Math.max(at, this.now()));
    try {
      this.#queue.pop()?.due();
    } catch (thrown) {
      // as from a timer: it is nobody's who leads the time
      queueMicrotask(() => {
        throw thrown;
      });
    }
    return true;
  }

  #steer(at: number, rate: number): void {
    this.#floor = this.now();
    this.#base = at;
    this.#since = performance.now();
    this.#nsPerMs = rate * NS_PER_MS;
    if (rate === 0) this.#floor = Math.max(this.#floor, Math.round(at));
    this.#unset();
    clearImmediate(this.#look);
    this.#look = undefined;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#look !== undefined || this.#nsPerMs === 0) return;
    const at = this.#queue.nextAt();
    if (at === Number.POSITIVE_INFINITY) return;
    // by the wall: of a lab that runs slowly the last stretch is no longer, and of one that is ahead of its source no shorter
    const leftNs =
      at <= this.now() ? 0 : ((at - this.#base) / this.#nsPerMs - (performance.now() - this.#since)) * NS_PER_MS;
    if (leftNs <= 0 || leftNs < (at <= this.#waitedFor ? LAST_STRETCH_NS : this.#lookNs)) {
      this.#unset();
      this.#look = setImmediate(() => {
        this.#look = undefined;
        this.#fire();
      });
    } else if (at < this.#timerAt) {
      this.#unset();
      this.#timerAt = at;
      const ms = Math.min(Math.ceil((leftNs - this.#earlyNs) / NS_PER_MS), LONGEST_TIMEOUT_MS);
      this.#timer = setTimeout(() => {
        this.#waitedFor = at;
        this.#unset();
        this.#fire();
      }, ms);
      if (!this.#keepsAlive) this.#timer.unref();
    }
  }

  /** What is due by now; what falls due meanwhile has its turn after everything else that waits for one. */
  #fire(): void {
    const now = this.now();
    try {
      while (this.#nsPerMs !== 0 && this.#queue.nextAt() <= now) this.#queue.pop()?.due();
    } finally {
      this.#schedule(); // whatever one of them throws
    }
  }

  #unset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }
}
