/** How many cycles of the core the device's time is worth, from a moment on at which both were known. */
import type { Timeline } from '../../timeline.ts';

/** 125 MHz, one clock a cycle. Source: analysis of the public firmware, section 7. */
export const NS_PER_CYCLE = 8;

export class CoreClock {
  /** The clock is divided by this. */
  factor = 1;
  readonly #time: Timeline;
  readonly #ran: () => number;
  /** At this time of the device the core had run this far. */
  #since = 0;
  #cycles = 0;

  /** `ran` counts the cycles of the core. */
  constructor(time: Timeline, ran: () => number) {
    this.#time = time;
    this.#ran = ran;
  }

  get nsPerCycle(): number {
    return NS_PER_CYCLE * this.factor;
  }

  /** From here on the core is where the device's time is, less what it still has to run. */
  anchor(owedCycles = 0): void {
    this.#since = this.#time.now();
    this.#cycles = this.#ran() + owedCycles;
  }

  /** The cycle the core should have reached by now. */
  get target(): number {
    return this.#cycles + (this.#time.now() - this.#since) / this.nsPerCycle;
  }

  /** The device's time at the instruction that is executed, when the core catches up with time that has passed. */
  get moment(): number {
    const ranNs = (this.#ran() - this.#cycles) * this.nsPerCycle;
    return Math.min(this.#time.now(), Math.floor(this.#since + ranNs));
  }
}
