/** Pixel formats a display scans out, by their four-character codes. */

/** `rgb` packs channels into one little-endian word, `rgb16` into four; `grey` is 1 to 8 bits; `yuv` has one to three planes. */
export type PixelKind = 'rgb' | 'rgb16' | 'grey' | 'yuv';

/** A channel of a packed word: its lowest bit and how many there are; 0 bits: not there. */
export type Channel = readonly [lo: number, bits: number];

interface FormatOf<K extends PixelKind> {
  readonly name: string;
  /** Little endian: the first character is in the low byte. */
  readonly code: number;
  readonly kind: K;
  readonly alpha: boolean;
  /** Bits a pixel of each memory plane, in pixels of that plane. */
  readonly planeBits: readonly number[];
  readonly doc: string;
}
export interface RgbFormat extends FormatOf<'rgb' | 'rgb16'> {
  readonly red: Channel;
  readonly green: Channel;
  readonly blue: Channel;
  readonly opacity: Channel;
}
export type GreyFormat = FormatOf<'grey'>;
export interface YuvFormat extends FormatOf<'yuv'> {
  /** Luma pixels per chroma sample. */
  readonly subX: 1 | 2;
  readonly subY: 1 | 2;
  /** Cr stands before Cb. */
  readonly crFirst: boolean;
  /** Bits a sample, in the upper bits of a 16-bit word when more than 8. */
  readonly depth: 8 | 10 | 12 | 16;
}
export type PixelFormat = RgbFormat | GreyFormat | YuvFormat;

/** `XR24` as a number. */
export const fourcc = (text: string): number =>
  [...text.padEnd(4)].reduceRight((code, char) => ((code << 8) | char.charCodeAt(0)) >>> 0, 0);

const NONE: Channel = [0, 0];
const rgb = (
  name: string,
  code: string,
  bits: 16 | 24 | 32 | 64,
  [red, green, blue, opacity = NONE]: readonly Channel[],
): RgbFormat => ({
  name,
  code: fourcc(code),
  kind: bits === 64 ? 'rgb16' : 'rgb',
  alpha: opacity[1] > 0,
  planeBits: [bits],
  red: red ?? NONE,
  green: green ?? NONE,
  blue: blue ?? NONE,
  opacity,
  doc: `${bits} bits a pixel`,
});
const bytes = (name: string, code: string, ...lows: readonly number[]): RgbFormat =>
  rgb(
    name,
    code,
    32,
    lows.map((lo) => [lo, 8] as const),
  );
const tens = (name: string, code: string, ...lows: readonly number[]): RgbFormat =>
  rgb(
    name,
    code,
    32,
    lows.map((lo) => [lo, lo === 30 ? 2 : 10] as const),
  );
const words = (name: string, code: string, ...lows: readonly number[]): RgbFormat =>
  rgb(
    name,
    code,
    64,
    lows.map((lo) => [lo, 16] as const),
  );
const grey = (name: string, code: string, bits: 1 | 2 | 4 | 8, doc: string): GreyFormat => ({
  name,
  code: fourcc(code),
  kind: 'grey',
  alpha: false,
  planeBits: [bits],
  doc,
});
const yuv = (
  name: string,
  code: string,
  [subX, subY]: readonly [1 | 2, 1 | 2],
  of: { planes: 2 | 3; crFirst?: boolean; depth?: YuvFormat['depth'] },
): YuvFormat => {
  const depth = of.depth ?? 8;
  const sample = depth === 8 ? 8 : 16;
  return {
    name,
    code: fourcc(code),
    kind: 'yuv',
    alpha: false,
    planeBits: of.planes === 2 ? [sample, 2 * sample] : [sample, sample, sample],
    subX,
    subY,
    crFirst: of.crFirst ?? false,
    depth,
    doc: `${of.planes} planes, ${depth} bits a sample, chroma for ${subX} by ${subY} pixels`,
  };
};

