/** The heads of the requests of one NBD connection, found in the bytes as they arrive. */
import { REQUEST_BYTES, REQUEST_MAGIC } from '#bus/nbd-codec.ts';

/** A request as its head says; the cookie is in two halves. */
export interface NbdRequest {
  readonly type: number;
  readonly flags: number;
  readonly high: number;
  readonly low: number;
  readonly offset: number;
  readonly length: number;
}

/** Is the last request it found: overwritten by the next one. */
export class RequestReader implements NbdRequest {
  type = 0;
  flags = 0;
  high = 0;
  low = 0;
  offset = 0;
  length = 0;
  /** It began with the right magic. */
  sane = true;

  readonly #head = new Uint8Array(REQUEST_BYTES);
  readonly #headView = new DataView(this.#head.buffer);
  #gathered = 0;

  /** Part of a head has arrived. */
  get midway(): boolean {
    return this.#gathered > 0;
  }

  /** Takes of a head what `chunk` has from `at` on; returns how much. The head is there when `midway` is not. */
  take(chunk: Uint8Array, view: DataView, at: number): number {
    const left = chunk.length - at;
    if (this.#gathered === 0 && left >= REQUEST_BYTES) {
      this.#read(view, at);
      return REQUEST_BYTES;
    }
    const taken = Math.min(REQUEST_BYTES - this.#gathered, left);
    this.#head.set(chunk.subarray(at, at + taken), this.#gathered);
    this.#gathered += taken;
    if (this.#gathered === REQUEST_BYTES) {
      this.#gathered = 0;
      this.#read(this.#headView, 0);
    }
    return taken;
  }

  #read(view: DataView, at: number): void {
    this.sane = view.getUint32(at) === REQUEST_MAGIC;
    const word = view.getUint32(at + 4);
    this.flags = word >>> 16;
    this.type = word & 0xffff;
    this.high = view.getUint32(at + 8);
    this.low = view.getUint32(at + 12);
    this.offset = view.getUint32(at + 16) * 2 ** 32 + view.getUint32(at + 20);
    this.length = view.getUint32(at + 24);
  }
}
