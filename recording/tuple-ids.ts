/** Numbers for tuples of four 32-bit words: equal tuples have equal numbers, counted from 0. */

const WORDS = 4;
const FIRST_SLOTS = 1024;

/** A hash table in typed arrays: two million tuples are 64 MB and no object. */
export class TupleIds {
  #tuples = new Uint32Array((FIRST_SLOTS / 2) * WORDS);
  /** Number and 1, or 0 for nothing. */
  #slots = new Uint32Array(FIRST_SLOTS);
  #count = 0;

  /** How many different ones there are. */
  get count(): number {
    return this.#count;
  }

  of(a: number, b: number, c: number, d: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashOf(a, b, c, d) & mask;
    for (let known = this.#slots[slot]!; known !== 0; known = this.#slots[slot]!) {
      if (this.#is(known - 1, a, b, c, d)) return known - 1;
      slot = (slot + 1) & mask;
    }
    const id = this.#count++;
    this.#slots[slot] = id + 1;
    const at = id * WORDS;
    this.#tuples[at] = a;
    this.#tuples[at + 1] = b;
    this.#tuples[at + 2] = c;
    this.#tuples[at + 3] = d;
    if (this.#count * 2 >= this.#slots.length) this.#grow();
    return id;
  }

  #is(id: number, a: number, b: number, c: number, d: number): boolean {
    const [tuples, at] = [this.#tuples, id * WORDS];
    return (
      tuples[at] === a >>> 0 && tuples[at + 1] === b >>> 0 && tuples[at + 2] === c >>> 0 && tuples[at + 3] === d >>> 0
    );
  }

  #grow(): void {
    const tuples = new Uint32Array(this.#tuples.length * 2);
    tuples.set(this.#tuples);
    this.#tuples = tuples;
    this.#slots = new Uint32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let id = 0; id < this.#count; id++) {
      const at = id * WORDS;
      let slot = hashOf(tuples[at]!, tuples[at + 1]!, tuples[at + 2]!, tuples[at + 3]!) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = id + 1;
    }
  }
}

/** The mixing steps of MurmurHash3 (A. Appleby, public domain). */
const hashOf = (a: number, b: number, c: number, d: number): number => {
  let hash = mixed(mixed(mixed(mixed(0, a), b), c), d);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

const mixed = (hash: number, word: number): number => {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
};
