/** zlib streams as a kernel panic makes them (window 12 bits, memLevel 4, level 6), without allocating: byte for byte classic zlib's. */
import { DeflateBlocks } from './deflate-block.ts';

/** Positions are kept in 16 bits. */
export const DEFLATE_MAX_INPUT = 0xffff;

const WINDOW_BYTES = 4096;
const HASH_ENTRIES = 1 << (4 + 7);
const MIN_MATCH = 3;
const MAX_MATCH = 258;
/** zlib keeps so much of its window ahead, and so never looks further back than this. */
const MAX_DISTANCE = WINDOW_BYTES - (MAX_MATCH + MIN_MATCH + 1);
/** Level 6: a match this long is good enough to look less for a better one, to look no more, or to take at once. */
const GOOD_MATCH = 8;
const LAZY_MATCH = 16;
const NICE_MATCH = 128;
const CHAIN = 128;

export class Deflater {
  readonly #blocks = new DeflateBlocks();
  /** Where a hash occurred last, and where each position's hash occurred before; 0 is nowhere. */
  readonly #head = new Uint16Array(HASH_ENTRIES);
  readonly #before = new Uint16Array(WINDOW_BYTES);
  #input: Uint8Array = new Uint8Array(0);
  #from = 0;
  #length = 0;
  #matchStart = 0;

  /**
   * Compresses input[from..to) into `output`. Answers how many bytes the stream has: more than `output.length` when it
   * did not fit, and then what `output` holds is no stream.
   */
  deflate(input: Uint8Array, from: number, to: number, output: Uint8Array): number {
    if (to - from > DEFLATE_MAX_INPUT) return output.length + 1;
    this.#input = input;
    this.#from = from;
    this.#length = to - from;
    this.#head.fill(0);
    const blocks = this.#blocks;
    blocks.begin(output);
    blocks.byte(0x48); // deflate, window 2^12
    blocks.byte(0x89); // default level, and the check that makes it a multiple of 31
    this.#compress();
    this.#checksum();
    return blocks.length;
  }

  /** A match is held back for one byte: a longer one there is better. */
  #compress(): void {
    const blocks = this.#blocks;
    let blockStart = 0;
    let at = 0;
    let length = MIN_MATCH - 1;
    let literalWaits = false;
    this.#matchStart = 0;
    while (at < this.#length) {
      const candidate = at + MIN_MATCH <= this.#length ? this.#insert(at) : 0;
      const heldLength = length;
      const heldStart = this.#matchStart;
      length = MIN_MATCH - 1;
      if (candidate !== 0 && heldLength < LAZY_MATCH && at - candidate <= MAX_DISTANCE)
        length = this.#longestMatch(at, candidate, heldLength);
      if (heldLength >= MIN_MATCH && length <= heldLength) {
        const full = blocks.match(heldLength, at - 1 - heldStart);
        const end = at - 1 + heldLength;
        const lastInsert = this.#length - MIN_MATCH;
        for (at++; at < end; at++) if (at <= lastInsert) this.#insert(at);
        literalWaits = false;
        length = MIN_MATCH - 1;
        if (full) blockStart = this.#flush(blockStart, at);
      } else {
        if (literalWaits && blocks.literal(this.#byteAt(at - 1))) blockStart = this.#flush(blockStart, at);
        literalWaits = true;
        at++;
      }
    }
    if (literalWaits) blocks.literal(this.#byteAt(at - 1));
    blocks.flush(this.#input, this.#from + blockStart, this.#from + at, true);
  }

  #flush(blockStart: number, at: number): number {
    this.#blocks.flush(this.#input, this.#from + blockStart, this.#from + at, false);
    return at;
  }

  /** Enters the three bytes at a position; answers where their hash was seen before. */
  #insert(at: number): number {
    const hash = ((this.#byteAt(at) << 8) ^ (this.#byteAt(at + 1) << 4) ^ this.#byteAt(at + 2)) & (HASH_ENTRIES - 1);
    const last = this.#head[hash]!;
    this.#before[at & (WINDOW_BYTES - 1)] = last;
    this.#head[hash] = at;
    return last;
  }

  /** The longest match that beats `toBeat`, down the chain from a candidate; `#matchStart` says where. */
  #longestMatch(at: number, candidate: number, toBeat: number): number {
    const ahead = this.#length - at;
    const longest = ahead < MAX_MATCH ? ahead : MAX_MATCH;
    const nice = ahead < NICE_MATCH ? ahead : NICE_MATCH;
    const limit = at > MAX_DISTANCE ? at - MAX_DISTANCE : 0;
    let chain = toBeat >= GOOD_MATCH ? CHAIN >> 2 : CHAIN;
    let best = toBeat;
    let start = candidate;
    do {
      let length = 0;
      while (length < longest && this.#byteAt(start + length) === this.#byteAt(at + length)) length++;
      if (length > best) {
        this.#matchStart = start;
        best = length;
        if (length >= nice) break;
      }
      start = this.#before[start & (WINDOW_BYTES - 1)]!;
    } while (start > limit && --chain !== 0);
    return best < ahead ? best : ahead;
  }

  #byteAt(at: number): number {
    return this.#input[this.#from + at]!;
  }

  /** Adler-32 (RFC 1950), most significant byte first. */
  #checksum(): void {
    let a = 1;
    let b = 0;
    for (let i = 0; i < this.#length; i++) {
      a += this.#byteAt(i);
      if (a >= ADLER_MODULUS) a -= ADLER_MODULUS;
      b += a;
      if (b >= ADLER_MODULUS) b -= ADLER_MODULUS;
    }
    this.#blocks.byte(b >> 8);
    this.#blocks.byte(b & 0xff);
    this.#blocks.byte(a >> 8);
    this.#blocks.byte(a & 0xff);
  }
}

const ADLER_MODULUS = 65_521;
