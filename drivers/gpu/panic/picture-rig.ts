/** For tests: reads a surface back into grey, from the definitions of the formats and not from what drew it, and writes PNG. */
import { crc32, deflateSync } from 'node:zlib';
import type { PanicFormat } from './pixel-formats.ts';
import type { MemorySurface } from './surface.ts';

/** Bytes of a pixel, then top bit and width of red, green and blue in the little-endian word (drm_fourcc.h). */
const PACKED: Partial<Record<PanicFormat, readonly [number, ...(readonly [number, number])[]]>> = {
  RGB565: [2, [15, 5], [10, 6], [4, 5]],
  BGR565: [2, [4, 5], [10, 6], [15, 5]],
  XRGB1555: [2, [14, 5], [9, 5], [4, 5]],
  ARGB1555: [2, [14, 5], [9, 5], [4, 5]],
  RGBA5551: [2, [15, 5], [10, 5], [5, 5]],
  RGB888: [3, [23, 8], [15, 8], [7, 8]],
  BGR888: [3, [7, 8], [15, 8], [23, 8]],
  XRGB8888: [4, [23, 8], [15, 8], [7, 8]],
  ARGB8888: [4, [23, 8], [15, 8], [7, 8]],
  XBGR8888: [4, [7, 8], [15, 8], [23, 8]],
  ABGR8888: [4, [7, 8], [15, 8], [23, 8]],
  RGBX8888: [4, [31, 8], [23, 8], [15, 8]],
  RGBA8888: [4, [31, 8], [23, 8], [15, 8]],
  BGRX8888: [4, [15, 8], [23, 8], [31, 8]],
  BGRA8888: [4, [15, 8], [23, 8], [31, 8]],
  XRGB2101010: [4, [29, 10], [19, 10], [9, 10]],
  ARGB2101010: [4, [29, 10], [19, 10], [9, 10]],
  XBGR2101010: [4, [9, 10], [19, 10], [29, 10]],
  ABGR2101010: [4, [9, 10], [19, 10], [29, 10]],
  XRGB16161616: [8, [47, 16], [31, 16], [15, 16]],
  ARGB16161616: [8, [47, 16], [31, 16], [15, 16]],
  XBGR16161616: [8, [15, 16], [31, 16], [47, 16]],
  ABGR16161616: [8, [15, 16], [31, 16], [47, 16]],
};

/** One byte a pixel: the mean of the channels, or luma. */
export const greyOfSurface = (surface: MemorySurface): Uint8Array => {
  const { format, width, height } = surface;
  const packed = PACKED[format];
  if (packed !== undefined) {
    const [size, ...channels] = packed;
    const sums = new Float64Array(width * height);
    for (const [top, bits] of channels) addChannel(sums, surface, size, top - bits + 1, bits);
    return meanOf(sums, channels.length);
  }
  const luma = new Float64Array(width * height);
  const small = /^R([124])$/.exec(format);
  if (small !== null) addBits(luma, surface, Number(small[1]));
  else if (/^P01/.test(format)) addChannel(luma, surface, 2, 8, 8);
  else addChannel(luma, surface, format === 'YUYV' ? 2 : 1, 0, 8);
  return meanOf(luma, 1);
};

const meanOf = (sums: Float64Array, of: number): Uint8Array => {
  const grey = new Uint8Array(sums.length); // a loop: `from` goes through an iterator, two million times
  for (let i = 0; i < sums.length; i++) grey[i] = Math.round((sums[i] ?? 0) / of);
  return grey;
};

/** Adds one channel of every pixel, scaled to 0 to 255; it lies in three bytes at most. */
const addChannel = (sums: Float64Array, surface: MemorySurface, size: number, low: number, bits: number): void => {
  const { width, height, bytes, pitchBytes, offsetBytes } = surface;
  const [pitch = 0] = pitchBytes;
  const [offset = 0] = offsetBytes;
  const max = 2 ** bits - 1;
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0, at = offset + y * pitch + (low >> 3); x < width; x++, at += size) {
      const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
      sums[to] = (sums[to] ?? 0) + (((word >> (low & 7)) & max) * 255) / max;
      to++;
    }
};

/** Pixels smaller than a byte, from its top. */
const addBits = (sums: Float64Array, { width, height, bytes, pitchBytes }: MemorySurface, bits: number): void => {
  const [pitch = 0] = pitchBytes;
  const max = 2 ** bits - 1;
  for (let y = 0, to = 0; y < height; y++)
    for (let bit = 8 * y * pitch, x = 0; x < width; x++, bit += bits)
      sums[to++] = ((((bytes[bit >> 3] ?? 0) >> (8 - bits - (bit & 7))) & max) * 255) / max;
};

export const pngOfGrey = (width: number, height: number, grey: Uint8Array): Buffer => {
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) rows.set(grey.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
};

const chunk = (name: string, content: Buffer): Buffer => {
  const named = Buffer.concat([Buffer.from(name), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
};
