/** What goes into the code: the newest lines of the log, compressed, the oldest dropped until the rest fits. */
import { Deflater } from './deflate.ts';
import type { PanicLog } from './panic-log.ts';
import { type PayloadCode, qrPayloadLimit } from './qr.ts';
import { quotient } from './quotient.ts';

/** The kernel's buffers: three bytes of log for each byte a code can hold, and what it compresses into. */
const LOG_BYTES = 8868;
const COMPRESSED_BYTES = 4096;

export class PanicPayload {
  /** The payload, in one piece; when it goes out in parts, each takes `partBytes` of it. */
  readonly bytes: Uint8Array;
  length = 0;
  parts = 0;
  partBytes = 0;
  /** Lines of the log that are in it, and lines that were kept but are not. */
  linesIn = 0;
  linesLeftOut = 0;
  readonly #maxParts: number;
  readonly #text: Uint8Array;
  readonly #deflater = new Deflater();

  constructor(maxParts: number) {
    this.#maxParts = maxParts;
    this.#text = new Uint8Array(Math.min(0xffff, LOG_BYTES * maxParts));
    this.bytes = new Uint8Array(COMPRESSED_BYTES * maxParts);
  }

  /** Fills itself for codes of a version and a URL of so many bytes; false when not even one line fits. */
  fill(log: PanicLog, version: number, urlBytes: number, code: PayloadCode): boolean {
    const limit = qrPayloadLimit(code, version, urlBytes);
    this.length = 0;
    this.linesIn = 0;
    if (limit > 0) {
      if (code === 'bytes') this.#plain(log, limit);
      else this.#compressed(log, limit);
    }
    this.linesLeftOut = log.lines - this.linesIn;
    if (this.linesIn === 0) return false;
    this.parts = code === 'bytes' ? 1 : quotient(this.length + limit - 1, limit);
    this.partBytes = quotient(this.length + this.parts - 1, this.parts);
    return true;
  }

  #plain(log: PanicLog, limit: number): void {
    this.length = log.copyNewest(this.bytes, limit);
    this.linesIn = linesOf(this.bytes, 0, this.length);
  }

  #compressed(log: PanicLog, limit: number): void {
    const most = limit * this.#maxParts;
    const allowed = most < this.bytes.length ? most : this.bytes.length;
    const text = this.#text;
    const end = log.copyNewest(text, 3 * most);
    for (let from = 0; from < end; ) {
      const length = this.#deflater.deflate(text, from, end, this.bytes);
      if (length <= allowed) {
        this.length = length;
        this.linesIn = linesOf(text, from, end);
        return;
      }
      while (from < end && text[from] !== NEWLINE) from++;
      from++;
    }
  }
}

const NEWLINE = 0x0a;

const linesOf = (text: Uint8Array, from: number, to: number): number => {
  let lines = 0;
  for (let i = from; i < to; i++) if (text[i] === NEWLINE) lines++;
  return lines;
};
