/** Time that a recording leads: it goes from record to record, and what falls due on the way happens on the way. */
import { type Clock, type Deadline, DeadlineHeap } from '#bus/clock.ts';

export class ReplayClock implements Clock {
  readonly kind = 'virtual';
  readonly #due = new DeadlineHeap();
  #now = 0;

  now(): number {
    return this.#now;
  }

  after(ns: number, due: () => void): Deadline {
    return this.#due.push(this.#now + Math.max(0, Math.round(ns)), due);
  }

  sleep(ns: number): Promise<void> {
    return new Promise((resolve) => void this.after(ns, resolve));
  }

  /** Fires what falls due before that time and goes there; what falls due at that very moment waits. */
  moveTo(at: number): void {
    while (this.#due.nextAt() < at) this.#fire();
    this.#now = Math.max(this.#now, at);
  }

  /** Fires one deadline that is due by now; false when there is none. */
  fireOne(): boolean {
    if (this.#due.nextAt() > this.#now) return false;
    this.#fire();
    return true;
  }

  #fire(): void {
    const next = this.#due.pop();
    if (next === undefined) return;
    this.#now = Math.max(this.#now, next.at);
    next.due();
  }
}
