/** CRC-32 as the kernel's crc32_le: reflected, without the inversions before and after. */

/** Eight tables: eight bytes a step. */
const TABLES = ((): readonly Uint32Array[] => {
  const tables = Array.from({ length: 8 }, () => new Uint32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    tables[0]![byte] = crc;
  }
  for (let k = 1; k < 8; k++)
    for (let byte = 0; byte < 256; byte++) {
      const before = tables[k - 1]![byte]!;
      tables[k]![byte] = (before >>> 8) ^ tables[0]![before & 0xff]!;
    }
  return tables;
})();

/** The checksum of more bytes, given that of the bytes before. */
export const crc32le = (seed: number, bytes: Uint8Array): number => {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES as readonly [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  let crc = seed | 0;
  let i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc =
      t7[crc & 0xff]! ^
      t6[(crc >>> 8) & 0xff]! ^
      t5[(crc >>> 16) & 0xff]! ^
      t4[crc >>> 24]! ^
      t3[bytes[i + 4]!]! ^
      t2[bytes[i + 5]!]! ^
      t1[bytes[i + 6]!]! ^
      t0[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]!) & 0xff]!;
  return crc >>> 0;
};

/** Checksums over lines of equal length; a line like the one before costs a comparison. */
export class LineCrc {
  readonly #last: Uint32Array;
  readonly #after: readonly Uint32Array[];
  #crc: number | undefined;

  /** `words`: 32-bit words in a line. */
  constructor(words: number) {
    this.#last = new Uint32Array(words);
    this.#after = zerosAfter(4 * words);
  }

  /** The checksum of one more line, given that of the lines before. */
  next(seed: number, line: Uint32Array): number {
    if (this.#crc === undefined || !isSame(line, this.#last)) {
      this.#crc = crc32le(0, new Uint8Array(line.buffer, line.byteOffset, line.byteLength));
      this.#last.set(line);
    }
    // The checksum is linear: that of the line alone, and what its length does to the one before.
    return (shifted(this.#after, seed) ^ this.#crc) >>> 0;
  }
}

const isSame = (left: Uint32Array, right: Uint32Array): boolean => {
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
};

const known = new Map<number, readonly Uint32Array[]>();

/** What so many zero bytes make of a checksum, for each value of each of its four bytes. */
const zerosAfter = (count: number): readonly Uint32Array[] => {
  const before = known.get(count);
  if (before !== undefined) return before;
  const zeros = new Uint8Array(count);
  const tables = [0, 8, 16, 24].map((lowest) => {
    const table = new Uint32Array(256);
    for (let bit = 0; bit < 8; bit++) table[1 << bit] = crc32le(2 ** (lowest + bit), zeros);
    for (let byte = 1; byte < 256; byte++) table[byte] = table[byte & (byte - 1)]! ^ table[byte & -byte]!;
    return table;
  });
  known.set(count, tables);
  return tables;
};

const shifted = ([t0, t1, t2, t3]: readonly Uint32Array[], crc: number): number =>
  t0![crc & 0xff]! ^ t1![(crc >>> 8) & 0xff]! ^ t2![(crc >>> 16) & 0xff]! ^ t3![crc >>> 24]!;
