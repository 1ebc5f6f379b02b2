/** A firmware image as it lies in program memory: header, checksum, version. */
import { QT2025_IMAGE } from '#datasheets/qt2025.ts';

export interface ImageHeader {
  readonly sum: number;
  readonly length: number;
  readonly version: readonly [number, number, number];
  /** Year since 2000, month, day; zeros when the date is not MM/DD/YY. */
  readonly built: readonly [year: number, month: number, day: number];
}

export const readHeader = (program: Uint8Array): ImageHeader => {
  const at = (offset: number): number => program[offset] ?? 0;
  const text = (offset: number): number => {
    const digits = String.fromCharCode(at(offset), at(offset + 1));
    return /^\d\d$/.test(digits) ? Number(digits) : 0;
  };
  const { sumAt, lengthAt, dateAt, versionAt } = QT2025_IMAGE;
  return {
    sum: (at(sumAt) << 8) | at(sumAt + 1),
    length: (at(lengthAt) << 8) | at(lengthAt + 1),
    version: [at(versionAt), at(versionAt + 1), at(versionAt + 2)],
    built: [text(dateAt + 6), text(dateAt), text(dateAt + 3)],
  };
};

/** The 16-bit sum of the first `length` bytes, leaving out the two that hold the expected sum. */
export const sumOf = (program: Uint8Array, length: number): number => {
  const { sumAt } = QT2025_IMAGE;
  let sum = 0;
  for (let i = 0; i < Math.min(length, program.length); i++)
    if (i !== sumAt && i !== sumAt + 1) sum = (sum + (program[i] ?? 0)) & 0xffff;
  return sum;
};
