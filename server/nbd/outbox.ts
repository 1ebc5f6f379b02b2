/** Replies of one connection, laid out in slabs so that a batch is one write and a read of zeroes costs its header only. */
import { CHUNK, CHUNK_DONE, writeChunkHead, writeSimpleReply } from '#bus/nbd-codec.ts';

/** Where replies go: a socket. */
export interface Sink {
  write(bytes: Uint8Array, written: () => void): unknown;
  cork(): void;
  uncork(): void;
}

export const SLAB_BYTES = 256 * 1024;
/** A read of more than this is answered in pieces, as the client takes them: see `open`. */
export const IN_SLAB_BYTES = 32 * 1024;
/** Longest piece, and longest one of zeroes. */
export const PIECE_BYTES = 128 * 1024;
export const ZERO_PIECE_BYTES = 256 * 1024;
const KEPT_SLABS = 16;
const SIMPLE_HEAD = 16;
const DATA_HEAD = 28;
/** Positions of heads in a slab of zeroes; a slab holds no more. */
const MAX_HEADS = 4096;

interface Slab {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where heads stand among the zeroes. */
  readonly heads: Int32Array;
  count: number;
  used: number;
}

const makeSlab = (): Slab => {
  const bytes = new Uint8Array(SLAB_BYTES);
  return { bytes, view: new DataView(bytes.buffer), heads: new Int32Array(MAX_HEADS), count: 0, used: 0 };
};

/** Slabs not in use, shared by the connections of a server: the one used last is used first, while the caches know it. */
export class SlabPool {
  readonly #zeroed: Slab[] = [];
  readonly #used: Slab[] = [];

  take(zeroed: boolean): Slab {
    return (zeroed ? this.#zeroed : this.#used).pop() ?? makeSlab();
  }

  give(slab: Slab, zeroed: boolean): void {
    if (zeroed) for (let i = 0; i < slab.count; i++) slab.bytes.fill(0, slab.heads[i]!, slab.heads[i]! + DATA_HEAD);
    slab.count = 0;
    slab.used = 0;
    const kept = zeroed ? this.#zeroed : this.#used;
    if (kept.length < KEPT_SLABS) kept.push(slab);
  }
}

/** Zeroes that nobody writes to, small enough to stay in the cache of a core. */
const ZEROES = new Uint8Array(ZERO_PIECE_BYTES);

/** Collects replies until `flush`; `queuedBytes` is what the other end has not taken yet. */
export class Outbox {
  readonly #sink: Sink;
  readonly #pool: SlabPool;
  readonly #structured: boolean;
  readonly #onWritten: () => void;
  #zeroes: Slab | null = null;
  #mixed: Slab | null = null;
  #queuedBytes = 0;
  #takenBytes = 0;

  constructor(sink: Sink, pool: SlabPool, structured: boolean, onWritten: () => void) {
    this.#sink = sink;
    this.#pool = pool;
    this.#structured = structured;
    this.#onWritten = onWritten;
  }

  get queuedBytes(): number {
    return this.#queuedBytes + (this.#zeroes?.used ?? 0) + (this.#mixed?.used ?? 0);
  }

  /** All that the other end has taken; grows while it reads. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** A command went well, or did not (`error` not 0); not for reads when replies are structured. */
  simple(high: number, low: number, error: number): void {
    const slab = this.#room(SIMPLE_HEAD);
    writeSimpleReply(slab.view, slab.used, error, high, low);
    slab.used += SIMPLE_HEAD;
  }

  /** A command failed; a structured reply says why. */
  failure(high: number, low: number, error: number, why: string): void {
    if (!this.#structured) {
      this.simple(high, low, error);
      return;
    }
    const text = new TextEncoder().encode(why);
    const slab = this.#room(26 + text.length);
    const { view, bytes, used } = slab;
    writeChunkHead(view, used, CHUNK_DONE, CHUNK.error, high, low, 6 + text.length);
    view.setUint32(used + 20, error);
    view.setUint16(used + 24, text.length);
    bytes.set(text, used + 26);
    slab.used += 26 + text.length;
  }

  /** The answer of a read of at most IN_SLAB_BYTES: `length` zeroes. */
  zeroes(high: number, low: number, offset: number, length: number): void {
    const head = this.#structured ? DATA_HEAD : SIMPLE_HEAD;
    let slab = this.#zeroes;
    if (slab !== null && (slab.used + head + length > SLAB_BYTES || slab.count === MAX_HEADS)) {
      this.#sendZeroes(slab);
      slab = null;
    }
    if (slab === null) {
      slab = this.#pool.take(true);
      this.#zeroes = slab;
    }
    slab.heads[slab.count++] = slab.used;
    this.#dataHead(slab, high, low, offset, length);
    slab.used += length;
  }

