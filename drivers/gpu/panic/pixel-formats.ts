/** How each pixel format writes a colour into memory (names as in drm_fourcc.h; bits from the top of a little-endian word). */

/** Full range or the 16 to 235 of television. */
export type YuvRange = 'full' | 'limited';

/** One plane: samples of `writeBytes`, every `stepBytes`, each for 2^shift pixels each way. */
export interface PlaneLayout {
  readonly stepBytes: number;
  readonly writeBytes: number;
  /** Where in the step the sample lies. */
  readonly skipBytes: number;
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
  NV12: [plane(0, 1, 0, ({ y }) => [y]), plane(1, 2, 1, ({ cb, cr }) => [cb, cr])],
  NV21: [plane(0, 1, 0, ({ y }) => [y]), plane(1, 2, 1, ({ cb, cr }) => [cr, cb])],
  P010: [plane(0, 2, 0, ({ y }) => wide(y)), plane(1, 4, 1, ({ cb, cr }) => [...wide(cb), ...wide(cr)])],
  YUV420: [plane(0, 1, 0, ({ y }) => [y]), plane(1, 1, 1, ({ cb }) => [cb]), plane(2, 1, 1, ({ cr }) => [cr])],
  YUYV: [
    { ...plane(0, 1, 0, ({ y }) => [y]), stepBytes: 2 },
    { ...plane(0, 1, 1, ({ cb }) => [cb]), stepBytes: 4, skipBytes: 1, shiftY: 0 },
    { ...plane(0, 1, 1, ({ cr }) => [cr]), stepBytes: 4, skipBytes: 3, shiftY: 0 },
  ],
} satisfies Readonly<Record<string, readonly PlaneLayout[]>>;

export type PanicFormat = keyof typeof PIXEL_FORMATS;

/** The kernel's own weights, for formats with one channel. */
export const greyOf = (rgb: number): number => Math.floor((3 * red(rgb) + 6 * green(rgb) + blue(rgb)) / 10);

const red = (rgb: number): number => (rgb >> 16) & 0xff;
const green = (rgb: number): number => (rgb >> 8) & 0xff;
const blue = (rgb: number): number => rgb & 0xff;
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

interface Yuv {
  readonly y: number;
  readonly cb: number;
  readonly cr: number;
}

function plane(memory: number, bytes: number, shift: number, of: (yuv: Yuv) => readonly number[]): PlaneLayout {
  return {
    stepBytes: bytes,
    writeBytes: bytes,
    skipBytes: 0,
    shiftX: shift,
    shiftY: shift,
    memory,
    sample: (rgb, range) => of(yuvOf(rgb, range)),
  };
}

/** ITU-R BT.601. */
const yuvOf = (rgb: number, range: YuvRange): Yuv => {
  const [r, g, b] = [red(rgb), green(rgb), blue(rgb)];
  const y = 0.299 * r + 0.587 * g + 0.114 * b;
  const [scaleY, scaleC, base] = range === 'full' ? [1, 1, 0] : [219 / 255, 224 / 255, 16];
  const chroma = (difference: number): number => Math.min(255, Math.round(128 + scaleC * difference));
  return { y: Math.round(base + scaleY * y), cb: chroma((b - y) / 1.772), cr: chroma((r - y) / 1.402) };
};

/** Ten bits in the upper part of sixteen. */
function wide(value: number): readonly number[] {
  const word = ((value << 2) | (value >> 6)) << 6;
  return [word & 0xff, word >> 8];
}