/** The formats of vkms (2026), XRGB1555 and ARGB1555 of legacy clients, and C8 with the gamma table as its palette. */
export const PIXEL_FORMATS: readonly PixelFormat[] = [
  bytes('XRGB8888', 'XR24', 16, 8, 0),
  bytes('ARGB8888', 'AR24', 16, 8, 0, 24),
  bytes('XBGR8888', 'XB24', 0, 8, 16),
  bytes('ABGR8888', 'AB24', 0, 8, 16, 24),
  bytes('RGBX8888', 'RX24', 24, 16, 8),
  bytes('RGBA8888', 'RA24', 24, 16, 8, 0),
  bytes('BGRX8888', 'BX24', 8, 16, 24),
  bytes('BGRA8888', 'BA24', 8, 16, 24, 0),
  rgb('RGB888', 'RG24', 24, [
    [16, 8],
    [8, 8],
    [0, 8],
  ]),
  rgb('BGR888', 'BG24', 24, [
    [0, 8],
    [8, 8],
    [16, 8],
  ]),
  tens('XRGB2101010', 'XR30', 20, 10, 0),
  tens('ARGB2101010', 'AR30', 20, 10, 0, 30),
  tens('XBGR2101010', 'XB30', 0, 10, 20),
  tens('ABGR2101010', 'AB30', 0, 10, 20, 30),
  words('XRGB16161616', 'XR48', 32, 16, 0),
  words('ARGB16161616', 'AR48', 32, 16, 0, 48),
  words('XBGR16161616', 'XB48', 0, 16, 32),
  words('ABGR16161616', 'AB48', 0, 16, 32, 48),
  rgb('RGB565', 'RG16', 16, [
    [11, 5],
    [5, 6],
    [0, 5],
  ]),
  rgb('BGR565', 'BG16', 16, [
    [0, 5],
    [5, 6],
    [11, 5],
  ]),
  rgb('XRGB1555', 'XR15', 16, [
    [10, 5],
    [5, 5],
    [0, 5],
  ]),
  rgb('ARGB1555', 'AR15', 16, [
    [10, 5],
    [5, 5],
    [0, 5],
    [15, 1],
  ]),
  grey('C8', 'C8', 8, 'Index into the gamma table'),
  grey('R1', 'R1', 1, 'Grey, first pixel in the most significant bit'),
  grey('R2', 'R2', 2, 'Grey, first pixel in the most significant bits'),
  grey('R4', 'R4', 4, 'Grey, first pixel in the most significant bits'),
  grey('R8', 'R8', 8, 'Grey'),
  yuv('NV12', 'NV12', [2, 2], { planes: 2 }),
  yuv('NV16', 'NV16', [2, 1], { planes: 2 }),
  yuv('NV24', 'NV24', [1, 1], { planes: 2 }),
  yuv('NV21', 'NV21', [2, 2], { planes: 2, crFirst: true }),
  yuv('NV61', 'NV61', [2, 1], { planes: 2, crFirst: true }),
  yuv('NV42', 'NV42', [1, 1], { planes: 2, crFirst: true }),
  yuv('YUV420', 'YU12', [2, 2], { planes: 3 }),
  yuv('YUV422', 'YU16', [2, 1], { planes: 3 }),
  yuv('YUV444', 'YU24', [1, 1], { planes: 3 }),
  yuv('YVU420', 'YV12', [2, 2], { planes: 3, crFirst: true }),
  yuv('YVU422', 'YV16', [2, 1], { planes: 3, crFirst: true }),
  yuv('YVU444', 'YV24', [1, 1], { planes: 3, crFirst: true }),
  yuv('P010', 'P010', [2, 2], { planes: 2, depth: 10 }),
  yuv('P012', 'P012', [2, 2], { planes: 2, depth: 12 }),
  yuv('P016', 'P016', [2, 2], { planes: 2, depth: 16 }),
];

/** Formats a frame may be written back in. */
export const WRITEBACK_FORMATS: readonly string[] = [
  'XRGB8888',
  'ARGB8888',
  'XBGR8888',
  'ABGR8888',
  'XRGB2101010',
  'XRGB16161616',
  'ARGB16161616',
  'RGB565',
];

const BY_CODE: ReadonlyMap<number, PixelFormat> = new Map(PIXEL_FORMATS.map((format) => [format.code, format]));

/** The format with this code, when the display knows it. */
export const formatOf = (code: number): PixelFormat | undefined => BY_CODE.get(code);

/** Bytes of one row of a memory plane. */
export const rowBytes = (format: PixelFormat, plane: number, widthPixels: number): number => {
  const across = format.kind === 'yuv' && plane > 0 ? Math.ceil(widthPixels / format.subX) : widthPixels;
  return Math.ceil((across * (format.planeBits[plane] ?? 0)) / 8);
};
