/** How a program that draws is written in a scenario. */
import { Type } from 'typebox';
import { TIME_PATTERN } from './durations.ts';
import { PICTURES } from './pictures.ts';

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
