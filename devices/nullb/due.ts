/** What falls due later, in order of time, on one deadline of the lab's clock. */
import type { Clock, Deadline } from '#bus/clock.ts';

interface Entry<T> {
  readonly at: number;
  readonly order: number;
  readonly item: T;
}

/** A binary heap by (time, order put in); `fire` is called for each item when its time has come. */
export class Due<T> {
  readonly #clock: Clock;
  readonly #fire: (item: T) => void;
  readonly #heap: Entry<T>[] = [];
  #order = 0;
  #armed: { readonly at: number; readonly deadline: Deadline } | null = null;
  #firing = false;

  constructor(clock: Clock, fire: (item: T) => void) {
    this.#clock = clock;
    this.#fire = fire;
  }

  get size(): number {
    return this.#heap.length;
  }

  push(item: T, at: number): void {
    const entry = { at, order: this.#order++, item };
    const heap = this.#heap;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
    if (!this.#firing) this.#arm();
  }

  /** Takes everything out, in order. */
  drain(): { readonly item: T; readonly at: number }[] {
    this.#armed?.deadline.cancel();
    this.#armed = null;
    return this.#heap.splice(0).sort((a, b) => a.at - b.at || a.order - b.order);
  }

  /** What waits, in order. */
  list(): readonly { readonly item: T; readonly at: number }[] {
    return [...this.#heap].sort((a, b) => a.at - b.at || a.order - b.order);
  }

  #arm(): void {
    const first = this.#heap[0];
    if (this.#armed !== null && (first === undefined || this.#armed.at !== first.at)) {
      this.#armed.deadline.cancel();
      this.#armed = null;
    }
    if (first === undefined || this.#armed !== null) return;
    const deadline = this.#clock.after(first.at - this.#clock.now(), () => this.#due());
    this.#armed = { at: first.at, deadline };
  }

  #due(): void {
    this.#armed = null;
    this.#firing = true;
    const now = this.#clock.now();
    try {
      // what is put in meanwhile waits for the next turn, so that a listener that submits again starves nobody
      const last = this.#order;
      while (this.#heap.length > 0 && this.#heap[0]!.at <= now && this.#heap[0]!.order < last) this.#fire(this.#pop());
    } finally {
      this.#firing = false;
      this.#arm();
    }
  }

  #pop(): T {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
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
    }
    return first.item;
  }
}

const before = <T>(a: Entry<T>, b: Entry<T>): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
