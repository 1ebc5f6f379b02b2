/** One piece of work at a time, in the order in which they were asked for. */
export class Turns {
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Nobody works and nobody waits. */
  get idle(): boolean {
    return this.#waiting === 0;
  }

  async take<T>(work: () => Promise<T> | T): Promise<T> {
    this.#waiting++;
    const before = this.#last;
    const mine = Promise.withResolvers<void>();
    this.#last = mine.promise;
    try {
      if (this.#waiting > 1) await before;
      return await work();
    } finally {
      this.#waiting--;
      mine.resolve();
    }
  }
}
