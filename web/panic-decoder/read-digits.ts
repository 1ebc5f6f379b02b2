/** The digits of a panic code back to bytes: 17 for 7 bytes (`z`), or 4 for 13 bits (`zl`). */

export interface DigitReading {
  /** Up to the first thing that is wrong. */
  readonly bytes: Uint8Array;
  readonly problem: string | undefined;
  /** Bytes before the last group. When digits are missing, what is left of that group reads as something else. */
  readonly sureBytes: number;
}

export const readDigits = (encoding: 'z' | 'zl', digits: string): DigitReading => {
  const strange = /[^0-9]/.exec(digits);
  const clean = strange === null ? digits : digits.slice(0, strange.index);
  const reading = encoding === 'z' ? readChunks(clean) : readGroups(clean);
  if (strange === null) return reading;
  return { ...reading, problem: `digit ${strange.index + 1} of ${digits.length} is '${strange[0]}'` };
};

const readChunks = (digits: string): DigitReading => {
  const bytes: number[] = [];
  let problem: string | undefined;
  for (let at = 0; at < digits.length && problem === undefined; at += CHUNK_DIGITS) {
    const chunk = digits.slice(at, at + CHUNK_DIGITS);
    const length = BYTES_OF_CHUNK[chunk.length];
    if (length === undefined)
      problem = `${digits.length} digits: after whole groups of 17 there are ${chunk.length}, where only 3, 5, 8, 10, 13 or 15 can be; some are missing`;
    else if (BigInt(chunk) >> BigInt(8 * length) !== 0n)
      problem = `digits ${at + 1} to ${at + chunk.length} stand for more than ${length} bytes hold; some are wrong`;
    else for (let i = 0, rest = BigInt(chunk); i < length; i++, rest >>= 8n) bytes.push(Number(rest & 0xffn));
  }
  const short = digits.length % CHUNK_DIGITS;
  const sureBytes = bytes.length - (problem === undefined ? (BYTES_OF_CHUNK[short] ?? 0) : 0);
  return { bytes: Uint8Array.from(bytes), problem, sureBytes };
};

const readGroups = (digits: string): DigitReading => {
  const bytes: number[] = [];
  const wholeGroups = Math.floor(digits.length / 4);
  const total = 13 * wholeGroups + (BITS_OF_REST[digits.length % 4] ?? 0);
  const length = Math.floor(total / 8);
  let held = 0;
  let bits = 0;
  let read = 0;
  let sureBytes = 0;
  for (let at = 0; at < digits.length; at += 4) {
    const group = digits.slice(at, at + 4);
    const last = at + 4 >= digits.length;
    if (last) sureBytes = bytes.length;
    const width = last ? length * 8 - read : 13;
    const value = Number(group);
    if (value >= 2 ** width)
      return {
        bytes: Uint8Array.from(bytes),
        problem: `digits ${at + 1} to ${at + group.length} stand for more than ${width} bits hold; some are wrong or missing`,
        sureBytes: bytes.length,
      };
    held = held * 2 ** width + value;
    bits += width;
    read += width;
    for (; bits >= 8; bits -= 8) {
      bytes.push(Math.floor(held / 2 ** (bits - 8)));
      held %= 2 ** (bits - 8);
    }
  }
  return { bytes: Uint8Array.from(bytes), problem: undefined, sureBytes };
};

const CHUNK_DIGITS = 17;
const BYTES_OF_CHUNK: Readonly<Record<number, number>> = { 3: 1, 5: 2, 8: 3, 10: 4, 13: 5, 15: 6, 17: 7 };
const BITS_OF_REST = [0, 4, 7, 10];
