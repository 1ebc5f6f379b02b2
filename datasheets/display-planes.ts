/** Plane registers of the virtual display: the same block three times, read by the scanout at a flip only. */
import { bits, choice, flag, reg } from '#regmap/declare.ts';

const OURS = { source: 'ours', evidence: 'choice', width: 32 } as const;

/** The blocks, lowest first. Any plane may have any z position, format, scale and blend; names follow DRM's plane types. */
export const PLANES = { PRIMARY: 0, OVERLAY: 1, CURSOR: 2 } as const;
export type PlaneName = keyof typeof PLANES;
export const PLANE_NAMES = ['PRIMARY', 'OVERLAY', 'CURSOR'] as const satisfies readonly PlaneName[];
/** Sides of a source or a destination rectangle. */
export const PLANE_MOST_PIXELS = 8192;

const word = (at: number, doc: string, text: string, reset = 0) =>
  reg(at, doc, { VALUE: bits(31, 0, 'rw', text, reset) }, OURS);

/** The registers of the plane block at `base`. */
const block = (base: number, z: number) => ({
  CTRL: reg(
    base,
    'Plane control',
    {
      ENABLE: flag(0, 'rw', 'Shown'),
      BLEND: choice(
        2,
        1,
        'rw',
        { premultiplied: 0, coverage: 1, none: 2 },
        'Alpha of pixels: colours carry it already, are multiplied by it, or it is ignored; 3 is none',
      ),
      ROTATION: choice(4, 3, 'rw', { none: 0, r90: 1, r180: 2, r270: 3 }, 'Counter-clockwise, after reflection'),
      REFLECT_X: flag(5, 'rw', 'Left and right of the source change places'),
      REFLECT_Y: flag(6, 'rw', 'Top and bottom of the source change places'),
      FILTER: choice(7, 7, 'rw', { nearest: 0, bilinear: 1 }, 'How a scaled plane is sampled'),
      ENCODING: choice(9, 8, 'rw', { bt601: 0, bt709: 1, bt2020: 2 }, 'Of YUV formats; 3 is BT.601'),
      RANGE: choice(10, 10, 'rw', { full: 0, limited: 1 }, 'Of YUV formats'),
    },
    OURS,
  ),
  FORMAT: word(base + 0x04, 'Format', 'Four-character code, linear', 0x34325258),
  BASE0: word(base + 0x08, 'First byte of memory plane 0', 'Offset in video memory of row 0, pixel 0'),
  PITCH0: word(base + 0x0c, 'Row to row in memory plane 0', 'Bytes'),
  BASE1: word(base + 0x10, 'First byte of memory plane 1', 'Offset in video memory'),
  PITCH1: word(base + 0x14, 'Row to row in memory plane 1', 'Bytes'),
  BASE2: word(base + 0x18, 'First byte of memory plane 2', 'Offset in video memory'),
  PITCH2: word(base + 0x1c, 'Row to row in memory plane 2', 'Bytes'),
  SRC_X: word(base + 0x20, 'Source left', 'Pixels, 16.16'),
  SRC_Y: word(base + 0x24, 'Source top', 'Pixels, 16.16'),
  SRC_W: word(base + 0x28, 'Source width', 'Pixels, 16.16'),
  SRC_H: word(base + 0x2c, 'Source height', 'Pixels, 16.16'),
  DST_X: word(base + 0x30, 'Left on the screen', "Pixels, two's complement"),
  DST_Y: word(base + 0x34, 'Top on the screen', "Pixels, two's complement"),
  DST_SIZE: reg(
    base + 0x38,
    'Size on the screen',
    { HEIGHT: bits(31, 16, 'rw', 'Lines'), WIDTH: bits(15, 0, 'rw', 'Pixels') },
    OURS,
  ),
  ZPOS_ALPHA: reg(
    base + 0x3c,
    'Order and opacity',
    {
      ALPHA: bits(31, 16, 'rw', 'FFFFh is opaque', 0xffff),
      ZPOS: bits(7, 0, 'rw', 'Higher is nearer; equal: in the order of the blocks', z),
    },
    OURS,
  ),
});
type Block = ReturnType<typeof block>;

const named = <const P extends PlaneName>(plane: P): { [K in keyof Block as `${P}_${K & string}`]: Block[K] } =>
  Object.fromEntries(
    Object.entries(block(0x1100 + 0x80 * PLANES[plane], PLANES[plane])).map(([name, of]) => [`${plane}_${name}`, of]),
  ) as { [K in keyof Block as `${P}_${K & string}`]: Block[K] }; // the loop names exactly the keys of the block

/** `PRIMARY_CTRL`, `OVERLAY_FORMAT` and so on: 1100h, 1180h and 1200h. */
export const PLANE_REGISTERS = { ...named('PRIMARY'), ...named('OVERLAY'), ...named('CURSOR') };

/** The registers of one plane by their short names. */
export const PLANE_BLOCKS: Readonly<Record<PlaneName, Block>> = {
  PRIMARY: block(0x1100, 0),
  OVERLAY: block(0x1180, 1),
  CURSOR: block(0x1200, 2),
};
