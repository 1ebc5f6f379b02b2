/** Requests already taken in, with their answers: a message delivered twice is applied once. */

/** Redelivery comes within moments; older answers make room. */
const KEEP_MS = 30_000;
const KEEP_COUNT = 4096;
const KEEP_BYTES = 8 << 20;

interface Taken {
  readonly client: string;
  readonly correlation: number;
  readonly digest: number;
  readonly at: number;
  answer: Uint8Array | null;
}

/** `new` has been taken in; `pending` will be answered; `other` is the same number with another message. */
export type Seen = 'new' | 'pending' | 'other' | Uint8Array;

export class Answered {
  readonly #taken = new Map<string, Map<number, Taken>>();
  /** Oldest first, from `#oldest` on; some are dropped already. */
  #order: Taken[] = [];
  #oldest = 0;
  #count = 0;
  #bytes = 0;

  /** Takes a request in, or says what became of it. */
  take(client: string, correlation: number, payload: Uint8Array, now: number): Seen {
    const known = this.#of(client, correlation);
    const said = digest(payload);
    if (known !== undefined && now - known.at <= KEEP_MS) {
      if (known.digest !== said) return 'other';
      return known.answer ?? 'pending';
    }
    if (known !== undefined) this.#drop(known);
    const taken: Taken = { client, correlation, digest: said, at: now, answer: null };
    const own = this.#taken.get(client) ?? new Map<number, Taken>();
    this.#taken.set(client, own.set(correlation, taken));
    this.#order.push(taken);
    this.#count++;
    this.#makeRoom(now);
    return 'new';
  }

  answer(client: string, correlation: number, answer: Uint8Array): void {
    const taken = this.#of(client, correlation);
    if (taken === undefined || taken.answer !== null) return;
    taken.answer = answer;
    this.#bytes += answer.length;
  }

  /** A client that starts anew counts anew. */
  forget(client: string): void {
    for (const taken of [...(this.#taken.get(client)?.values() ?? [])]) this.#drop(taken);
  }

  get size(): number {
    return this.#count;
  }

  #of(client: string, correlation: number): Taken | undefined {
    return this.#taken.get(client)?.get(correlation);
  }

  #has(taken: Taken): boolean {
    return this.#of(taken.client, taken.correlation) === taken;
  }

  #makeRoom(now: number): void {
    for (; this.#oldest < this.#order.length; this.#oldest++) {
      const taken = this.#order[this.#oldest]!;
      if (!this.#has(taken)) continue; // dropped before
      const full = this.#count > KEEP_COUNT || this.#bytes > KEEP_BYTES;
      if (!full && now - taken.at <= KEEP_MS) break;
      this.#drop(taken);
    }
    if (this.#order.length < 2 * KEEP_COUNT) return;
    this.#order = this.#order.slice(this.#oldest).filter((taken) => this.#has(taken));
    this.#oldest = 0;
  }

  #drop(taken: Taken): void {
    const { client, correlation, answer } = taken;
    const own = this.#taken.get(client);
    own?.delete(correlation);
    if (own?.size === 0) this.#taken.delete(client);
    this.#count--;
    this.#bytes -= answer?.length ?? 0;
    taken.answer = null;
  }
}

/** Larger messages are looked at in their first bytes, where their heads are, and in one word of sixteen. */
const WHOLE_BYTES = 16_384;
const STRIDE_BYTES = 64;

/** FNV-1a over words of four bytes, the length and what is left: tells apart messages that reuse a number by mistake. */
const digest = (bytes: Uint8Array): number => {
  let hash = mix(0x811c9dc5, bytes.length);
  let i = 0;
  for (const end = bytes.length - 3; i < end; i += i < WHOLE_BYTES ? 4 : STRIDE_BYTES)
    hash = mix(hash, bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
  for (; i < bytes.length; i++) hash = mix(hash, bytes[i]!);
  return hash >>> 0;
};
const mix = (hash: number, word: number): number => Math.imul(hash ^ word, 0x01000193);
