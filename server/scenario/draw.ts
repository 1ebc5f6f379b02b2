/** Drawing as a scenario file has it: the shape of `draw` and `keep`, and what they become. */
import { type Static, Type } from 'typebox';
import { asLabError } from '#bus/errors.ts';
import { nanoseconds, TIME_PATTERN } from './durations.ts';
import type { DrawDeed } from './model.ts';
import { PICTURES, pictureNamed } from './pictures.ts';
import type { Path, Source } from './source.ts';

export const WORK_NAME = '^[A-Za-z0-9_-]{1,24}$';

export const DrawSchema = Type.Object(
  {
    picture: Type.String({ maxLength: 40, description: `What is drawn: ${PICTURES}` }),
    mode: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,4}x[0-9]{1,4}(i|@[0-9]{1,3})?$',
        description:
          "One of the monitor's modes, as 640x480, or the program's own, as 640x480@24; else the preferred one",
      }),
    ),
    frames: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100_000, description: 'So many, each when the one before is on the screen' }),
    ),
    takes: Type.Optional(
      Type.String({ pattern: TIME_PATTERN, description: 'How long the program draws each frame, as 20ms' }),
    ),
    paced: Type.Optional(Type.Boolean({ description: 'False: commits without waiting for the flip before' })),
    row_bytes: Type.Optional(
      Type.Integer({
        minimum: 4,
        maximum: 65_536,
        description: 'Bytes from row to row as the program has it, whatever pitch it was told',
      }),
    ),
    modeset: Type.Optional(Type.Boolean({ description: 'Sets the mode again with the first frame' })),
    refused: Type.Optional(
      Type.String({ pattern: '^E[A-Z0-9]{1,15}$', description: 'The errno it must end with; it must go well else' }),
    ),
    as: Type.Optional(Type.String({ pattern: WORK_NAME, description: 'A name for work that is not waited for' })),
  },
  { additionalProperties: false, description: "A program draws on the screen of the device's driver" },
);

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
