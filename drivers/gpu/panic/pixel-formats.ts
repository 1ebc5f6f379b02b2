/** How each pixel format writes a colour into memory (names as in drm_fourcc.h; bits from the top of a little-endian word). */

/** Full range or the 16 to 235 of television. */
export type YuvRange = 'full' | 'limited';

/** One plane: samples of `writeBytes`, every `stepBytes`, each for 2^shift pixels each way. */
export interface PlaneLayout {
  readonly stepBytes: number;
  readonly writeBytes: number;
  /** Where in the step the sample lies. */
  readonly skipBytes: number;
  /** Of pixels smaller than a byte, the first in the most significant bits: how many there are. */
  readonly pixelBits?: 1 | 2 | 4;
  readonly shiftX: number;
  readonly shiftY: number;
  /** The memory it lies in: YUYV has three of these in one. */
  readonly memory: number;
  sample(rgb: number, range: YuvRange): readonly number[];
}

/** The bytes of a palette format are indices: whoever makes the surface chooses them. */
export const PIXEL_FORMATS = {
  C8: [packed(1, (rgb) => grey(rgb))],
  R8: [packed(1, (rgb) => grey(rgb))],
  RGB565: [packed(2, (rgb) => joined([5, red(rgb)], [6, green(rgb)], [5, blue(rgb)]))],
  BGR565: [packed(2, (rgb) => joined([5, blue(rgb)], [6, green(rgb)], [5, red(rgb)]))],
  XRGB1555: [packed(2, (rgb) => joined([1, 0], [5, red(rgb)], [5, green(rgb)], [5, blue(rgb)]))],
  ARGB1555: [packed(2, (rgb) => joined([1, 255], [5, red(rgb)], [5, green(rgb)], [5, blue(rgb)]))],
  RGBA5551: [packed(2, (rgb) => joined([5, red(rgb)], [5, green(rgb)], [5, blue(rgb)], [1, 255]))],
  RGB888: [packed(3, (rgb) => joined([8, red(rgb)], [8, green(rgb)], [8, blue(rgb)]))],
  BGR888: [packed(3, (rgb) => joined([8, blue(rgb)], [8, green(rgb)], [8, red(rgb)]))],
  XRGB8888: [packed(4, (rgb) => joined([8, 0], [8, red(rgb)], [8, green(rgb)], [8, blue(rgb)]))],
  ARGB8888: [packed(4, (rgb) => joined([8, 255], [8, red(rgb)], [8, green(rgb)], [8, blue(rgb)]))],
  XBGR8888: [packed(4, (rgb) => joined([8, 0], [8, blue(rgb)], [8, green(rgb)], [8, red(rgb)]))],
  ABGR8888: [packed(4, (rgb) => joined([8, 255], [8, blue(rgb)], [8, green(rgb)], [8, red(rgb)]))],
  RGBX8888: [packed(4, (rgb) => joined([8, red(rgb)], [8, green(rgb)], [8, blue(rgb)], [8, 0]))],
  RGBA8888: [packed(4, (rgb) => joined([8, red(rgb)], [8, green(rgb)], [8, blue(rgb)], [8, 255]))],
  BGRX8888: [packed(4, (rgb) => joined([8, blue(rgb)], [8, green(rgb)], [8, red(rgb)], [8, 0]))],
  BGRA8888: [packed(4, (rgb) => joined([8, blue(rgb)], [8, green(rgb)], [8, red(rgb)], [8, 255]))],
  XRGB2101010: [packed(4, (rgb) => joined([2, 0], [10, red(rgb)], [10, green(rgb)], [10, blue(rgb)]))],
  ARGB2101010: [packed(4, (rgb) => joined([2, 255], [10, red(rgb)], [10, green(rgb)], [10, blue(rgb)]))],
  XBGR2101010: [packed(4, (rgb) => joined([2, 0], [10, blue(rgb)], [10, green(rgb)], [10, red(rgb)]))],
  ABGR2101010: [packed(4, (rgb) => joined([2, 255], [10, blue(rgb)], [10, green(rgb)], [10, red(rgb)]))],
  XRGB16161616: [packed(8, (rgb) => joined([16, 0], [16, red(rgb)], [16, green(rgb)], [16, blue(rgb)]))],
  ARGB16161616: [packed(8, (rgb) => joined([16, 255], [16, red(rgb)], [16, green(rgb)], [16, blue(rgb)]))],
  XBGR16161616: [packed(8, (rgb) => joined([16, 0], [16, blue(rgb)], [16, green(rgb)], [16, red(rgb)]))],
  ABGR16161616: [packed(8, (rgb) => joined([16, 255], [16, blue(rgb)], [16, green(rgb)], [16, red(rgb)]))],
  R1: [small(1)],
  R2: [small(2)],
  R4: [small(4)],
  NV12: pair([1, 1]),
  NV16: pair([1, 0]),
  NV24: pair([0, 0]),
  NV21: pair([1, 1], { crFirst: true }),
  NV61: pair([1, 0], { crFirst: true }),
  NV42: pair([0, 0], { crFirst: true }),
  P010: pair([1, 1], { depth: 10 }),
  P012: pair([1, 1], { depth: 12 }),
  P016: pair([1, 1], { depth: 16 }),
  YUV420: three([1, 1]),
  YUV422: three([1, 0]),
  YUV444: three([0, 0]),
  YVU420: three([1, 1], true),
  YVU422: three([1, 0], true),
  YVU444: three([0, 0], true),
  YUYV: [
    { ...plane(0, [0, 0], ({ y }) => [y]), stepBytes: 2 },
    { ...plane(0, [1, 0], ({ cb }) => [cb]), stepBytes: 4, skipBytes: 1 },
    { ...plane(0, [1, 0], ({ cr }) => [cr]), stepBytes: 4, skipBytes: 3 },
  ],
} satisfies Readonly<Record<string, readonly PlaneLayout[]>>;

