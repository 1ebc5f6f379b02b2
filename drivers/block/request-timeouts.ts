/** One timer for all requests of a queue: looks for those the driver has had too long. */
import type { Clock, Deadline } from '#bus/clock.ts';
import type { Rq } from './hardware-queue.ts';

export class RequestTimeouts {
  readonly #clock: Clock;
  readonly #inFlight: () => readonly Rq[];
  readonly #expired: (rq: Rq) => void;
  #timer: Deadline | undefined;

  constructor(clock: Clock, inFlight: () => readonly Rq[], expired: (rq: Rq) => void) {
    this.#clock = clock;
    this.#inFlight = inFlight;
    this.#expired = expired;
  }

  /** All deadlines lie equally far ahead, so the timer set first is the one that is due first. */
  arm(atNs: number): void {
    this.#timer ??= this.#clock.after(atNs - this.#clock.now(), () => this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #look(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const rq of this.#inFlight()) if (rq.deadlineNs <= now) this.#expired(rq);
    const next = this.#inFlight().reduce(
      (least, { deadlineNs }) => Math.min(least, deadlineNs),
      Number.POSITIVE_INFINITY,
    );
    if (next < Number.POSITIVE_INFINITY) this.arm(next);
  }
}
