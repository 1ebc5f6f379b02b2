/** Pixels of every format, out of memory, as 16 bits a channel. */
import type { Channel, GreyFormat, RgbFormat } from '#datasheets/display-formats.ts';
import type { Layer } from './layer.ts';
import { yuvReader } from './yuv-read.ts';

/** Channels of one pixel in a row of 16-bit words, in the order vkms has them: alpha, red, green, blue. */
export const CHANNELS = 4;
export const OPAQUE = 0xffff;

/** The nearest whole number of what is between 0 and 2^51, the even one of two: as the quick loops round. */
export const nearest = (value: number): number => value + WHOLE - WHOLE;
const WHOLE = 2 ** 52;

/** Puts the source pixel (x, y) of a layer at `out[at…at+3]`; where memory ends, the pattern. */
export type PixelReader = (x: number, y: number, out: Uint16Array, at: number) => void;

/** Puts `count` source pixels of a layer, from (x, y) on, at `out[at…]`. */
export type RowReader = (x: number, y: number, count: number, out: Uint16Array, at: number) => void;

/** What stands where a plane reads beyond video memory: magenta and black squares of 8 pixels. */
export const pattern: PixelReader = (x, y, out, at) => {
  const lit = ((x >> 3) + (y >> 3)) & 1 ? OPAQUE : 0;
  out[at] = OPAQUE;
  out[at + 1] = lit;
  out[at + 2] = 0;
  out[at + 3] = lit;
};

export const pixelReader = (layer: Layer, memory: Uint8Array): PixelReader => {
  const { format } = layer;
  switch (format.kind) {
    case 'grey':
      return greyReader(format, layer, memory);
    case 'yuv':
      return yuvReader(format, layer, memory);
    case 'rgb':
    case 'rgb16':
      return rgbReader(format, layer, memory);
  }
};

const rgbReader = (format: RgbFormat, { bases, pitches }: Layer, memory: Uint8Array): PixelReader => {
  const [base = 0] = bases;
  const [pitch = 0] = pitches;
  const size = (format.planeBits[0] ?? 0) / 8;
  const last = memory.length - size;
  if (format.kind === 'rgb16') {
    const [r, g, b, a] = [format.red, format.green, format.blue, format.opacity].map(([lo]) => lo / 8);
    const word = (at: number): number => memory[at]! | (memory[at + 1]! << 8);
    return (x, y, out, at) => {
      const from = base + y * pitch + x * 8;
      if (from > last) return pattern(x, y, out, at);
      out[at] = format.alpha ? word(from + a!) : OPAQUE;
      out[at + 1] = word(from + r!);
      out[at + 2] = word(from + g!);
      out[at + 3] = word(from + b!);
    };
  }
  const [red, green, blue] = [widened(format.red), widened(format.green), widened(format.blue)];
  const opacity = format.alpha ? widened(format.opacity) : () => OPAQUE;
  return (x, y, out, at) => {
    const from = base + y * pitch + x * size;
    if (from > last) return pattern(x, y, out, at);
    let word = memory[from]! | (memory[from + 1]! << 8);
    if (size > 2) word |= memory[from + 2]! << 16;
    if (size > 3) word |= memory[from + 3]! << 24;
    out[at] = opacity(word);
    out[at + 1] = red(word);
    out[at + 2] = green(word);
    out[at + 3] = blue(word);
  };
};

/** A channel of a word, scaled so that all ones is FFFFh. */
const widened = ([lo, bits]: Channel): ((word: number) => number) => {
  const most = 2 ** bits - 1;
  const table = Uint16Array.from({ length: most + 1 }, (_, value) => widen(value, bits));
  return (word) => table[(word >>> lo) & most]!;
};

/** Eight bits times 257; ten bits repeat their upper ones; any other count rounds to the nearest. */
export const widen = (value: number, bits: number): number => Math.round((value * OPAQUE) / (2 ** bits - 1));

const greyReader = (format: GreyFormat, { bases, pitches }: Layer, memory: Uint8Array): PixelReader => {
  const [base = 0] = bases;
  const [pitch = 0] = pitches;
  const bits = format.planeBits[0] ?? 8;
  const most = 2 ** bits - 1;
  return (x, y, out, at) => {
    const bit = x * bits;
    const from = base + y * pitch + (bit >> 3);
    if (from >= memory.length) return pattern(x, y, out, at);
    const value = widen((memory[from]! >> (8 - bits - (bit & 7))) & most, bits);
    out[at] = OPAQUE;
    out[at + 1] = value;
    out[at + 2] = value;
    out[at + 3] = value;
  };
};
