/** Looks at a poll queue again and again while requests wait for it. */
import type { Clock } from '#bus/clock.ts';
import { asLabError } from '#bus/errors.ts';
import type { Printk } from '../kernel/printk.ts';

const LONGEST_PAUSE_NS = 1e6;

export interface PollLoopOptions {
  readonly clock: Clock;
  readonly pr: Printk;
  readonly everyNs: number;
  readonly poll: () => Promise<number> | number;
  /** Whether anybody waits. */
  readonly wanted: () => boolean;
}

/** Where nothing is found it looks less and less often, down to once a millisecond. */
export class PollLoop {
  readonly #options: PollLoopOptions;
  #running = false;

  constructor(options: PollLoopOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#again(this.#options.everyNs);
  }

  #again(pauseNs: number): void {
    this.#options.clock.after(pauseNs, () => void this.#look(pauseNs));
  }

  async #look(pauseNs: number): Promise<void> {
    const { poll, wanted, pr, everyNs } = this.#options;
    let nextNs = LONGEST_PAUSE_NS;
    try {
      const found = await poll();
      nextNs = found > 0 ? everyNs : Math.max(everyNs, Math.min(pauseNs * 2, LONGEST_PAUSE_NS));
    } catch (thrown) {
      pr.err(`polling failed: ${asLabError(thrown).message}`);
    }
    if (wanted()) this.#again(nextNs);
    else this.#running = false;
  }
}
