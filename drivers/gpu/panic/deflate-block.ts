/** Writes deflate blocks (RFC 1951): counts symbols, then picks stored, fixed or dynamic, whichever is shortest. */
import { assignCodes, HuffmanTree } from './huffman.ts';

/** Symbols of one block with zlib's memLevel 4. */
const BLOCK_SYMBOLS = (1 << (4 + 6)) - 1;
const END_OF_BLOCK = 256;
const LITERALS = 286;

export class DeflateBlocks {
  readonly #literals = new HuffmanTree({
    leaves: LITERALS,
    maxBits: 15,
    extra: LENGTH_EXTRA,
    extraFrom: END_OF_BLOCK + 1,
    fixed: FIXED_LENGTHS,
  });
  readonly #distances = new HuffmanTree({
    leaves: 30,
    maxBits: 15,
    extra: DISTANCE_EXTRA,
    extraFrom: 0,
    fixed: FIXED_DISTANCES,
  });
  readonly #lengths = new HuffmanTree({
    leaves: 19,
    maxBits: 7,
    extra: CODE_LENGTH_EXTRA,
    extraFrom: 0,
    fixed: undefined,
  });
  readonly #symbols = new Uint16Array(BLOCK_SYMBOLS);
  readonly #symbolDistances = new Uint16Array(BLOCK_SYMBOLS);
  #count = 0;
  #output: Uint8Array = new Uint8Array(0);
  #at = 0;
  #bits = 0;
  #bitCount = 0;

  begin(output: Uint8Array): void {
    this.#output = output;
    this.#at = 0;
    this.#bits = 0;
    this.#bitCount = 0;
    this.#beginBlock();
  }

  /** Bytes written so far, those that found no room counted too. */
  get length(): number {
    return this.#at;
  }

  byte(value: number): void {
    if (this.#at < this.#output.length) this.#output[this.#at] = value;
    this.#at++;
  }

  /** Takes a literal; true when the block is full. */
  literal(value: number): boolean {
    this.#literals.count(value);
    return this.#keep(value, 0);
  }

  /** Takes a match of 3 to 258 bytes so far back; true when the block is full. */
  match(length: number, distance: number): boolean {
    this.#literals.count(LENGTH_CODE[length - 3]! + END_OF_BLOCK + 1);
    this.#distances.count(DISTANCE_CODE[distance - 1]!);
    return this.#keep(length - 3, distance);
  }

  #keep(value: number, distance: number): boolean {
    this.#symbols[this.#count] = value;
    this.#symbolDistances[this.#count] = distance;
    return ++this.#count === BLOCK_SYMBOLS;
  }

  /** Writes the block that stands for input[from..to). */
  flush(input: Uint8Array, from: number, to: number, last: boolean): void {
    this.#literals.build();
    this.#distances.build();
    const lengthCodes = this.#countCodeLengths();
    const bits = this.#literals.bits + this.#distances.bits + this.#lengths.bits + 3 * (lengthCodes + 1) + 14;
    const fixedBits = this.#literals.fixedBits + this.#distances.fixedBits;
    const dynamicBytes = (bits + 3 + 7) >> 3;
    const fixedBytes = (fixedBits + 3 + 7) >> 3;
    const best = fixedBytes <= dynamicBytes ? fixedBytes : dynamicBytes;
    if (to - from + 4 <= best) this.#stored(input, from, to, last);
    else if (fixedBytes === best) {
      this.#put((1 << 1) | (last ? 1 : 0), 3);
      this.#putSymbols(FIXED_CODES, FIXED_LENGTHS, FIXED_DISTANCE_CODES, FIXED_DISTANCES);
    } else {
      this.#put((2 << 1) | (last ? 1 : 0), 3);
      this.#putTrees(lengthCodes);
      const { codes, lengths } = this.#literals;
      this.#putSymbols(codes, lengths, this.#distances.codes, this.#distances.lengths);
    }
    this.#beginBlock();
    if (last) this.#alignToByte();
  }

  #beginBlock(): void {
    this.#literals.clear();
    this.#distances.clear();
    this.#lengths.clear();
    this.#literals.frequencies[END_OF_BLOCK] = 1;
    this.#count = 0;
  }

  #stored(input: Uint8Array, from: number, to: number, last: boolean): void {
    this.#put(last ? 1 : 0, 3);
    this.#alignToByte();
    const length = to - from;
    this.byte(length & 0xff);
    this.byte(length >> 8);
    this.byte(~length & 0xff);
    this.byte((~length >> 8) & 0xff);
    for (let i = from; i < to; i++) this.byte(input[i]!);
  }

  #putSymbols(codes: Uint16Array, lengths: TreeLengths, distanceCodes: Uint16Array, distances: TreeLengths): void {
    for (let i = 0; i < this.#count; i++) {
      const value = this.#symbols[i]!;
      const distance = this.#symbolDistances[i]!;
      if (distance === 0) this.#put(codes[value]!, lengths[value]!);
      else {
        const lengthCode = LENGTH_CODE[value]!;
        this.#put(codes[lengthCode + END_OF_BLOCK + 1]!, lengths[lengthCode + END_OF_BLOCK + 1]!);
        this.#put(value - LENGTH_BASE[lengthCode]!, LENGTH_EXTRA[lengthCode]!);
        const distanceCode = DISTANCE_CODE[distance - 1]!;
        this.#put(distanceCodes[distanceCode]!, distances[distanceCode]!);
        this.#put(distance - 1 - DISTANCE_BASE[distanceCode]!, DISTANCE_EXTRA[distanceCode]!);
      }
    }
    this.#put(codes[END_OF_BLOCK]!, lengths[END_OF_BLOCK]!);
  }

  /** Builds the tree of the code lengths; answers the last place in `LENGTH_ORDER` that must be sent. */
  #countCodeLengths(): number {
    this.#runs(this.#literals, false);
    this.#runs(this.#distances, false);
    this.#lengths.build();
    let last = 18;
    while (last >= 3 && this.#lengths.lengths[LENGTH_ORDER[last]!] === 0) last--;
    return last;
  }

  #putTrees(lengthCodes: number): void {
    this.#put(this.#literals.maxSymbol + 1 - 257, 5);
    this.#put(this.#distances.maxSymbol + 1 - 1, 5);
    this.#put(lengthCodes + 1 - 4, 4);
    for (let i = 0; i <= lengthCodes; i++) this.#put(this.#lengths.lengths[LENGTH_ORDER[i]!]!, 3);
    this.#runs(this.#literals, true);
    this.#runs(this.#distances, true);
  }

  /** Goes through the code lengths run by run: counts what sends them, or sends it. */
  #runs(tree: HuffmanTree, send: boolean): void {
    const { lengths, maxSymbol } = tree;
    let previous = -1;
    let count = 0;
    let max = lengths[0] === 0 ? 138 : 7;
    let min = lengths[0] === 0 ? 3 : 4;
    for (let n = 0; n <= maxSymbol; n++) {
      const length = lengths[n]!;
      const next = n === maxSymbol ? -1 : lengths[n + 1]!;
      if (++count < max && length === next) continue;
      this.#run(length, count, min, previous, send);
      count = 0;
      previous = length;
      max = next === 0 ? 138 : length === next ? 6 : 7;
      min = next === 0 || length === next ? 3 : 4;
    }
  }

  #run(length: number, count: number, min: number, previous: number, send: boolean): void {
    if (count < min) for (let i = 0; i < count; i++) this.#codeLength(length, send);
    else if (length !== 0) {
      const first = length !== previous ? 1 : 0;
      if (first === 1) this.#codeLength(length, send);
      this.#codeLength(16, send);
      if (send) this.#put(count - first - 3, 2);
    } else if (count <= 10) {
      this.#codeLength(17, send);
      if (send) this.#put(count - 3, 3);
    } else {
      this.#codeLength(18, send);
      if (send) this.#put(count - 11, 7);
    }
  }

  #codeLength(symbol: number, send: boolean): void {
    if (send) this.#put(this.#lengths.codes[symbol]!, this.#lengths.lengths[symbol]!);
    else this.#lengths.count(symbol);
  }

  #put(value: number, width: number): void {
    this.#bits |= value << this.#bitCount;
    this.#bitCount += width;
    while (this.#bitCount >= 8) {
      this.byte(this.#bits & 0xff);
      this.#bits >>= 8;
      this.#bitCount -= 8;
    }
  }

  #alignToByte(): void {
    if (this.#bitCount > 0) this.byte(this.#bits & 0xff);
    this.#bits = 0;
    this.#bitCount = 0;
  }
}

