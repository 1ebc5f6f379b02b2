/** Drawing as a scenario file has it: the shape of `draw` and `keep`, and what they become. */
import type { Static } from 'typebox';
import { asLabError } from '#bus/errors.ts';
import type { DrawSchema } from './draw-schema.ts';
import { nanoseconds } from './durations.ts';
import type { DrawDeed } from './model.ts';
import { pictureNamed } from './pictures.ts';
import type { Path, Source } from './source.ts';

export const drawDeed = (device: string, given: Static<typeof DrawSchema>, path: Path, source: Source): DrawDeed => {
  const { picture, mode = null, frames = 1, takes, paced = true, modeset = false, refused = null, as = null } = given;
  checkPicture(picture, [...path, 'picture'], source);
  return {
    kind: 'draw',
    device,
    picture,
    mode,
    frames,
    takesNs: takes === undefined ? 0 : nanoseconds(takes),
    paced,
    rowBytes: given.row_bytes ?? null,
    modeset,
    refused,
    as,
  };
};

export const checkPicture = (name: string, path: Path, source: Source): void => {
  try {
    pictureNamed(name);
  } catch (thrown) {
    throw source.error(path, asLabError(thrown).message);
  }
};

/** `card0: 600 frames of moving at 640x480, 20 ms each as player`. */
export const drawText = ({ device, picture, mode, frames, takesNs, paced, rowBytes, modeset, as }: DrawDeed): string =>
  [
    `${device}: draw ${frames > 1 ? `${frames} frames of ` : ''}${picture}`,
    mode === null ? '' : ` at ${mode}`,
    takesNs > 0 ? `, ${takesNs / 1e6} ms each` : '',
    paced ? '' : ', without waiting for flips',
    rowBytes === null ? '' : `, rows ${rowBytes} bytes apart`,
    modeset ? ', with a modeset' : '',
    as === null ? '' : ` as ${as}`,
  ].join('');
