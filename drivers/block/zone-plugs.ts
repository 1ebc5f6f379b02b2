/** Writes into one zone, one after the other: a zone takes them at its write pointer only (the kernel's zone write plugging). */

export class ZonePlugs {
  readonly #tails = new Map<number, Promise<unknown>>();

  /** Zones with writes under way or waiting. */
  get size(): number {
    return this.#tails.size;
  }

  /** Runs `write` when all before it for this zone have ended, however they ended. */
  async through<V>(zone: number, write: () => Promise<V>): Promise<V> {
    const before = this.#tails.get(zone);
    const mine = before === undefined ? write() : before.then(write);
    this.#tails.set(zone, mine);
    try {
      return await mine;
    } finally {
      if (this.#tails.get(zone) === mine) this.#tails.delete(zone);
    }
  }
}
