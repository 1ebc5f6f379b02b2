/** How often each tag was used, and which of its uses the device still owes an answer. */

/** An answer that no request waits for. */
export type Stray = 'late' | 'duplicate' | 'unknown';

interface Uses {
  generation: number;
  /** Uses without an answer so far, newest last; only so many are remembered. */
  readonly owed: number[];
}

const REMEMBERED = 16;

export class TagHistory {
  readonly #uses = new Map<number, Uses>();
  readonly #first: number;

  /** `first`: where generations begin; another for each attachment, so that answers to an earlier one are told apart. */
  constructor(first: number) {
    this.#first = first >>> 0;
  }

  /** A tag is used again. `reclaims`: the device has not answered the use before. */
  begin(key: number): { readonly generation: number; readonly reclaims: boolean } {
    const uses = this.#uses.get(key);
    if (uses === undefined) {
      const generation = (this.#first + 1) >>> 0;
      this.#uses.set(key, { generation, owed: [generation] });
      return { generation, reclaims: false };
    }
    const reclaims = uses.owed.includes(uses.generation);
    uses.generation = (uses.generation + 1) >>> 0;
    uses.owed.push(uses.generation);
    if (uses.owed.length > REMEMBERED) uses.owed.shift();
    return { generation: uses.generation, reclaims };
  }

  /** Whether the tag was ever used. */
  used(key: number): boolean {
    return this.#uses.has(key);
  }

  /** The use needs no answer any more: it came, or its command was never sent. */
  settle(key: number, generation: number): void {
    const owed = this.#uses.get(key)?.owed ?? [];
    const at = owed.indexOf(generation);
    if (at >= 0) owed.splice(at, 1);
  }

  /** Whose answer this is, when nobody waits for it; a late one is settled by it. */
  stray(key: number, generation: number): Stray {
    const uses = this.#uses.get(key);
    if (uses === undefined) return 'unknown';
    if (uses.owed.includes(generation)) {
      this.settle(key, generation);
      return 'late';
    }
    const nth = (generation - this.#first) >>> 0;
    const nthNow = (uses.generation - this.#first) >>> 0;
    return nth >= 1 && nth <= nthNow ? 'duplicate' : 'unknown';
  }
}
