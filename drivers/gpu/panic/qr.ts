/** QR encoder for a panic: level L, mask 0, byte and numeric segments, into the caller's buffers without allocating. */
import { type DigitCode, DigitReader, digitLimit } from './digits.ts';
import { drawPatterns } from './qr-patterns.ts';
import {
  QR_MAX_CODEWORDS,
  QR_MAX_IMAGE_BYTES,
  QR_MAX_VERSION,
  qrBlocks,
  qrCodewords,
  qrDataCodewords,
  qrEcPerBlock,
  qrSize,
} from './qr-tables.ts';
import { quotient } from './quotient.ts';
import { writeCheckBytes } from './reed-solomon.ts';

/** How the payload goes into the code: as digits behind the URL, or byte for byte. */
export type PayloadCode = DigitCode | 'bytes';

/**
 * The most payload bytes behind a URL of so many bytes: the kernel's own bound, 39 bytes of payload in 40 of the code,
 * which is a little below what fits, or for `zl` a byte above when its last digits are many. Without a URL the payload
 * goes in byte for byte.
 */
export const qrPayloadLimit = (code: PayloadCode, version: number, urlBytes: number): number => {
  const codewords = qrDataCodewords(version);
  if (code === 'bytes') return codewords - 3;
  if (urlBytes + 5 >= codewords) return 0;
  const limit = quotient((codewords - urlBytes - 5) * 39, 40);
  return segmentBits(code, version, urlBytes, limit) <= codewords * 8 ? limit : limit - 1;
};

/** The smallest version that holds the segments, from `atLeast` on; 0 when none does. */
export const qrVersionFor = (code: PayloadCode, urlBytes: number, payloadBytes: number, atLeast = 1): number => {
  for (let version = atLeast; version <= QR_MAX_VERSION; version++)
    if (segmentBits(code, version, urlBytes, payloadBytes) <= qrDataCodewords(version) * 8) return version;
  return 0;
};

/** Keeps 40 kB of working memory, so that encoding itself asks for none. */
export class QrEncoder {
  readonly #digits = new DigitReader();
  /** Before packing, one byte a module: as `drawPatterns` leaves them. */
  readonly #modules = new Uint8Array(qrSize(QR_MAX_VERSION) ** 2);
  /** Codewords in the order they are placed. */
  readonly #stream = new Uint8Array(QR_MAX_CODEWORDS + 1);
  #scratch: Uint8Array = new Uint8Array(0);
  #bitAt = 0;

  /**
   * Encodes the URL bytes and the payload, and packs the modules into `image`: 8 a byte, the first in the top bit, each
   * row beginning a byte, 1 for a light module. `image` may be the array the payload is in. Answers the version,
   * or 0 when no version holds this much or a buffer is too small; `image` is then untouched.
   */
  encode(
    url: Uint8Array,
    urlBytes: number,
    payload: Uint8Array,
    payloadBytes: number,
    code: PayloadCode,
    scratch: Uint8Array,
    image: Uint8Array,
    atLeast = 1,
  ): number {
    if (scratch.length < QR_MAX_CODEWORDS || image.length < QR_MAX_IMAGE_BYTES) return 0;
    if (urlBytes > url.length || payloadBytes > payload.length) return 0;
    const version = qrVersionFor(code, urlBytes, payloadBytes, atLeast);
    if (version === 0) return 0;
    this.#scratch = scratch;
    this.#writeSegments(version, url, urlBytes, payload, payloadBytes, code);
    this.#interleave(version);
    drawPatterns(this.#modules, version);
    this.#placeData(version);
    this.#pack(version, image);
    return version;
  }

  #writeSegments(
    version: number,
    url: Uint8Array,
    urlBytes: number,
    payload: Uint8Array,
    payloadBytes: number,
    code: PayloadCode,
  ): void {
    this.#bitAt = 0;
    const codewords = qrDataCodewords(version);
    this.#scratch.fill(0, 0, codewords);
    if (urlBytes > 0) this.#pushBytes(version, url, urlBytes);
    if (code === 'bytes') this.#pushBytes(version, payload, payloadBytes);
    else {
      this.#push(MODE_NUMERIC, 4);
      this.#digits.begin(code, payload, payloadBytes);
      this.#push(this.#digits.count, numericCountBits(version));
      this.#pushDigits();
    }
    // the terminator is up to four zero bits; then zeros to the next byte
    const room = codewords * 8 - this.#bitAt;
    let at = (this.#bitAt + (room < 4 ? room : 4) + 7) >> 3;
    for (let pad = 0xec; at < codewords; pad ^= 0xec ^ 0x11) this.#scratch[at++] = pad;
  }

  #pushBytes(version: number, bytes: Uint8Array, length: number): void {
    this.#push(MODE_BYTE, 4);
    this.#push(length, byteCountBits(version));
    for (let i = 0; i < length; i++) this.#push(bytes[i]!, 8);
  }

