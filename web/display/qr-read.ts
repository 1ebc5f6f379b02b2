/** Reads a QR code of level L off the pixels of a screen: upright, whole pixels a module, as panic screens draw it. */
import { blockLengths, functionModules, sizeOfVersion, versionOfSize } from './qr-layout.ts';

/** Four bytes a pixel, as `getImageData` gives them. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

export interface QrFound {
  readonly version: number;
  /** Pixels a module, and where the first one is. */
  readonly scale: number;
  readonly x: number;
  readonly y: number;
  /** What it says. */
  readonly text: string;
}

/** Undefined where there is no code, or one that cannot be read; pixels are exact, so nothing is corrected. */
export const readQr = (pixels: Pixels): QrFound | undefined => {
  const isDark = (x: number, y: number): boolean => {
    const at = (y * pixels.width + x) * 4;
    return (pixels.data[at] ?? 0) + (pixels.data[at + 1] ?? 0) + (pixels.data[at + 2] ?? 0) < 384;
  };
  for (const corner of corners(pixels, isDark)) {
    const text = readAt(corner, isDark);
    if (text !== undefined) return { ...corner, text };
  }
  return undefined;
};

type Dark = (x: number, y: number) => boolean;

interface Corner {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly version: number;
}

/** Places where three finders stand as they must, the topmost first. */
function* corners({ width, height }: Pixels, isDark: Dark): Generator<Corner> {
  for (let y = 0; y < height; y++) {
    const found: { x: number; scale: number }[] = [];
    for (let x = 0; x < width; x++) {
      if (!isDark(x, y) || (x > 0 && isDark(x - 1, y))) continue;
      const scale = finderScale((i) => x + i < width && isDark(x + i, y));
      // the row through the middle of a finder: its top lies two and its left edge no modules away
      if (scale === 0 || y < 2 * scale || isDark(x, y - 2 * scale - 1) || !isFinder(isDark, x, y - 2 * scale, scale))
        continue;
      found.push({ x, scale });
    }
    for (const [i, left] of found.entries())
      for (const right of found.slice(i + 1)) {
        const { x, scale } = left;
        const size = (right.x - x) / scale + 7;
        const version = right.scale === scale ? versionOfSize(size) : undefined;
        const top = y - 2 * scale;
        if (version === undefined || top + size * scale > height) continue;
        if (isFinder(isDark, x, top + (size - 7) * scale, scale)) yield { x, y: top, scale, version };
      }
  }
}

/** Pixels a module when dark and light alternate 1:1:3:1:1 from here on; else 0. */
const finderScale = (isDark: (i: number) => boolean): number => {
  let scale = 0;
  while (isDark(scale)) scale++;
  if (scale === 0) return 0;
  for (let i = 0; i < 7; i++) {
    const dark = i !== 1 && i !== 5;
    if (isDark(i * scale) !== dark || isDark(i * scale + scale - 1) !== dark) return 0;
  }
  return isDark(7 * scale) ? 0 : scale;
};

const isFinder = (isDark: Dark, x: number, y: number, scale: number): boolean => {
  for (let row = 0; row < 7; row++)
    for (let column = 0; column < 7; column++) {
      const ring = Math.max(Math.abs(row - 3), Math.abs(column - 3));
      if (isDark(x + column * scale + (scale >> 1), y + row * scale + (scale >> 1)) !== (ring !== 2)) return false;
    }
  return true;
};

const readAt = ({ x, y, scale, version }: Corner, isDark: Dark): string | undefined => {
  const half = scale >> 1;
  const module = (column: number, row: number): boolean => isDark(x + column * scale + half, y + row * scale + half);
  const mask = maskOf(module);
  if (mask === undefined) return undefined;
  const codewords = readCodewords(version, mask, module);
  return textOf(untangled(codewords, blockLengths(version, codewords.length)), version);
};

/** The 15 format bits, along the top left finder, unmasked; level L is 01. */
const FORMAT_MASK = 0x5412;
const LEVEL_L = 1;

