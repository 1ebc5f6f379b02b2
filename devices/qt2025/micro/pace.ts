/** How far the core may run at once in real time: a machine that is too slow gets a slower chip, nobody gets a stalled lab. */
import { type Clock, ms, us } from '#bus/clock.ts';

/** What one slice and one host access may cost, how often the wall clock is asked, and when to give up catching up. */
export const REAL = { sliceNs: us(700), accessNs: us(250), chunkCycles: 5_000, patienceNs: ms(1000) } as const;

export interface Paced {
  /** False as soon as it stands still, whatever the reason. */
  goes(): boolean;
  now(): number;
  run(until: number): void;
}

export class Pace {
  readonly #clock: Clock;
  /** It could not keep up, and has not waited for anything since. */
  #tired = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get tired(): boolean {
    return this.#tired;
  }

  /** A program starts from its beginning: it may be one that waits. */
  rested(): void {
    this.#tired = false;
  }

  /** Runs to cycle `target`, for `budgetNs` of wall time at most; true when what is missing shall be let go. */
  run(core: Paced, target: number, { budgetNs, nsPerCycle }: { budgetNs: number; nsPerCycle: number }): boolean {
    const { rate = 1 } = this.#clock;
    // the budget is the wall's; a lab that stands is led, and waits for the core
    const limitNs = rate === 0 ? Number.POSITIVE_INFINITY : budgetNs * rate;
    const began = this.#clock.now();
    while (core.goes() && core.now() < target && this.#clock.now() - began < limitNs)
      core.run(Math.min(target, core.now() + REAL.chunkCycles));
    const behindNs = (target - core.now()) * nsPerCycle;
    if (behindNs > REAL.patienceNs) this.#tired = true;
    else if (behindNs <= 0) this.#tired = false;
    return behindNs > REAL.patienceNs;
  }
}
