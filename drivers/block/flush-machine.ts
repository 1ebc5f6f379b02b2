/** Flushes of a disk with a volatile cache: one at a time, and those that wait share the next (the kernel's blk-flush). */
import type { BlockStatus } from '#bus/block.ts';

export class FlushMachine {
  readonly #send: () => Promise<BlockStatus>;
  #running = false;
  #waiting: ((status: BlockStatus) => void)[] = [];

  /** `send` gives one flush to the device. */
  constructor(send: () => Promise<BlockStatus>) {
    this.#send = send;
  }

  /** Resolves when a flush that began after this call has ended. */
  flush(): Promise<BlockStatus> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const served = this.#waiting;
      this.#waiting = [];
      const status = await this.#send();
      for (const resolve of served) resolve(status);
    }
    this.#running = false;
  }
}
