/** Test pictures a scenario's program draws, pixel by pixel, and the frame CRC a screen has that shows one. */
import { crc32 } from 'node:zlib';
import { unknownName } from '#bus/errors.ts';

/** One row of a picture: 00RRGGBBh. */
type Row = (y: number, width: number, height: number) => Uint32Array;

export interface Picture {
  readonly row: Row;
  /** Of a moving one: the lines that are its own in this frame, first and one past the last. */
  readonly band: ((height: number) => readonly [number, number]) | null;
}

/** Names as a scenario writes them; a moving picture may name its frame: `moving:599`. */
export const PICTURES = 'bars, checker, gradient, moving, black, white, or colour:rrggbb';
const NAMES = ['bars', 'checker', 'gradient', 'moving', 'black', 'white', 'colour'];

const BARS = [0xc0c0c0, 0xc0c000, 0x00c0c0, 0x00c000, 0xc000c0, 0xc00000, 0x0000c0];
/** Squares of 32 pixels. */
const CHECK_SHIFT = 5;
const BAND_LINES = 4;
/** How far the line moves from frame to frame. */
const STEP_LINES = 4;

/** Throws a LabError for a name that is no picture. */
export const pictureNamed = (text: string, frame = 0): Picture => {
  const [name = '', argument] = text.split(':');
  const [known] = NAMES.filter((one) => one === name);
  if (known === undefined) throw unknownName('picture', text.slice(0, 40), NAMES);
  if (name === 'colour') {
    if (argument === undefined || !/^[0-9a-f]{6}$/i.test(argument))
      throw unknownName('picture', text.slice(0, 40), ['colour:rrggbb']);
    return still(plain(Number.parseInt(argument, 16)));
  }
  if (name === 'moving') {
    const at = argument === undefined ? frame : Number(argument);
    if (!Number.isSafeInteger(at) || at < 0) throw unknownName('picture', text.slice(0, 40), ['moving:0']);
    return moving(at);
  }
  if (argument !== undefined) throw unknownName('picture', text.slice(0, 40), [name]);
  if (name === 'bars') return still(bars);
  if (name === 'checker') return still(checker);
  if (name === 'gradient') return still(gradient);
  return still(name === 'white' ? white : black);
};

const still = (row: Row): Picture => ({ row, band: null });

/** The same row again is the same array. */
const kept = (make: (x: number, width: number) => number): ((width: number) => Uint32Array) => {
  let last = new Uint32Array(0);
  return (width) => {
    if (last.length === width) return last;
    last = new Uint32Array(width);
    for (let x = 0; x < width; x++) last[x] = make(x, width);
    return last;
  };
};

const plain = (colour: number): Row => {
  const row = kept(() => colour);
  return (_, width) => row(width);
};

const barsRow = kept((x, width) => BARS[Math.floor((x * BARS.length) / width)] ?? 0);
const bars: Row = (_, width) => barsRow(width);

const checkRows = [0, 1].map((odd) => kept((x) => ((x >> CHECK_SHIFT) % 2 === odd ? 0xe0e0e0 : 0x202020)));
const checker: Row = (y, width) => checkRows[(y >> CHECK_SHIFT) % 2]!(width); // there are two

const rampRow = kept((x, width) => (Math.round((x * 255) / Math.max(1, width - 1)) << 16) | 0x80);
const gradient: Row = (y, width, height) => {
  const green = Math.round((y * 255) / Math.max(1, height - 1)) << 8;
  const row = rampRow(width).slice();
  for (let x = 0; x < width; x++) row[x]! |= green;
  return row;
};

const white = plain(0xffffff);
const black = plain(0);

/** Colour bars, and a white line that goes down over them. */
const moving = (frame: number): Picture => {
  const band = (height: number): readonly [number, number] => {
    const top = (frame * STEP_LINES) % Math.max(1, height - BAND_LINES);
    return [top, Math.min(height, top + BAND_LINES)];
  };
  return {
    band,
    row(y, width, height) {
      const [top, below] = band(height);
      return (y >= top && y < below ? white : bars)(y, width, height);
    },
  };
};

/** Lines `from` to `to` as they lie in memory, rows so many bytes apart. */
export const linesOf = (
  { row }: Picture,
  width: number,
  height: number,
  rowBytes: number,
  from = 0,
  to = height,
): Uint8Array => {
  const bytes = new Uint8Array((to - from - 1) * rowBytes + 4 * width);
  for (let y = from; y < to; y++) {
    const { buffer, byteOffset, byteLength } = row(y, width, height);
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), (y - from) * rowBytes);
  }
  return bytes;
};

const known = new Map<string, number>();

/** The CRC a display gives for it: chained over the lines, 16 bits each of alpha, red, green and blue, without inversions. */
export const pictureCrc = (name: string, width: number, height: number): number => {
  const key = `${name} ${width}x${height}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const { row } = pictureNamed(name);
  const line = new Uint16Array(4 * width);
  const bytes = new Uint8Array(line.buffer);
  let shown: Uint32Array | undefined;
  let crc = 0;
  for (let y = 0; y < height; y++) {
    const pixels = row(y, width, height);
    if (pixels !== shown) widen(pixels, line);
    shown = pixels;
    crc = (crc32(bytes, ~crc >>> 0) ^ 0xffffffff) >>> 0;
  }
  known.set(key, crc);
  return crc;
};

/** Eight bits of a colour as sixteen. */
const widen = (pixels: Uint32Array, line: Uint16Array): void => {
  for (let x = 0; x < pixels.length; x++) {
    const pixel = pixels[x]!;
    line[4 * x] = 0xffff;
    line[4 * x + 1] = (pixel >> 16) * 257;
    line[4 * x + 2] = ((pixel >> 8) & 0xff) * 257;
    line[4 * x + 3] = (pixel & 0xff) * 257;
  }
};