  /** The answer of a read of at most IN_SLAB_BYTES, put into `target` from `at` on by `fill`; returns an NBD error, or 0. */
  filled(
    high: number,
    low: number,
    offset: number,
    length: number,
    fill: (target: Uint8Array, at: number) => number,
  ): number {
    const head = this.#structured ? DATA_HEAD : SIMPLE_HEAD;
    const slab = this.#room(head + length);
    const error = fill(slab.bytes, slab.used + head);
    if (error !== 0) return error;
    this.#dataHead(slab, high, low, offset, length);
    slab.used += length;
    return 0;
  }

  /** The answer of a read, its data sent as it stands. */
  given(high: number, low: number, offset: number, data: Uint8Array): void {
    this.open(high, low, offset, data.length);
    this.#send(data, nothing);
  }

  /** The head of an answer whose `length` bytes of data follow by `zeroPiece` and `piece`, with nothing in between. */
  open(high: number, low: number, offset: number, length: number): void {
    this.flush();
    const bytes = Buffer.allocUnsafe(this.#structured ? DATA_HEAD : SIMPLE_HEAD);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#writeDataHead(view, 0, high, low, offset, length);
    this.#send(bytes, nothing);
  }

  zeroPiece(length: number): void {
    this.#send(ZEROES.subarray(0, length), nothing);
  }

  /** A piece of any length, sent as it stands. */
  rest(data: Uint8Array): void {
    this.#send(data, nothing);
  }

  /** A piece of at most PIECE_BYTES; returns an NBD error, or 0. */
  piece(length: number, fill: (target: Uint8Array, at: number) => number): number {
    const slab = this.#pool.take(false);
    const error = fill(slab.bytes, 0);
    if (error !== 0) this.#pool.give(slab, false);
    else this.#send(slab.bytes.subarray(0, length), () => this.#pool.give(slab, false));
    return error;
  }

  /** A chunk that is not data: allocation. */
  chunk(high: number, low: number, type: number, payload: Uint8Array): void {
    const slab = this.#room(20 + payload.length);
    writeChunkHead(slab.view, slab.used, CHUNK_DONE, type, high, low, payload.length);
    slab.bytes.set(payload, slab.used + 20);
    slab.used += 20 + payload.length;
  }

  /** What is sent between the two leaves in one write. */
  cork(): void {
    this.#sink.cork();
  }

  uncork(): void {
    this.#sink.uncork();
  }

  /** Sends what was collected. */
  flush(): void {
    if (this.#mixed !== null) {
      const slab = this.#mixed;
      this.#mixed = null;
      this.#send(slab.bytes.subarray(0, slab.used), () => this.#pool.give(slab, false));
    }
    if (this.#zeroes !== null) this.#sendZeroes(this.#zeroes);
  }

  #sendZeroes(slab: Slab): void {
    this.#zeroes = null;
    this.#send(slab.bytes.subarray(0, slab.used), () => this.#pool.give(slab, true));
  }

  #send(bytes: Uint8Array, written: () => void): void {
    const { length } = bytes;
    this.#queuedBytes += length;
    this.#sink.write(bytes, () => {
      this.#queuedBytes -= length;
      this.#takenBytes += length;
      written();
      this.#onWritten();
    });
  }

  /** A slab of anything with this much room. */
  #room(bytes: number): Slab {
    if (this.#mixed !== null && this.#mixed.used + bytes > SLAB_BYTES) {
      const slab = this.#mixed;
      this.#mixed = null;
      this.#send(slab.bytes.subarray(0, slab.used), () => this.#pool.give(slab, false));
    }
    this.#mixed ??= this.#pool.take(false);
    return this.#mixed;
  }

  #dataHead(slab: Slab, high: number, low: number, offset: number, length: number): void {
    this.#writeDataHead(slab.view, slab.used, high, low, offset, length);
    slab.used += this.#structured ? DATA_HEAD : SIMPLE_HEAD;
  }

  #writeDataHead(view: DataView, at: number, high: number, low: number, offset: number, length: number): void {
    if (!this.#structured) {
      writeSimpleReply(view, at, 0, high, low);
      return;
    }
    writeChunkHead(view, at, CHUNK_DONE, CHUNK.offsetData, high, low, 8 + length);
    view.setUint32(at + 20, Math.floor(offset / 2 ** 32));
    view.setUint32(at + 24, offset >>> 0);
  }
}

const nothing = (): void => {};
