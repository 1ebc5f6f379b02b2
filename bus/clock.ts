/** Time in the lab: virtual time jumps from deadline to deadline, real time paces the same code. */

/** All times are whole nanoseconds since the lab began. */
export const us = (n: number): number => Math.round(n * 1e3);
export const ms = (n: number): number => Math.round(n * 1e6);
export const seconds = (n: number): number => Math.round(n * 1e9);

export interface Deadline {
  cancel(): void;
}

export interface Clock {
  readonly kind: 'virtual' | 'real';
  /** Nanoseconds since the lab began. */
  now(): number;
  /** Calls `due` once, `ns` from now; equal deadlines fire in the order they were set. */
  after(ns: number, due: () => void): Deadline;
  /** Resolves `ns` from now. */
  sleep(ns: number): Promise<void>;
  /** Nanoseconds of the lab for each of the wall, of a clock that can be steered; 0 while it stands. */
  readonly rate?: number;
}

/** Deterministic time: nothing moves until `advance` or `run` says so. */
export class VirtualClock implements Clock {
  readonly kind = 'virtual';
  readonly #queue = new DeadlineHeap();
  #now = 0;

  now(): number {
    return this.#now;
  }

  after(ns: number, due: () => void): Deadline {
    return this.#queue.push(this.#now + Math.max(0, Math.round(ns)), due);
  }

  sleep(ns: number): Promise<void> {
    return new Promise((resolve) => void this.after(ns, resolve));
  }

  /** Moves time on, firing what falls due; synchronous, for tests of devices. */
  advance(ns: number): void {
    const until = this.#now + ns;
    while (this.#queue.nextAt() <= until) this.#fire();
    this.#now = until;
  }

  /** Moves time on inside one event if nothing else falls due meanwhile; false means: set a deadline instead. */
  spend(ns: number): boolean {
    if (this.#queue.nextAt() <= this.#now + ns) return false;
    this.#now += ns;
    return true;
  }

  /** Lets every waiting driver run, then jumps to the next deadline, until `done` says so or time `until` is reached. */
  async run(until: number, done: () => boolean = () => false): Promise<void> {
    await settle();
    while (!done() && this.#queue.nextAt() <= until) {
      this.#fire();
      await settle();
    }
    if (!done()) this.#now = Math.max(this.#now, until);
  }

  /** When the next deadline falls due; Infinity when there is none. */
  nextAt(): number {
    return this.#queue.nextAt();
  }

  #fire(): void {
    const next = this.#queue.pop();
    if (next === undefined) return;
    this.#now = Math.max(this.#now, next.at);
    next.due();
  }
}

/** What a timer may have fired too soon is waited out by looking again. */
const LAST_STRETCH_NS = 1e6;
/** `setTimeout` takes anything longer for 1 ms. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Wall time, counted from when the clock was made. */
export class RealClock implements Clock {
  readonly kind = 'real';
  readonly #began = performance.now();

  now(): number {
    return Math.round((performance.now() - this.#began) * 1e6);
  }

  /** Never early: Node's timers count whole milliseconds and may fire a part of one too soon. */
  after(ns: number, due: () => void): Deadline {
    const at = this.now() + Math.max(0, ns);
    let timer: NodeJS.Timeout | undefined;
    let rest: NodeJS.Immediate | undefined;
    const look = (): void => {
      const left = at - this.now();
      if (left <= 0) due();
      else if (left < LAST_STRETCH_NS) rest = setImmediate(look);
      else timer = setTimeout(look, Math.min(left / 1e6, LONGEST_TIMEOUT_MS));
    };
    // A timer of Node takes a millisecond at least; without a wait every other event has its turn first, and that is all.
    if (ns <= 0) rest = setImmediate(look);
    else timer = setTimeout(look, Math.min(ns / 1e6, LONGEST_TIMEOUT_MS));
    return {
      cancel: () => {
        clearTimeout(timer);
        clearImmediate(rest);
      },
    };
  }

  sleep(ns: number): Promise<void> {
    return new Promise((resolve) => void this.after(ns, resolve));
  }
}

/** One turn of the event loop: every settled promise has been acted upon. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Due {
  readonly at: number;
  readonly order: number;
  due: () => void;
  cancelled: boolean;
}

/** Cancelled deadlines that may lie about before they are swept out. */
const SWEEP_FROM = 1000;
const nothing = (): void => {};

/** A binary heap by (time, order set). */
export class DeadlineHeap {
  #heap: Due[] = [];
  #order = 0;
  #cancelled = 0;

  push(at: number, due: () => void): Deadline {
    const entry: Due = { at, order: this.#order++, due, cancelled: false };
    const heap = this.#heap;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
    return {
      cancel: () => {
        if (entry.cancelled) return;
        entry.cancelled = true;
        entry.due = nothing; // what it would have done holds on to nothing any more
        if (++this.#cancelled > SWEEP_FROM) this.#sweep();
      },
    };
  }

  nextAt(): number {
    while (this.#heap[0]?.cancelled) this.#remove();
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  pop(): Due | undefined {
    return this.nextAt() === Number.POSITIVE_INFINITY ? undefined : this.#remove();
  }

  /** A sorted list is a heap. At most a sweep for as many deadlines as it keeps. */
  #sweep(): void {
    if (this.#cancelled < this.#heap.length / 2) return;
    this.#heap = this.#heap.filter(({ cancelled }) => !cancelled).sort((a, b) => a.at - b.at || a.order - b.order);
    this.#cancelled = 0;
  }

  #remove(): Due | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return first;
  }
}

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
