/** Pixel formats as framebuffers are checked against them: code, bits and subsampling of each plane (drm_fourcc.h, drm_fourcc.c). */

export interface Format {
  readonly name: string;
  readonly code: number;
  readonly planes: readonly FormatPlane[];
  readonly alpha: boolean;
}

export interface FormatPlane {
  readonly bitsPerSample: number;
  readonly shiftX: number;
  readonly shiftY: number;
}

export const MODIFIER_LINEAR = 0;

/** `XR24` as the number in memory. */
export const fourcc = (text: string): number =>
  [...text].reduce((code, letter, i) => (code | (letter.charCodeAt(0) << (8 * i))) >>> 0, 0);

export const printFourcc = (code: number): string =>
  String.fromCharCode(...[0, 8, 16, 24].map((shift) => (code >>> shift) & 0xff)).replace(/[^\x20-\x7e]/g, '?');

export const formatOf = (code: number): Format | undefined => BY_CODE.get(code);

export const formatNamed = (name: string): Format | undefined => BY_NAME.get(name);

/** Fewest bytes of a row. */
export const minPitchBytes = ({ bitsPerSample, shiftX }: FormatPlane, width: number): number =>
  Math.ceil((planeExtent(width, shiftX) * bitsPerSample) / 8);

export const planeExtent = (pixels: number, shift: number): number => Math.ceil(pixels / 2 ** shift);

const single = (bits: number): readonly FormatPlane[] => [{ bitsPerSample: bits, shiftX: 0, shiftY: 0 }];
const planar = (chroma: number, shiftX: number, shiftY: number, count = 1, luma = 8): readonly FormatPlane[] => [
  { bitsPerSample: luma, shiftX: 0, shiftY: 0 },
  ...Array.from({ length: count }, () => ({ bitsPerSample: chroma, shiftX, shiftY })),
];

const TABLE: Readonly<Record<string, readonly [code: string, planes: readonly FormatPlane[]]>> = {
  C1: ['C1  ', single(1)],
  C2: ['C2  ', single(2)],
  C4: ['C4  ', single(4)],
  C8: ['C8  ', single(8)],
  R1: ['R1  ', single(1)],
  R2: ['R2  ', single(2)],
  R4: ['R4  ', single(4)],
  R8: ['R8  ', single(8)],
  RGB565: ['RG16', single(16)],
  BGR565: ['BG16', single(16)],
  XRGB1555: ['XR15', single(16)],
  ARGB1555: ['AR15', single(16)],
  RGBA5551: ['RA15', single(16)],
  RGB888: ['RG24', single(24)],
  BGR888: ['BG24', single(24)],
  XRGB8888: ['XR24', single(32)],
  ARGB8888: ['AR24', single(32)],
  XBGR8888: ['XB24', single(32)],
  ABGR8888: ['AB24', single(32)],
  RGBX8888: ['RX24', single(32)],
  RGBA8888: ['RA24', single(32)],
  BGRX8888: ['BX24', single(32)],
  BGRA8888: ['BA24', single(32)],
  XRGB2101010: ['XR30', single(32)],
  ARGB2101010: ['AR30', single(32)],
  XBGR2101010: ['XB30', single(32)],
  ABGR2101010: ['AB30', single(32)],
  XRGB16161616: ['XR48', single(64)],
  ARGB16161616: ['AR48', single(64)],
  XBGR16161616: ['XB48', single(64)],
  ABGR16161616: ['AB48', single(64)],
  YUYV: ['YUYV', single(16)],
  NV12: ['NV12', planar(16, 1, 1)],
  NV21: ['NV21', planar(16, 1, 1)],
  NV16: ['NV16', planar(16, 1, 0)],
  NV61: ['NV61', planar(16, 1, 0)],
  NV24: ['NV24', planar(16, 0, 0)],
  NV42: ['NV42', planar(16, 0, 0)],
  P010: ['P010', planar(32, 1, 1, 1, 16)],
  P012: ['P012', planar(32, 1, 1, 1, 16)],
  P016: ['P016', planar(32, 1, 1, 1, 16)],
  YUV420: ['YU12', planar(8, 1, 1, 2)],
  YVU420: ['YV12', planar(8, 1, 1, 2)],
  YUV422: ['YU16', planar(8, 1, 0, 2)],
  YVU422: ['YV16', planar(8, 1, 0, 2)],
  YUV444: ['YU24', planar(8, 0, 0, 2)],
  YVU444: ['YV24', planar(8, 0, 0, 2)],
};

const FORMATS: readonly Format[] = Object.entries(TABLE).map(([name, [code, planes]]) => ({
  name,
  code: fourcc(code),
  planes,
  alpha: name.includes('A'),
}));
const BY_CODE = new Map(FORMATS.map((format) => [format.code, format]));
const BY_NAME = new Map(FORMATS.map((format) => [format.name, format]));

/** What the legacy calls name by bits and depth (drm_mode_legacy_fb_format). */
export const legacyFormat = (bpp: number, depth: number): Format | undefined =>
  formatNamed(LEGACY.get(`${bpp}/${depth}`) ?? '');

const LEGACY: ReadonlyMap<string, string> = new Map([
  ['8/8', 'C8'],
  ['16/15', 'XRGB1555'],
  ['16/16', 'RGB565'],
  ['24/24', 'RGB888'],
  ['32/24', 'XRGB8888'],
  ['32/32', 'ARGB8888'],
  ['32/30', 'XRGB2101010'],
]);