  #pushDigits(): void {
    let first = this.#digits.next();
    while (first >= 0) {
      const second = this.#digits.next();
      const third = second < 0 ? -1 : this.#digits.next();
      if (second < 0) this.#push(first, 4);
      else if (third < 0) this.#push(first * 10 + second, 7);
      else this.#push(first * 100 + second * 10 + third, 10);
      first = third < 0 ? -1 : this.#digits.next();
    }
  }

  /** The lowest `width` bits of a value, the highest of them first; the buffer is zero ahead of it. */
  #push(value: number, width: number): void {
    const scratch = this.#scratch;
    let left = width;
    while (left > 0) {
      const at = this.#bitAt >> 3;
      const free = 8 - (this.#bitAt & 7);
      const now = left < free ? left : free;
      left -= now;
      scratch[at] = scratch[at]! | (((value >> left) & ((1 << now) - 1)) << (free - now));
      this.#bitAt += now;
    }
  }

  /** Adds the check bytes of each block, and sends out all codewords block by turn. */
  #interleave(version: number): void {
    const stream = this.#stream;
    const blocks = qrBlocks(version);
    const checks = qrEcPerBlock(version);
    const codewords = qrDataCodewords(version);
    const short = quotient(codewords, blocks);
    const shortBlocks = blocks - (codewords % blocks);
    let from = 0;
    for (let block = 0; block < blocks; block++) {
      const length = short + (block < shortBlocks ? 0 : 1);
      const checksAt = codewords + block * checks;
      writeCheckBytes(this.#scratch, from, from + length, this.#scratch, checksAt, checks);
      for (let i = 0, to = block; i < short; i++, to += blocks) stream[to] = this.#scratch[from + i]!;
      if (length > short) stream[short * blocks + block - shortBlocks] = this.#scratch[from + short]!;
      for (let i = 0, to = codewords + block; i < checks; i++, to += blocks) stream[to] = this.#scratch[checksAt + i]!;
      from += length;
    }
    stream[qrCodewords(version)] = 0; // what the remainder bits are taken from
  }

  /** Two columns at a time from the right, up and down in turn, through the modules no pattern took. */
  #placeData(version: number): void {
    const size = qrSize(version);
    const modules = this.#modules;
    const stream = this.#stream;
    let word = stream[0]!;
    let nth = 1;
    let bits = 8;
    let upward = true;
    for (let right = size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5; // the vertical timing pattern
      const step = upward ? -size : size;
      let at = (upward ? (size - 1) * size : 0) + right;
      for (let row = 0; row < size; row++, at += step) {
        // mask 0 inverts where x + y is even, and what lies diagonally alike in memory, for the side is odd
        if (modules[at] === 0) {
          bits--;
          modules[at] = ((word >> bits) ^ at ^ 1) & 1;
          if (bits === 0) {
            word = stream[nth++]!;
            bits = 8;
          }
        }
        if (modules[at - 1] === 0) {
          bits--;
          modules[at - 1] = ((word >> bits) ^ at) & 1;
          if (bits === 0) {
            word = stream[nth++]!;
            bits = 8;
          }
        }
      }
      upward = !upward;
    }
  }

  #pack(version: number, image: Uint8Array): void {
    const size = qrSize(version);
    const modules = this.#modules;
    let from = 0;
    let to = 0;
    for (let y = 0; y < size; y++) {
      for (let left = size; left > 0; left -= 8) {
        const length = left < 8 ? left : 8;
        let dark = 0;
        for (let bit = 0; bit < length; bit++) dark = (dark << 1) | (modules[from + bit]! & 1);
        from += length;
        image[to++] = (dark ^ ((1 << length) - 1)) << (8 - length);
      }
    }
  }
}

/** True where the packed image has a light module. */
export const qrIsLight = (image: Uint8Array, rowBytes: number, x: number, y: number): boolean =>
  ((image[y * rowBytes + (x >> 3)]! >> (7 - (x & 7))) & 1) === 1;

const MODE_NUMERIC = 0b0001;
const MODE_BYTE = 0b0100;

const byteCountBits = (version: number): number => (version < 10 ? 8 : 16);
const numericCountBits = (version: number): number => (version < 10 ? 10 : version < 27 ? 12 : 14);

const segmentBits = (code: PayloadCode, version: number, urlBytes: number, payloadBytes: number): number => {
  const url = urlBytes === 0 ? 0 : 4 + byteCountBits(version) + urlBytes * 8;
  if (code === 'bytes') return url + 4 + byteCountBits(version) + payloadBytes * 8;
  const digits = digitLimit(code, payloadBytes);
  const tail = digits % 3;
  return url + 4 + numericCountBits(version) + quotient(digits, 3) * 10 + (tail === 0 ? 0 : tail === 1 ? 4 : 7);
};
