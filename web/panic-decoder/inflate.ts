/** Inflates a zlib stream (RFC 1950, 1951) and keeps what could be read of a damaged one, which the browser's own does not. */

export interface Inflated {
  /** Everything up to the end, or up to where it went wrong. */
  readonly bytes: Uint8Array;
  readonly problem: string | undefined;
  /** The last block was read to its end: only the checksum can be wrong. */
  readonly ended: boolean;
}

/** A panic's log is 9 kB; more than this is no panic's log. */
export const MAX_INFLATED_BYTES = 4 << 20;

export const inflate = (stream: Uint8Array): Inflated => {
  const out: number[] = [];
  let ended = false;
  try {
    if (stream.length < 2) throw new Damage('the stream is empty');
    const [cmf = 0, flg = 0] = stream;
    if ((cmf & 15) !== 8 || cmf >> 4 > 7 || ((cmf << 8) | flg) % 31 !== 0 || (flg & 0x20) !== 0)
      throw new Damage('this is no zlib stream');
    const bits = new Bits(stream, 2);
    while (!inflateBlock(bits, out)) {
      // the next block
    }
    ended = true;
    const expected = bits.alignedWord();
    const found = adler32(out);
    if (expected !== found) throw new Damage(`the checksum is ${hex(expected)}, the text gives ${hex(found)}`);
    return { bytes: Uint8Array.from(out), problem: undefined, ended };
  } catch (thrown) {
    if (!(thrown instanceof Damage)) throw thrown;
    return { bytes: Uint8Array.from(out), problem: thrown.message, ended };
  }
};

/** Private to this file: ends the reading wherever it is. */
class Damage extends Error {}

class Bits {
  readonly #bytes: Uint8Array;
  #at: number;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  take(width: number): number {
    while (this.#count < width) {
      this.#held |= this.byte() << this.#count;
      this.#count += 8;
    }
    const value = this.#held & ((1 << width) - 1);
    this.#held >>= width;
    this.#count -= width;
    return value;
  }

  align(): void {
    this.#held = 0;
    this.#count = 0;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Damage('the stream ends too early');
    return byte;
  }

  alignedWord(): number {
    this.align();
    let word = 0;
    for (let i = 0; i < 4; i++) word = word * 256 + this.byte();
    return word;
  }
}

/** Symbols in the order of their codes, and how many codes have each length. */
interface Code {
  readonly perLength: readonly number[];
  readonly symbols: readonly number[];
}

const codeOf = (lengths: readonly number[]): Code => {
  const perLength = new Array<number>(16).fill(0);
  for (const length of lengths) perLength[length]!++;
  perLength[0] = 0;
  let left = 1;
  for (let length = 1; length <= 15; length++) {
    left = 2 * left - perLength[length]!;
    if (left < 0) throw new Damage('a block has an impossible code');
  }
  const used = lengths.map((length, symbol) => ({ length, symbol })).filter(({ length }) => length > 0);
  used.sort((a, b) => a.length - b.length || a.symbol - b.symbol);
  return { perLength, symbols: used.map(({ symbol }) => symbol) };
};

const symbolOf = (bits: Bits, { perLength, symbols }: Code): number => {
  let code = 0;
  let first = 0;
  let index = 0;
  for (let length = 1; length <= 15; length++) {
    code |= bits.take(1);
    const count = perLength[length]!;
    if (code - first < count) return symbols[index + code - first]!;
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  throw new Damage('a block holds a code that stands for nothing');
};

/** True after the last block. */
const inflateBlock = (bits: Bits, out: number[]): boolean => {
  const last = bits.take(1) === 1;
  const kind = bits.take(2);
  if (kind === 0) copyStored(bits, out);
  else if (kind === 1) inflateSymbols(bits, out, FIXED, FIXED_DISTANCES);
  else if (kind === 2) inflateDynamic(bits, out);
  else throw new Damage('a block is of no known kind');
  return last;
};

const copyStored = (bits: Bits, out: number[]): void => {
  bits.align();
  const length = bits.byte() | (bits.byte() << 8);
  const check = bits.byte() | (bits.byte() << 8);
  if ((length ^ check) !== 0xffff) throw new Damage('a stored block says two lengths');
  for (let i = 0; i < length; i++) push(out, bits.byte());
};

const inflateDynamic = (bits: Bits, out: number[]): void => {
  const literals = bits.take(5) + 257;
  const distances = bits.take(5) + 1;
  const lengthCodes = bits.take(4) + 4;
  const order = new Array<number>(19).fill(0);
  for (let i = 0; i < lengthCodes; i++) order[LENGTH_ORDER[i]!] = bits.take(3);
  const lengthCode = codeOf(order);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = symbolOf(bits, lengthCode);
    if (symbol < 16) lengths.push(symbol);
    else {
      const previous = lengths.at(-1);
      if (symbol === 16 && previous === undefined) throw new Damage('a block repeats a length before the first');
      const times = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
      for (let i = 0; i < times; i++) lengths.push(symbol === 16 ? (previous ?? 0) : 0);
    }
  }
  if (lengths.length > literals + distances) throw new Damage('a block has more lengths than codes');
  inflateSymbols(bits, out, codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals)));
};

const inflateSymbols = (bits: Bits, out: number[], literals: Code, distances: Code): void => {
  for (let symbol = symbolOf(bits, literals); symbol !== 256; symbol = symbolOf(bits, literals)) {
    if (symbol < 256) {
      push(out, symbol);
      continue;
    }
    const [base, extra] = LENGTHS[symbol - 257] ?? [];
    if (base === undefined || extra === undefined) throw new Damage('a block has a length that is not defined');
    const length = base + bits.take(extra);
    const [near, more] = DISTANCES[symbolOf(bits, distances)] ?? [];
    if (near === undefined || more === undefined) throw new Damage('a block has a distance that is not defined');
    const distance = near + bits.take(more);
    if (distance > out.length) throw new Damage('a block copies from before the text');
    for (let i = 0; i < length; i++) push(out, out[out.length - distance]!);
  }
};

const push = (out: number[], byte: number): void => {
  if (out.length >= MAX_INFLATED_BYTES) throw new Damage(`more than ${MAX_INFLATED_BYTES} bytes come out of it`);
  out.push(byte);
};

const adler32 = (bytes: readonly number[]): number => {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
};

const hex = (word: number): string => `${word.toString(16).padStart(8, '0')}h`;

/** What each code begins with, and how many bits follow. */
const ranges = (first: number, count: number, extraOf: (code: number) => number): readonly (readonly number[])[] => {
  let base = first;
  return Array.from({ length: count }, (_, code) => {
    const extra = extraOf(code);
    const range = [base, extra];
    base += 1 << extra;
    return range;
  });
};
const LENGTHS = [...ranges(3, 28, (code) => (code < 8 ? 0 : (code >> 2) - 1)), [258, 0]];
const DISTANCES = ranges(1, 30, (code) => (code < 4 ? 0 : (code >> 1) - 1));
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const FIXED = codeOf(Array.from({ length: 288 }, (_, n) => (n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8)));
const FIXED_DISTANCES = codeOf(new Array<number>(30).fill(5));
