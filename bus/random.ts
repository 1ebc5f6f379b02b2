/** Seeded randomness, the only one the lab allows: a generator that forks by name, and noise as a pure function of its keys. */

/** The same seed gives the same numbers; forks with different names are independent of each other and of how much was drawn. */
export class Random {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = this.seed;
  }

  /** A number in [0, 1). Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    return scramble(this.#state) / 2 ** 32;
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** A generator of its own, by name. */
  fork(name: string): Random {
    return new Random(seedOf(this.seed, name));
  }

  /** Where the sequence stands, for snapshots. */
  get state(): number {
    return this.#state;
  }

  set state(state: number) {
    this.#state = state >>> 0;
  }
}

/** A seed for a named part of something seeded. FNV-1a over the name. */
export const seedOf = (seed: number, name: string): number => {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  return scramble(hash);
};

/** A number in [0, 1) that depends on the seed and the key alone, not on what was drawn before. */
export const noise = (seed: number, key: number): number => {
  const high = Math.floor(key / 2 ** 32) >>> 0;
  return scramble((seed ^ scramble((key >>> 0) ^ Math.imul(high, 0x9e3779b1))) >>> 0) / 2 ** 32;
};

const scramble = (value: number): number => {
  let x = value;
  x = Math.imul(x ^ (x >>> 15), x | 1);
  x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
  return (x ^ (x >>> 14)) >>> 0;
};
