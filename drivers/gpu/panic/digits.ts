/** Bytes as decimal digits for a numeric QR segment: 7 bytes in 17 digits (`z=`), and the older 13 bits in 4 (`zl=`). */
import { quotient } from './quotient.ts';

/** `z` since Linux 6.15, `zl` before it. */
export type DigitCode = 'z' | 'zl';

/** Digits of a last chunk of 0 to 7 bytes, `z` (CTAP 2.2, hybrid transports). */
const CHUNK_DIGITS = Uint8Array.of(0, 3, 5, 8, 10, 13, 15, 17);
/**
 * Digits of a last group of 0 to 13 bits, `zl`, as the kernel counts them. Of 4, 7 and 10 bits the largest numbers have a
 * digit more than that, which the kernel lets run into the digits before; here they get it, and decoders read it.
 */
const GROUP_DIGITS = Uint8Array.of(0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4);
const MOST_GROUP_DIGITS = Uint8Array.of(0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4);

/** The most digits that so many bytes become; with `z` it is always exactly that many. */
export const digitLimit = (code: DigitCode, bytes: number): number => {
  if (code === 'z') return quotient(bytes, 7) * 17 + CHUNK_DIGITS[bytes % 7]!;
  const bits = bytes * 8;
  return quotient(bits, 13) * 4 + MOST_GROUP_DIGITS[bits % 13]!;
};

/** Gives the digits of a byte array one after the other, without ever allocating. */
export class DigitReader {
  #bytes: Uint8Array = NOTHING;
  #length = 0;
  #code: DigitCode = 'z';
  #at = 0;
  /** `zl`: bits not yet made into digits. */
  #bits = 0;
  #bitCount = 0;
  /** Digits of the chunk at hand, the last one first. */
  readonly #chunk = new Uint8Array(17);
  #left = 0;

  begin(code: DigitCode, bytes: Uint8Array, length: number): void {
    this.#code = code;
    this.#bytes = bytes;
    this.#length = length;
    this.#at = 0;
    this.#bits = 0;
    this.#bitCount = 0;
    this.#left = 0;
  }

  /** How many digits there are in all. */
  get count(): number {
    const limit = digitLimit(this.#code, this.#length);
    const tail = (this.#length * 8) % 13;
    if (this.#code === 'z' || tail === 0) return limit;
    let last = this.#bytes[this.#length - 1]!;
    if (tail > 8) last |= this.#bytes[this.#length - 2]! << 8;
    return limit - MOST_GROUP_DIGITS[tail]! + digitsOfGroup(last & ((1 << tail) - 1), tail);
  }

  /** The next digit, 0 to 9; -1 after the last. */
  next(): number {
    if (this.#left === 0) {
      if (this.#code === 'z') this.#chunkOfBytes();
      else this.#groupOfBits();
      if (this.#left === 0) return -1;
    }
    return this.#chunk[--this.#left]!;
  }

  /**
   * 7 bytes, little endian, as one number. It is kept in limbs of 16 bits: a number over 31 bits would be
   * boxed, and a panic must not allocate.
   */
  #chunkOfBytes(): void {
    const rest = this.#length - this.#at;
    const n = rest < 7 ? rest : 7;
    if (n <= 0) return;
    const a = this.#limb(0, n);
    const b = this.#limb(2, n);
    const c = this.#limb(4, n) | (this.#limb(6, n) << 16);
    this.#at += n;
    let rem = ((c % 10_000) << 16) | b;
    const highB = quotient(rem, 10_000);
    rem = ((rem % 10_000) << 16) | a;
    const highA = quotient(rem, 10_000);
    this.#fourDigits(0, rem % 10_000);
    rem = (quotient(c, 10_000) << 16) | highB; // at most 2^56 / 10^4: no word overflows
    const topB = quotient(rem, 10_000);
    rem = ((rem % 10_000) << 16) | highA;
    this.#fourDigits(4, rem % 10_000);
    let top = (topB << 16) + quotient(rem, 10_000);
    const digits = CHUNK_DIGITS[n]!;
    for (let done = 8; done < digits; done++) {
      this.#chunk[done] = top % 10;
      top = quotient(top, 10);
    }
    this.#left = digits;
  }

  #fourDigits(at: number, value: number): void {
    this.#chunk[at] = value % 10;
    this.#chunk[at + 1] = quotient(value, 10) % 10;
    this.#chunk[at + 2] = quotient(value, 100) % 10;
    this.#chunk[at + 3] = quotient(value, 1000);
  }

  #limb(offset: number, n: number): number {
    const low = offset < n ? this.#bytes[this.#at + offset]! : 0;
    const high = offset + 1 < n ? this.#bytes[this.#at + offset + 1]! : 0;
    return low | (high << 8);
  }

  #groupOfBits(): void {
    while (this.#bitCount < 13 && this.#at < this.#length) {
      this.#bits = (this.#bits << 8) | this.#bytes[this.#at++]!;
      this.#bitCount += 8;
    }
    if (this.#bitCount === 0) return;
    const width = this.#bitCount < 13 ? this.#bitCount : 13;
    this.#bitCount -= width;
    let group = this.#bits >> this.#bitCount;
    this.#bits &= (1 << this.#bitCount) - 1;
    const digits = digitsOfGroup(group, width);
    for (let i = 0; i < digits; i++) {
      this.#chunk[i] = group % 10;
      group = quotient(group, 10);
    }
    this.#left = digits;
  }
}

const digitsOfGroup = (group: number, width: number): number => {
  const digits = GROUP_DIGITS[width]!;
  return group < TENS[digits]! ? digits : digits + 1;
};
const TENS = Uint16Array.of(1, 10, 100, 1000, 10_000);

const NOTHING = new Uint8Array(0);
