/** Delayed work: something a module does later, in a context that may wait for a bus. */
import type { Clock, Deadline } from '#bus/clock.ts';

/** Runs never overlap: work that is scheduled while it runs, runs again afterwards. */
export class DelayedWork {
  readonly #clock: Clock;
  readonly #work: () => Promise<void>;
  readonly #failed: (thrown: unknown) => void;
  #deadline: Deadline | undefined;
  #run: Promise<void> | undefined;
  #again: number | undefined;
  #ended = false;

  constructor(clock: Clock, work: () => Promise<void>, failed: (thrown: unknown) => void) {
    this.#clock = clock;
    this.#work = work;
    this.#failed = failed;
  }

  /** Queued or running. */
  get pending(): boolean {
    return this.#deadline !== undefined || this.#run !== undefined;
  }

  /** Queues it `ns` from now; false when it was queued already (that one stays, as `schedule_delayed_work` has it). */
  schedule(ns = 0): boolean {
    if (this.#ended || this.#deadline !== undefined || this.#again !== undefined) return false;
    if (this.#run !== undefined) this.#again = this.#clock.now() + ns;
    else this.#enqueue(ns);
    return true;
  }

  /** Takes it out of the queue for good and waits for a run that has begun. */
  async cancelSync(): Promise<void> {
    this.#ended = true;
    this.#deadline?.cancel();
    this.#deadline = undefined;
    this.#again = undefined;
    await this.#run;
  }

  #enqueue(ns: number): void {
    this.#deadline = this.#clock.after(ns, () => {
      this.#deadline = undefined;
      this.#run = this.#once();
    });
  }

  async #once(): Promise<void> {
    try {
      await this.#work();
    } catch (thrown) {
      if (!this.#ended) this.#failed(thrown);
    }
    this.#run = undefined;
    const again = this.#again;
    this.#again = undefined;
    if (again !== undefined) this.#enqueue(again - this.#clock.now());
  }
}
