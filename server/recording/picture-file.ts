/** A frame as a PNG file in one go, for a recording that must have it before anything else happens. */
import { deflateSync } from 'node:zlib';
import { type PngSource, pngOf, unfiltered } from '../display/png.ts';

export const pictureFile = (source: PngSource): Buffer =>
  pngOf(source, deflateSync(unfiltered(source.rgba, source.width * 4, source.height), { level: 1 }));
