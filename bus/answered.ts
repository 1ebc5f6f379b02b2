/** Requests already taken in, with their answers: a message delivered twice is applied once. */

/** Redelivery comes within moments; older answers make room. */
const KEEP_MS = 30_000;
const KEEP_COUNT = 4096;
const KEEP_BYTES = 8 << 20;

interface Taken {
  readonly client: string;
  readonly digest: number;
  readonly at: number;
  answer: Uint8Array | null;
}

/** `new` has been taken in; `pending` will be answered; `other` is the same number with another message. */
export type Seen = 'new' | 'pending' | 'other' | Uint8Array;

export class Answered {
  readonly #taken = new Map<string, Taken>();
  #bytes = 0;

  /** Takes a request in, or says what became of it. */
  take(client: string, correlation: number, payload: Uint8Array, now: number): Seen {
    const key = `${client}/${correlation}`;
    const known = this.#taken.get(key);
    if (known !== undefined && now - known.at <= KEEP_MS) {
      if (known.digest !== digest(payload)) return 'other';
      return known.answer ?? 'pending';
    }
    if (known !== undefined) this.#drop(key, known);
    this.#taken.set(key, { client, digest: digest(payload), at: now, answer: null });
    this.#makeRoom(now);
    return 'new';
  }

  answer(client: string, correlation: number, answer: Uint8Array): void {
    const taken = this.#taken.get(`${client}/${correlation}`);
    if (taken === undefined || taken.answer !== null) return;
    taken.answer = answer;
    this.#bytes += answer.length;
  }

  /** A client that starts anew counts anew. */
  forget(client: string): void {
    for (const [key, taken] of this.#taken) if (taken.client === client) this.#drop(key, taken);
  }

  get size(): number {
    return this.#taken.size;
  }

  #makeRoom(now: number): void {
    for (const [key, taken] of this.#taken) {
      const full = this.#taken.size > KEEP_COUNT || this.#bytes > KEEP_BYTES;
      if (!full && now - taken.at <= KEEP_MS) return;
      this.#drop(key, taken);
    }
  }

  #drop(key: string, taken: Taken): void {
    this.#taken.delete(key);
    this.#bytes -= taken.answer?.length ?? 0;
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