export type PanicFormat = keyof typeof PIXEL_FORMATS;

/** The kernel's own weights, for formats with one channel. */
export function greyOf(rgb: number): number {
  return Math.floor((3 * red(rgb) + 6 * green(rgb) + blue(rgb)) / 10);
}

function red(rgb: number): number {
  return (rgb >> 16) & 0xff;
}
function green(rgb: number): number {
  return (rgb >> 8) & 0xff;
}
function blue(rgb: number): number {
  return rgb & 0xff;
}
const grey = (rgb: number): readonly number[] => [greyOf(rgb)];

/** Fields from the top down, each 8-bit value widened or cut to its bits, as bytes from the bottom up. */
function joined(...fields: readonly (readonly [bits: number, value: number])[]): readonly number[] {
  let word = 0n;
  let width = 0;
  for (const [bits, value] of fields) {
    const scaled =
      bits === 16 ? value * 257 : bits > 8 ? (value << (bits - 8)) | (value >> (16 - bits)) : value >> (8 - bits);
    word = (word << BigInt(bits)) | BigInt(scaled);
    width += bits;
  }
  return Array.from({ length: width / 8 }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn));
}

function packed(bytes: number, sample: (rgb: number) => readonly number[]): PlaneLayout {
  return { stepBytes: bytes, writeBytes: bytes, skipBytes: 0, shiftX: 0, shiftY: 0, memory: 0, sample };
}

/** The greys of so few bits that a byte holds several. */
function small(pixelBits: 1 | 2 | 4): PlaneLayout {
  return { ...packed(1, (rgb) => [greyOf(rgb) >> (8 - pixelBits)]), pixelBits };
}

type Shifts = readonly [x: number, y: number];

/** Luma, and both chromas side by side. */
function pair(chroma: Shifts, of: { crFirst?: boolean; depth?: YuvDepth } = {}): readonly PlaneLayout[] {
  const { crFirst = false, depth = 8 } = of;
  return [
    plane(0, [0, 0], ({ y }) => [y], depth),
    plane(1, chroma, ({ cb, cr }) => (crFirst ? [cr, cb] : [cb, cr]), depth),
  ];
}

function three(chroma: Shifts, crFirst = false): readonly PlaneLayout[] {
  const cb = plane(crFirst ? 2 : 1, chroma, (yuv) => [yuv.cb]);
  const cr = plane(crFirst ? 1 : 2, chroma, (yuv) => [yuv.cr]);
  return [plane(0, [0, 0], ({ y }) => [y]), ...(crFirst ? [cr, cb] : [cb, cr])];
}

type YuvDepth = 8 | 10 | 12 | 16;

interface Yuv {
  readonly y: number;
  readonly cb: number;
  readonly cr: number;
}

/** Samples of more than 8 bits lie in the upper part of 16. */
function plane(
  memory: number,
  [shiftX, shiftY]: Shifts,
  of: (yuv: Yuv) => readonly number[],
  depth: YuvDepth = 8,
): PlaneLayout {
  const sample = (rgb: number, range: YuvRange): readonly number[] =>
    of(yuvOf(rgb, range, depth)).flatMap((value) => {
      const word = value << (16 - depth);
      return depth === 8 ? [value] : [word & 0xff, word >> 8];
    });
  const bytes = sample(0, 'full').length;
  return { stepBytes: bytes, writeBytes: bytes, skipBytes: 0, shiftX, shiftY, memory, sample };
}

/** ITU-R BT.601. */
function yuvOf(rgb: number, range: YuvRange, depth: YuvDepth): Yuv {
  const [r, g, b] = [red(rgb), green(rgb), blue(rgb)];
  const y = (0.299 * r + 0.587 * g + 0.114 * b) / 255;
  const most = 2 ** depth - 1;
  const unit = 2 ** (depth - 8);
  const [base, spanY, spanC] = range === 'full' ? [0, most, most] : [16 * unit, 219 * unit, 224 * unit];
  const chroma = (difference: number): number => Math.min(most, Math.round(128 * unit + spanC * difference));
  return {
    y: Math.round(base + spanY * y),
    cb: chroma((b / 255 - y) / 1.772),
    cr: chroma((r / 255 - y) / 1.402),
  };
}
