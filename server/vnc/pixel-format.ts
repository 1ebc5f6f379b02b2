/** Pixel formats of RFB clients, and screen pixels in them (RFC 6143, 7.4). */
import { turnedCopy } from '#devices/display/quick-blend.ts';

export const PIXEL_FORMAT_BYTES = 16;

export interface VncPixelFormat {
  readonly bits: 8 | 16 | 32;
  readonly depth: number;
  readonly bigEndian: boolean;
  /** False: numbers of colours in a map, which is ours to choose. */
  readonly trueColour: boolean;
  readonly red: VncChannel;
  readonly green: VncChannel;
  readonly blue: VncChannel;
}
export interface VncChannel {
  readonly most: number;
  readonly shift: number;
}

/** XRGB8888, what the server offers. */
export const SERVER_FORMAT: VncPixelFormat = {
  bits: 32,
  depth: 24,
  bigEndian: false,
  trueColour: true,
  red: { most: 255, shift: 16 },
  green: { most: 255, shift: 8 },
  blue: { most: 255, shift: 0 },
};

/** What a client with a colour map is given: three bits of red and green, two of blue. */
const MAPPED: VncPixelFormat = {
  bits: 8,
  depth: 8,
  bigEndian: false,
  trueColour: false,
  red: { most: 7, shift: 5 },
  green: { most: 7, shift: 2 },
  blue: { most: 3, shift: 0 },
};

/** The format in 16 bytes of a client; or what is wrong with it. */
export const parsePixelFormat = (bytes: Buffer): VncPixelFormat | string => {
  const bits = bytes[0];
  if (bits !== 8 && bits !== 16 && bits !== 32) return `pixels of ${bits} bits; there are 8, 16 and 32`;
  if (bytes[3] === 0) return bits === 8 ? MAPPED : `a colour map with pixels of ${bits} bits; it takes 8`;
  const channel = (i: number): VncChannel => ({ most: bytes.readUInt16BE(4 + 2 * i), shift: bytes[10 + i] ?? 0 });
  const [red, green, blue] = [channel(0), channel(1), channel(2)];
  for (const { most, shift } of [red, green, blue]) {
    const wide = Math.log2(most + 1);
    if (!Number.isInteger(wide) || wide === 0 || shift + wide > bits)
      return `a channel up to ${most} at bit ${shift} of ${bits}`;
  }
  return { bits, depth: bytes[1] ?? bits, bigEndian: bytes[2] !== 0, trueColour: true, red, green, blue };
};

export const packPixelFormat = ({ bits, depth, bigEndian, trueColour, red, green, blue }: VncPixelFormat): Buffer => {
  const bytes = Buffer.alloc(PIXEL_FORMAT_BYTES);
  bytes.set([bits, depth, Number(bigEndian), Number(trueColour)]);
  for (const [i, { most, shift }] of [red, green, blue].entries()) {
    bytes.writeUInt16BE(most, 4 + 2 * i);
    bytes[10 + i] = shift;
  }
  return bytes;
};

/** The 256 colours of a client with a map, 16 bits a channel. */
export const mappedColours = (): readonly (readonly [red: number, green: number, blue: number])[] =>
  Array.from({ length: 256 }, (_, pixel) => {
    const part = ({ most, shift }: VncChannel): number => Math.round((((pixel >> shift) & most) * 65_535) / most);
    return [part(MAPPED.red), part(MAPPED.green), part(MAPPED.blue)] as const;
  });

/** Puts `count` screen pixels, words of red, green and blue from the low byte on, into `out` at byte `at`. */
export type PixelPacker = (pixels: Uint32Array, from: number, count: number, out: Buffer, at: number) => void;

export const pixelPacker = (format: VncPixelFormat): PixelPacker => {
  const { bits, bigEndian } = format;
  const word = wordOf(format);
  if (bits === 8)
    return (pixels, from, count, out, at) => {
      for (let i = 0; i < count; i++) out[at + i] = word(pixels[from + i]!);
    };
  if (bits === 16) {
    const [low, high] = bigEndian ? [1, 0] : [0, 1];
    return (pixels, from, count, out, at) => {
      for (let i = 0, to = at; i < count; i++, to += 2) {
        const value = word(pixels[from + i]!);
        out[to + low] = value;
        out[to + high] = value >>> 8;
      }
    };
  }
  return (pixels, from, count, out, at) => {
    // a row begins on any byte behind a header: whole words only where they fit
    if ((out.byteOffset + at) % 4 === 0) {
      const words = new Uint32Array(out.buffer, out.byteOffset + at, count);
      packWords(format, word, pixels, from, words);
      return;
    }
    for (let i = 0, to = at; i < count; i++, to += 4)
      if (bigEndian) out.writeUInt32BE(word(pixels[from + i]!), to);
      else out.writeUInt32LE(word(pixels[from + i]!), to);
  };
};

/** Four bytes a pixel, in place. */
const packWords = (
  { bigEndian, red, green, blue }: VncPixelFormat,
  word: (pixel: number) => number,
  pixels: Uint32Array,
  from: number,
  words: Uint32Array,
): void => {
  const bytes = [red, green, blue].every(({ most }) => most === 255);
  if (bytes && !bigEndian && red.shift === 16 && green.shift === 8 && blue.shift === 0) {
    turnedCopy()(pixels, from, words, 0, words.length); // red and blue change places, as between memory and screen
    return;
  }
  for (let i = 0; i < words.length; i++) {
    const value = word(pixels[from + i]!);
    words[i] = bigEndian ? swapped(value) : value;
  }
};

const swapped = (word: number): number =>
  (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);

/** A screen pixel as a number of the format: the nearest there is. */
export const wordOf = ({ red, green, blue }: VncPixelFormat): ((pixel: number) => number) => {
  const table = ({ most, shift }: VncChannel): Uint32Array =>
    Uint32Array.from({ length: 256 }, (_, part) => Math.round((part * most) / 255) * 2 ** shift);
  const [reds, greens, blues] = [table(red), table(green), table(blue)];
  return (pixel) => (reds[pixel & 0xff]! | greens[(pixel >>> 8) & 0xff]! | blues[(pixel >>> 16) & 0xff]!) >>> 0;
};
