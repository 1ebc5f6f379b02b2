/** Where things are in a QR code of level L: blocks, alignment centres, and which modules carry data (ISO/IEC 18004). */

/** Error correction codewords a block, and blocks, of level L by version (table 9); index 0 is unused. */
const CHECK_CODEWORDS = [
  ...[0, 7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28],
  ...[28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
];
const BLOCKS = [
  ...[0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8],
  ...[8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25],
];

export const QR_MOST_VERSION = 40;
export const sizeOfVersion = (version: number): number => 17 + 4 * version;

/** The version with so many modules a side; undefined when there is none. */
export const versionOfSize = (size: number): number | undefined => {
  const version = (size - 17) / 4;
  return Number.isInteger(version) && version >= 1 && version <= QR_MOST_VERSION ? version : undefined;
};

/** Rows and columns on which alignment patterns are centred (annex E): evenly spaced back from the far edge, 6 first. */
export const alignmentCentres = (version: number): readonly number[] => {
  if (version === 1) return [];
  const many = Math.floor(version / 7) + 2;
  const far = sizeOfVersion(version) - 7;
  const step = version === 32 ? 26 : 2 * Math.ceil((far - 6) / (2 * (many - 1)));
  return [6, ...Array.from({ length: many - 1 }, (_, i) => far - (many - 2 - i) * step)];
};

/** True for modules of a pattern or of format and version words: those that carry no data. */
export const functionModules = (version: number): ((x: number, y: number) => boolean) => {
  const size = sizeOfVersion(version);
  const taken = new Uint8Array(size * size);
  const take = (x: number, y: number, width: number, height: number): void => {
    for (let row = Math.max(0, y); row < Math.min(size, y + height); row++)
      taken.fill(1, row * size + Math.max(0, x), row * size + Math.min(size, x + width));
  };
  // finders with their light edge, format words, the dark module
  take(0, 0, 9, 9);
  take(size - 8, 0, 8, 9);
  take(0, size - 8, 9, 8);
  // timing
  take(6, 0, 1, size);
  take(0, 6, size, 1);
  if (version >= 7) {
    take(size - 11, 0, 3, 6);
    take(0, size - 11, 6, 3);
  }
  const centres = alignmentCentres(version);
  const far = centres.at(-1);
  for (const x of centres)
    for (const y of centres) {
      const inFinder = (x === 6 && y === 6) || (x === 6 && y === far) || (x === far && y === 6);
      if (!inFinder) take(x - 2, y - 2, 5, 5);
    }
  return (x, y) => taken[y * size + x] === 1;
};

/** Data codewords of each block, the short ones first. */
export const blockLengths = (version: number, codewords: number): readonly number[] => {
  const blocks = BLOCKS[version] ?? 1;
  const data = codewords - blocks * (CHECK_CODEWORDS[version] ?? 0);
  const short = Math.floor(data / blocks);
  return Array.from({ length: blocks }, (_, i) => short + (i >= blocks - (data % blocks) ? 1 : 0));
};