type TreeLengths = Uint8Array | Uint16Array;

const LENGTH_EXTRA = Uint8Array.from({ length: 29 }, (_, code) => (code < 8 || code === 28 ? 0 : (code >> 2) - 1));
const DISTANCE_EXTRA = Uint8Array.from({ length: 30 }, (_, code) => (code < 4 ? 0 : (code >> 1) - 1));
const CODE_LENGTH_EXTRA = Uint8Array.from({ length: 19 }, (_, code) => [2, 3, 7][code - 16] ?? 0);
const LENGTH_ORDER = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15);

/** Length less 3, and distance less 1, that a code begins with. */
const LENGTH_BASE = new Uint16Array(29);
const DISTANCE_BASE = new Uint16Array(30);
const LENGTH_CODE = new Uint8Array(256);
const DISTANCE_CODE = new Uint8Array(32_768);
for (let code = 0, base = 0; code < 28; base += 1 << LENGTH_EXTRA[code++]!) {
  LENGTH_BASE[code] = base;
  LENGTH_CODE.fill(code, base, base + (1 << LENGTH_EXTRA[code]!));
}
LENGTH_BASE[28] = 255;
LENGTH_CODE[255] = 28;
for (let code = 0, base = 0; code < 30; base += 1 << DISTANCE_EXTRA[code++]!) {
  DISTANCE_BASE[code] = base;
  DISTANCE_CODE.fill(code, base, base + (1 << DISTANCE_EXTRA[code]!));
}

const FIXED_LENGTHS = Uint8Array.from({ length: 288 }, (_, n) => (n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8));
const FIXED_DISTANCES = new Uint8Array(30).fill(5);
const FIXED_CODES = new Uint16Array(288);
const FIXED_DISTANCE_CODES = new Uint16Array(30);
assignCodes(FIXED_LENGTHS, 287, perLengthOf(FIXED_LENGTHS), new Uint16Array(16), FIXED_CODES);
assignCodes(FIXED_DISTANCES, 29, perLengthOf(FIXED_DISTANCES), new Uint16Array(16), FIXED_DISTANCE_CODES);

function perLengthOf(lengths: Uint8Array): Uint16Array {
  const perLength = new Uint16Array(16);
  for (const length of lengths) perLength[length] = perLength[length]! + 1;
  return perLength;
}
