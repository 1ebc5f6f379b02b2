/** ZRLE (RFC 6143, 7.7.6): tiles of 64x64 as one colour, a palette or pixels, through one zlib stream for each client. */
import { constants, createDeflate, type Deflate } from 'node:zlib';
import { type VncPixelFormat, wordOf } from './pixel-format.ts';
import type { ScreenRect } from './screen.ts';

const TILE = 64;
const PALETTE_MOST = 16;

/** A rectangle's tiles, before they are compressed; `stride` is the width of the picture. */
export const zrleTiles = (
  format: VncPixelFormat,
  pixels: Uint32Array,
  stride: number,
  { x, y, width, height }: ScreenRect,
): Buffer => {
  const pixel = compactPixel(format);
  const tiles = Math.ceil(width / TILE) * Math.ceil(height / TILE);
  const out = Buffer.allocUnsafe(width * height * pixel.bytes + tiles);
  let at = 0;
  for (let top = y; top < y + height; top += TILE)
    for (let left = x; left < x + width; left += TILE) {
      const tile = {
        x: left,
        y: top,
        width: Math.min(TILE, x + width - left),
        height: Math.min(TILE, y + height - top),
      };
      at = putTile(pixel, pixels, stride, tile, out, at);
    }
  return out.subarray(0, at);
};

interface CompactPixel {
  readonly bytes: number;
  put(pixel: number, out: Buffer, at: number): void;
}

/** Three bytes when the fourth would say nothing. */
const compactPixel = (format: VncPixelFormat): CompactPixel => {
  const { bits, depth, bigEndian, trueColour, red, green, blue } = format;
  const word = wordOf(format);
  const ends = [red, green, blue].map(({ most, shift }) => shift + Math.log2(most + 1));
  const low = Math.max(...ends) <= 24;
  const high = Math.min(red.shift, green.shift, blue.shift) >= 8;
  const short = bits === 32 && depth <= 24 && trueColour && (low || high);
  const bytes = short ? 3 : bits / 8;
  const drop = short && !low ? 8 : 0;
  return {
    bytes,
    put: (pixel, out, at) => {
      const value = word(pixel) >>> drop;
      for (let i = 0; i < bytes; i++) out[at + (bigEndian ? bytes - 1 - i : i)] = value >>> (8 * i);
    },
  };
};

/** Returns where the next tile goes. */
const putTile = (
  pixel: CompactPixel,
  pixels: Uint32Array,
  stride: number,
  { x, y, width, height }: ScreenRect,
  out: Buffer,
  start: number,
): number => {
  const palette: number[] = [];
  for (let row = y; row < y + height && palette.length <= PALETTE_MOST; row++)
    for (let at = row * stride + x, end = at + width; at < end; at++) {
      const colour = pixels[at]!;
      if (colour === palette.at(-1) || palette.includes(colour)) continue;
      palette.push(colour);
      if (palette.length > PALETTE_MOST) break;
    }
  let at = start;
  const put = (colour: number): void => {
    pixel.put(colour, out, at);
    at += pixel.bytes;
  };
  const bits = palette.length === 2 ? 1 : palette.length <= 4 ? 2 : 4;
  const packed = palette.length * pixel.bytes + (palette.length === 1 ? 0 : Math.ceil((width * bits) / 8) * height);
  if (palette.length > PALETTE_MOST || packed > width * height * pixel.bytes) {
    out[at++] = 0;
    for (let row = y; row < y + height; row++)
      for (let from = row * stride + x, end = from + width; from < end; from++) put(pixels[from]!);
    return at;
  }
  out[at++] = palette.length;
  for (const colour of palette) put(colour);
  if (palette.length === 1) return at;
  for (let row = y; row < y + height; row++) {
    let byte = 0;
    let filled = 0;
    for (let from = row * stride + x, end = from + width; from < end; from++) {
      byte = (byte << bits) | palette.indexOf(pixels[from]!);
      filled += bits;
      if (filled < 8) continue;
      out[at++] = byte;
      byte = 0;
      filled = 0;
    }
    if (filled > 0) out[at++] = byte << (8 - filled);
  }
  return at;
};

/** The zlib stream of one client. */
export class ZrleStream {
  readonly #deflate: Deflate = createDeflate({ level: 1 });
  #out: Buffer[] = [];

  constructor() {
    this.#deflate.on('data', (piece: Buffer) => this.#out.push(piece));
    this.#deflate.on('error', () => {}); // closed in the middle of a rectangle: nobody waits for it
  }

  /** What these bytes are in the stream. Never settles once it is closed. */
  compress(bytes: Buffer): Promise<Buffer> {
    return new Promise((resolve) => {
      this.#deflate.write(bytes);
      this.#deflate.flush(constants.Z_SYNC_FLUSH, () => {
        const whole = Buffer.concat(this.#out);
        this.#out = [];
        resolve(whole);
      });
    });
  }

  close(): void {
    this.#deflate.close();
  }
}
