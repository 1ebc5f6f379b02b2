/** QR code facts for level L, mask 0: blocks, alignment, format and version words (ISO/IEC 18004, tables 1, 9 and E.1). */
import { quotient } from './quotient.ts';

export const QR_MAX_VERSION = 40;
/** Codewords of version 40: what a scratch buffer must hold. */
export const QR_MAX_CODEWORDS = 3706;
/** 177 rows of 23 bytes: what an image buffer must hold. */
export const QR_MAX_IMAGE_BYTES = 4071;

/** Format word of level L with mask 0, BCH check bits and the standard's XOR applied. */
export const QR_FORMAT_L_MASK0 = 0x77c4;

/** Error correction codewords in each block, by version; index 0 is unused. */
const EC_PER_BLOCK = Uint8Array.of(
  ...[0, 7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28],
  ...[28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
);

const BLOCKS = Uint8Array.of(
  ...[0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8],
  ...[8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25],
);

/** Modules along one side. */
export const qrSize = (version: number): number => 17 + 4 * version;
/** Bytes of one row of the image, 8 modules a byte. */
export const qrRowBytes = (version: number): number => (qrSize(version) + 7) >> 3;
export const qrBlocks = (version: number): number => BLOCKS[version]!;
export const qrEcPerBlock = (version: number): number => EC_PER_BLOCK[version]!;
/** Data and error correction codewords together. */
export const qrCodewords = (version: number): number => CODEWORDS[version]!;
export const qrDataCodewords = (version: number): number =>
  CODEWORDS[version]! - EC_PER_BLOCK[version]! * BLOCKS[version]!;
/** The 18-bit version word of versions 7 and up. */
export const qrVersionWord = (version: number): number => VERSION_WORDS[version]!;

/** How many alignment centres lie along one side. */
export const qrAlignmentCount = (version: number): number => (version === 1 ? 0 : quotient(version, 7) + 2);

/** The centre with the given index: 6 first, then evenly spaced back from the far edge. */
export const qrAlignmentAt = (version: number, index: number): number => {
  if (index === 0) return 6;
  const last = qrAlignmentCount(version) - 1;
  return qrSize(version) - 7 - (last - index) * ALIGNMENT_STEPS[version]!;
};

/** Steps are even and rounded up, but for version 32, where the standard says 26. */
const ALIGNMENT_STEPS = Uint8Array.from({ length: QR_MAX_VERSION + 1 }, (_, version) => {
  if (version < 2) return 0;
  if (version === 32) return 26;
  const gaps = qrAlignmentCount(version) - 1;
  return 2 * Math.ceil((qrSize(version) - 13) / (2 * gaps));
});

/** Modules left for data, in whole codewords; what remains are the 0 to 7 remainder bits. */
const CODEWORDS = Uint16Array.from({ length: QR_MAX_VERSION + 1 }, (_, version) => {
  if (version === 0) return 0;
  const size = qrSize(version);
  const centres = qrAlignmentCount(version);
  const finders = 3 * 64;
  const timing = 2 * (size - 16);
  const formatAndDark = 31;
  const versionWords = version >= 7 ? 36 : 0;
  // of the grid of centres three lie in finders; those on row and column 6 share 5 modules each with the timing pattern
  const alignment = version === 1 ? 0 : (centres * centres - 3) * 25 - 2 * (centres - 2) * 5;
  return (size * size - finders - timing - formatAndDark - versionWords - alignment) >> 3;
});

/** BCH(18,6) with generator 1F25h. */
const VERSION_WORDS = Int32Array.from({ length: QR_MAX_VERSION + 1 }, (_, version) => {
  let rest = version << 12;
  for (let bit = 17; bit >= 12; bit--) if ((rest & (1 << bit)) !== 0) rest ^= 0x1f25 << (bit - 12);
  return (version << 12) | rest;
});
