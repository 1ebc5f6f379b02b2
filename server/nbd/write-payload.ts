/** The payload of a write as it arrives: kept only when it is wanted and comes in more than one piece. */
export class WritePayload {
  #length = 0;
  #left = 0;
  #wanted = false;
  #kept: Uint8Array | null = null;

  /** Bytes still to come. */
  get left(): number {
    return this.#left;
  }

  begin(length: number, wanted: boolean): void {
    this.#length = length;
    this.#left = length;
    this.#wanted = wanted;
    this.#kept = null;
  }

  /** Takes what a chunk has of it from `at` on; returns how much. */
  take(chunk: Uint8Array, at: number): number {
    const taken = Math.min(this.#left, chunk.length - at);
    if (this.#wanted && taken < this.#length) {
      // memory is taken page by page as it is touched: a client that only promises a payload takes none
      this.#kept ??= new Uint8Array(this.#length);
      this.#kept.set(chunk.subarray(at, at + taken), this.#length - this.#left);
    }
    this.#left -= taken;
    return taken;
  }

  /** The whole of it, ours to give away; null when it lay in the last chunk alone, or was not wanted. */
  release(): Uint8Array | null {
    const kept = this.#kept;
    this.#kept = null;
    return kept;
  }
}
