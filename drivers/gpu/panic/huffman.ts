/** Huffman trees of deflate (RFC 1951, 3.2): lengths limited, ties broken as classic zlib breaks them, nothing allocated. */

/** A node more than the 286 leaves and their parents, for the sentinel of a length scan. */
const MAX_NODES = 2 * 286 + 1;

export interface HuffmanKind {
  readonly leaves: number;
  readonly maxBits: number;
  /** Extra bits of each symbol from `extraFrom` on. */
  readonly extra: Uint8Array;
  readonly extraFrom: number;
  /** Code lengths of the fixed code, where there is one. */
  readonly fixed: Uint8Array | undefined;
}

export class HuffmanTree {
  readonly kind: HuffmanKind;
  readonly frequencies = new Uint16Array(MAX_NODES);
  readonly codes = new Uint16Array(MAX_NODES);
  readonly lengths = new Uint16Array(MAX_NODES);
  /** The last symbol that has a code. */
  maxSymbol = 0;
  /** What the block costs with this tree, and with the fixed one, symbols and extra bits. */
  bits = 0;
  fixedBits = 0;
  readonly #parents = new Uint16Array(MAX_NODES);
  readonly #depths = new Uint8Array(MAX_NODES);
  readonly #heap = new Uint16Array(MAX_NODES + 1);
  readonly #perLength = new Uint16Array(16);
  readonly #nextCode = new Uint16Array(16);
  #heapLength = 0;
  #heapTop = 0;

  constructor(kind: HuffmanKind) {
    this.kind = kind;
  }

  clear(): void {
    this.frequencies.fill(0, 0, this.kind.leaves);
  }

  count(symbol: number): void {
    this.frequencies[symbol] = this.frequencies[symbol]! + 1;
  }

  /** Lengths and codes from the counted frequencies. */
  build(): void {
    this.bits = 0;
    this.fixedBits = 0;
    this.#plantLeaves();
    for (let n = this.#heapLength >> 1; n >= 1; n--) this.#sink(n);
    this.#join();
    this.#limitLengths();
    assignCodes(this.lengths, this.maxSymbol, this.#perLength, this.#nextCode, this.codes);
  }

  #plantLeaves(): void {
    const { leaves, fixed } = this.kind;
    this.#heapLength = 0;
    this.maxSymbol = -1;
    for (let n = 0; n < leaves; n++) {
      this.lengths[n] = 0;
      if (this.frequencies[n] === 0) continue;
      this.#heap[++this.#heapLength] = n;
      this.maxSymbol = n;
      this.#depths[n] = 0;
    }
    // a code needs two symbols; what is added costs nothing, for it never occurs
    while (this.#heapLength < 2) {
      const node = this.maxSymbol < 2 ? ++this.maxSymbol : 0;
      this.#heap[++this.#heapLength] = node;
      this.frequencies[node] = 1;
      this.#depths[node] = 0;
      this.bits--;
      if (fixed !== undefined) this.fixedBits -= fixed[node]!;
    }
  }

  /** Joins the two least frequent nodes until one is left; the order they went is kept at the top of the heap. */
  #join(): void {
    const heap = this.#heap;
    this.#heapTop = MAX_NODES;
    let node = this.kind.leaves;
    do {
      const n = heap[1]!;
      heap[1] = heap[this.#heapLength--]!;
      this.#sink(1);
      const m = heap[1]!;
      heap[--this.#heapTop] = n;
      heap[--this.#heapTop] = m;
      this.frequencies[node] = this.frequencies[n]! + this.frequencies[m]!;
      const deeper = this.#depths[n]! > this.#depths[m]! ? this.#depths[n]! : this.#depths[m]!;
      this.#depths[node] = deeper + 1;
      this.#parents[n] = node;
      this.#parents[m] = node;
      heap[1] = node++;
      this.#sink(1);
    } while (this.#heapLength >= 2);
    heap[--this.#heapTop] = heap[1]!;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const sinking = heap[from]!;
    let at = from;
    for (let child = at * 2; child <= this.#heapLength; child *= 2) {
      if (child < this.#heapLength && this.#before(heap[child + 1]!, heap[child]!)) child++;
      if (this.#before(sinking, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = sinking;
  }

  #before(a: number, b: number): boolean {
    const difference = this.frequencies[a]! - this.frequencies[b]!;
    return difference < 0 || (difference === 0 && this.#depths[a]! <= this.#depths[b]!);
  }

  #limitLengths(): void {
    const { maxBits, extra, extraFrom, fixed } = this.kind;
    const heap = this.#heap;
    const perLength = this.#perLength;
    perLength.fill(0);
    this.lengths[heap[this.#heapTop]!] = 0;
    let overflow = 0;
    for (let h = this.#heapTop + 1; h < MAX_NODES; h++) {
      const n = heap[h]!;
      let length = this.lengths[this.#parents[n]!]! + 1;
      if (length > maxBits) {
        length = maxBits;
        overflow++;
      }
      this.lengths[n] = length;
      if (n > this.maxSymbol) continue;
      perLength[length] = perLength[length]! + 1;
      const more = n >= extraFrom ? extra[n - extraFrom]! : 0;
      this.bits += this.frequencies[n]! * (length + more);
      if (fixed !== undefined) this.fixedBits += this.frequencies[n]! * (fixed[n]! + more);
    }
    if (overflow > 0) this.#shorten(overflow);
  }

  /** Moves leaves up until no code is longer than allowed, then gives the lengths out anew, longest to the rarest. */
  #shorten(tooLong: number): void {
    const { maxBits } = this.kind;
    const perLength = this.#perLength;
    for (let overflow = tooLong; overflow > 0; overflow -= 2) {
      let length = maxBits - 1;
      while (perLength[length] === 0) length--;
      perLength[length] = perLength[length]! - 1;
      perLength[length + 1] = perLength[length + 1]! + 2;
      perLength[maxBits] = perLength[maxBits]! - 1;
    }
    let h = MAX_NODES;
    for (let length = maxBits; length > 0; length--)
      for (let n = perLength[length]!; n > 0; ) {
        const m = this.#heap[--h]!;
        if (m > this.maxSymbol) continue;
        this.bits += (length - this.lengths[m]!) * this.frequencies[m]!;
        this.lengths[m] = length;
        n--;
      }
  }
}

/** Canonical codes for the lengths, bits reversed, as deflate sends them. */
export const assignCodes = (
  lengths: ArrayLike<number>,
  maxSymbol: number,
  perLength: Uint16Array,
  nextCode: Uint16Array,
  codes: Uint16Array,
): void => {
  let code = 0;
  for (let length = 1; length <= 15; length++) {
    code = (code + perLength[length - 1]!) << 1;
    nextCode[length] = code;
  }
  for (let n = 0; n <= maxSymbol; n++) {
    const length = lengths[n]!;
    if (length === 0) continue;
    codes[n] = reversed(nextCode[length]!, length);
    nextCode[length] = nextCode[length]! + 1;
  }
};

const reversed = (code: number, length: number): number => {
  let out = 0;
  for (let i = 0; i < length; i++) out |= ((code >> i) & 1) << (length - 1 - i);
  return out;
};