const maskOf = (module: Dark): number | undefined => {
  let word = 0;
  for (let i = 0; i < 15; i++) {
    const [x, y] = i < 6 ? [i, 8] : i === 6 ? [7, 8] : i === 7 ? [8, 8] : i === 8 ? [8, 7] : [8, 14 - i];
    word = (word << 1) | (module(x, y) ? 1 : 0);
  }
  const format = word ^ FORMAT_MASK;
  return format >> 13 === LEVEL_L && checks(format) ? (format >> 10) & 7 : undefined;
};

/** BCH(15,5) with generator 537h leaves no rest. */
const checks = (format: number): boolean => {
  let rest = format;
  for (let bit = 14; bit >= 10; bit--) if ((rest & (1 << bit)) !== 0) rest ^= 0x537 << (bit - 10);
  return rest === 0;
};

/** Table 10: modules that are turned over. */
const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** Two columns at a time from the right, up and down in turn, past the upright timing pattern. */
const readCodewords = (version: number, mask: number, module: Dark): Uint8Array => {
  const size = sizeOfVersion(version);
  const isFunction = functionModules(version);
  const turned = MASKS[mask] ?? (() => false);
  const bits: number[] = [];
  let upwards = true;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right--;
    for (let i = 0; i < size; i++) {
      const y = upwards ? size - 1 - i : i;
      for (const x of [right, right - 1]) {
        if (isFunction(x, y)) continue;
        bits.push(module(x, y) !== turned(x, y) ? 1 : 0);
      }
    }
    upwards = !upwards;
  }
  return Uint8Array.from({ length: bits.length >> 3 }, (_, i) =>
    bits.slice(8 * i, 8 * i + 8).reduce((byte, bit) => (byte << 1) | bit, 0),
  );
};

/** Blocks take turns codeword by codeword; the short ones stop one earlier. */
const untangled = (codewords: Uint8Array, lengths: readonly number[]): Uint8Array => {
  const blocks = lengths.map((length) => new Uint8Array(length));
  let at = 0;
  for (let i = 0; i < Math.max(...lengths); i++)
    for (const block of blocks) if (i < block.length) block[i] = codewords[at++] ?? 0;
  const data = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let to = 0;
  for (const block of blocks) {
    data.set(block, to);
    to += block.length;
  }
  return data;
};

const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
/** Bits of a segment's length by kind, for versions up to 9, to 26 and above (table 3). */
const LENGTH_BITS: Readonly<Record<number, readonly [number, number, number]>> = {
  1: [10, 12, 14],
  2: [9, 11, 13],
  4: [8, 16, 16],
};

const textOf = (data: Uint8Array, version: number): string | undefined => {
  let at = 0;
  const end = data.length * 8;
  const take = (bits: number): number => {
    let value = 0;
    for (let i = 0; i < bits; i++, at++) value = value * 2 + (((data[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    return value;
  };
  let bytes: number[] = [];
  const push = (text: string): void => {
    for (const char of text) bytes.push(char.charCodeAt(0));
  };
  while (at + 4 <= end) {
    const kind = take(4);
    if (kind === 0) break;
    const lengths = LENGTH_BITS[kind];
    if (lengths === undefined) return undefined;
    const count = take(lengths[version < 10 ? 0 : version < 27 ? 1 : 2]);
    if (at + count * 3 > end) return undefined;
    if (kind === 1)
      for (let left = count; left > 0; left -= 3) {
        const digits = Math.min(3, left);
        push(String(take([0, 4, 7, 10][digits] ?? 0)).padStart(digits, '0'));
      }
    else if (kind === 2)
      for (let left = count; left > 0; left -= 2) {
        const pair = take(left === 1 ? 6 : 11);
        if (left > 1) push(ALPHANUMERIC[Math.floor(pair / 45)] ?? '');
        push(ALPHANUMERIC[pair % 45] ?? '');
      }
    else bytes = bytes.concat(Array.from({ length: count }, () => take(8)));
  }
  return at > end ? undefined : new TextDecoder().decode(Uint8Array.from(bytes));
};
