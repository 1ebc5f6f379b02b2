/** For tests: the same picture in any format of the scanout, drawn by the definitions of the formats. */
import type { DrmFile } from './drm-file.ts';
import { bufferIn, type FormatBuffer } from './ferro-rig.ts';
import { type PanicFormat, PIXEL_FORMATS } from './panic/pixel-formats.ts';
import { FOREGROUND, MemorySurface } from './panic/surface.ts';

/** Colours that every RGB format holds: a channel has all of its bits or none. */
export const PURE = [0x000000, 0xff0000, 0x00ff00, 0x0000ff, 0xffff00, 0x00ffff, 0xff00ff, 0xffffff] as const;
/** What grey and YUV formats hold as well. */
export const BLACK_AND_WHITE = [0x000000, 0xffffff] as const;

export const isRgb = (name: string): boolean => /^[ARGBX]{3,4}\d/.test(name) && name !== 'R8';

const isDrawable = (name: string): name is PanicFormat => Object.hasOwn(PIXEL_FORMATS, name);

/** Squares of so many pixels, one colour after the other, each row of them shifted by one. */
export const squaresIn = (
  file: DrmFile,
  name: string,
  [width, height]: readonly [number, number],
  colours: readonly number[] = PURE,
  side = 8,
): FormatBuffer => {
  if (!isDrawable(name)) throw new Error(`no way to draw ${name}`);
  const made = bufferIn(file, name, width, height);
  const { bytes, pitches: pitchBytes, offsets: offsetBytes } = made;
  for (const [i, foreground] of colours.entries()) {
    const memory = pitchBytes.map(() => bytes);
    const surface = new MemorySurface({ format: name, width, height, memory, pitchBytes, offsetBytes, foreground });
    for (let row = 0; row * side < height; row++)
      for (let column = 0; column * side < width; column++)
        if ((row + column) % colours.length === i) surface.fill(column * side, row * side, side, side, FOREGROUND);
  }
  return made;
};
