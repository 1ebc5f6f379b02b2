/** A device's own time: named deadlines on the lab's clock that survive a snapshot. */
import type { Clock, Deadline } from '#bus/clock.ts';

export interface TimelineSnapshot {
  readonly now: number;
  /** Deadlines in the order they fall due. */
  readonly due: readonly (readonly [name: string, at: number])[];
}

/** Counts nanoseconds since power was first applied; a restored device goes on from the time of its snapshot. */
export class Timeline {
  readonly #clock: Clock;
  readonly #actions = new Map<string, () => void>();
  readonly #pending = new Map<string, { readonly at: number; readonly order: number; readonly deadline: Deadline }>();
  #origin: number;
  #order = 0;
  #asOf: number | undefined;
  #over = false;
  #due: (name: string) => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#origin = clock.now();
  }

  now(): number {
    return this.#asOf ?? this.#clock.now() - this.#origin;
  }

  /** Acts at an earlier moment: a part that is computed when somebody looks catches up with what happened meanwhile. */
  asOf<T>(at: number, act: () => T): T {
    const before = this.#asOf;
    this.#asOf = at;
    try {
      return act();
    } finally {
      this.#asOf = before;
    }
  }

  /** Called before the action of a deadline that falls due, with its name. */
  beforeEach(due: (name: string) => void): void {
    this.#due = due;
  }

  /** The lab's time of a moment of this device. */
  labTime(at: number): number {
    return at + this.#origin;
  }

  /** What to do when the named deadline falls due. */
  on(name: string, due: () => void): void {
    this.#actions.set(name, due);
  }

  /** Sets the named deadline, in place of an earlier one of that name. */
  set(name: string, ns: number): void {
    this.#arm(name, this.now() + Math.max(0, Math.round(ns)));
  }

  cancel(name: string): void {
    this.#pending.get(name)?.deadline.cancel();
    this.#pending.delete(name);
  }

  /** Nanoseconds until the named deadline; undefined when it is not set. */
  left(name: string): number | undefined {
    const pending = this.#pending.get(name);
    return pending === undefined ? undefined : Math.max(0, pending.at - this.now());
  }

  cancelAll(): void {
    for (const name of [...this.#pending.keys()]) this.cancel(name);
  }

  /** No deadline is set any more, and none that is set falls due. */
  end(): void {
    this.#over = true;
    this.cancelAll();
  }

  snapshot(): TimelineSnapshot {
    const inOrder = [...this.#pending].sort(([, a], [, b]) => a.at - b.at || a.order - b.order);
    return { now: this.now(), due: inOrder.map(([name, { at }]) => [name, at] as const) };
  }

  restore({ now, due }: TimelineSnapshot): void {
    this.cancelAll();
    this.#origin = this.#clock.now() - now;
    for (const [name, at] of due) if (this.#actions.has(name)) this.#arm(name, at);
  }

  #arm(name: string, at: number): void {
    this.cancel(name);
    if (this.#over) return;
    const deadline = this.#clock.after(at + this.#origin - this.#clock.now(), () => {
      this.#due(name);
      if (this.#pending.get(name)?.deadline !== deadline) return;
      this.#pending.delete(name);
      this.#actions.get(name)?.();
    });
    this.#pending.set(name, { at, order: this.#order++, deadline });
  }
}
