/** The payload of a write as it arrives: kept only when it is wanted and comes in more than one piece. */

/** Up to here one buffer serves one payload after the other: fresh memory of a mebibyte costs as much as filling it. */
const SCRATCH_BYTES = 1024 * 1024;

/** What becomes of a payload: dropped; looked at once, in `release`; or given away for good. */
export type PayloadUse = 'drop' | 'look' | 'keep';

export class WritePayload {
  #length = 0;
  #left = 0;
  #use: PayloadUse = 'drop';
  #kept: Uint8Array | null = null;
  #scratch: Uint8Array | null = null;

  /** Bytes still to come. */
  get left(): number {
    return this.#left;
  }

  /** What is released is the caller's for good. */
  get givesAway(): boolean {
    return this.#use === 'keep';
  }

  begin(length: number, use: PayloadUse): void {
    this.#length = length;
    this.#left = length;
    this.#use = use;
    this.#kept = null;
  }

  /** Takes what a chunk has of it from `at` on; returns how much. */
  take(chunk: Uint8Array, at: number): number {
    const taken = Math.min(this.#left, chunk.length - at);
    if (this.#use !== 'drop' && taken < this.#length) {
      this.#kept ??= this.#room();
      this.#kept.set(chunk.subarray(at, at + taken), this.#length - this.#left);
    }
    this.#left -= taken;
    return taken;
  }

  /** The whole of it; null when it lay in the last chunk alone, or was to be dropped. To `keep` it is the caller's, else until the next. */
  release(): Uint8Array | null {
    const kept = this.#kept;
    this.#kept = null;
    return kept;
  }

  #room(): Uint8Array {
    // memory is taken page by page as it is touched: a client that only promises a payload takes none
    if (this.#use === 'keep' || this.#length > SCRATCH_BYTES) return new Uint8Array(this.#length);
    this.#scratch ??= new Uint8Array(SCRATCH_BYTES);
    return this.#scratch.subarray(0, this.#length);
  }
}
