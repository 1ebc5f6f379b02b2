/** Looks at screens and at the programs that draw on them: the words a scenario has for them, and what they become. */
import { Type } from 'typebox';
import { unknownName } from '#bus/errors.ts';
import { checkPicture } from './draw.ts';
import { WORK_NAME } from './draw-schema.ts';
import type { ScreenCondition } from './model.ts';
import { panelFields } from './panel-fields.ts';
import type { Resolver } from './resolve.ts';
import type { Path, Source } from './source.ts';

const device = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 23, description }));
const work = (description: string) => Type.Optional(Type.String({ pattern: WORK_NAME, description }));

/** Words of `expect` and `never`. */
export const SCREEN_WORDS = {
  frame: device('What this display shows: shows, crc, size, like or unlike follow'),
  shows: Type.Optional(
    Type.String({ maxLength: 40, description: 'Exactly this picture of draw, all over the screen' }),
  ),
  crc: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffffffff, description: 'The CRC of the frame' })),
  size: Type.Optional(
    Type.String({ pattern: '^([0-9]{1,4}x[0-9]{1,4}|off)$', description: 'Of the frame, as 640x480; off: no frame' }),
  ),
  like: work('The frame is the one that was kept under this name'),
  unlike: work('It is another'),
  vblanks: device('Vertical blanks of this display since the last action: count, at_least or at_most follow'),
  draw: work('Drawing begun under this name has ended well, or with the error that follows'),
  frames: work('Frames that drawing of this name has brought on the screen: count, at_least or at_most follow'),
  missed: work('Vertical blanks that brought nothing new between its frames: count, at_least or at_most follow'),
  panel: Type.Optional(
    Type.String({
      maxLength: 90,
      description: 'What the panel of a device says, as card0.connector.linkBad: is follows',
    }),
  ),
  finding: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'A driver was caught at a misuse since the last action: its text matches',
    }),
  ),
};
export const SCREEN_CONDITIONS = ['frame', 'vblanks', 'draw', 'frames', 'missed', 'panel', 'finding'] as const;
export type ScreenConditionName = (typeof SCREEN_CONDITIONS)[number];

/** Which other words go with each. */
export const BESIDE: Readonly<Record<ScreenConditionName, readonly string[]>> = {
  frame: ['shows', 'crc', 'size', 'like', 'unlike'],
  vblanks: ['count', 'at_least', 'at_most'],
  draw: ['error'],
  frames: ['count', 'at_least', 'at_most'],
  missed: ['count', 'at_least', 'at_most'],
  panel: ['is'],
  finding: [],
};

export interface ScreenWords {
  readonly frame?: string;
  readonly shows?: string;
  readonly crc?: number;
  readonly size?: string;
  readonly like?: string;
  readonly unlike?: string;
  readonly vblanks?: string;
  readonly draw?: string;
  readonly frames?: string;
  readonly missed?: string;
  readonly panel?: string;
  readonly finding?: string;
  readonly error?: string;
  readonly is?: string | number | boolean;
  readonly count?: number;
  readonly at_least?: number;
  readonly at_most?: number;
}

/** Undefined when it looks at something else. */
export const parseScreenCondition = (
  given: ScreenWords,
  path: Path,
  source: Source,
  resolver: Resolver,
): ScreenCondition | undefined => {
  const refuse = (word: string, message: string) => source.error([...path, word], message);
  const limits = (word: string) => {
    const { count, at_least: least, at_most: most } = given;
    if (count === undefined && least === undefined && most === undefined)
      throw refuse(word, `'${word}' takes count, at_least or at_most`);
    return { min: count ?? least ?? 0, max: count ?? most ?? Number.POSITIVE_INFINITY };
  };
  if (given.frame !== undefined) {
    resolver.display(given.frame, [...path, 'frame']);
    const { shows = null, crc = null, size = null, like = null, unlike = null } = given;
    const asked = [shows, crc, size, like, unlike].filter((one) => one !== null);
    if (asked.length !== 1) throw refuse('frame', "a look at a frame takes one of 'shows', crc, size, like, unlike");
    if (shows !== null) checkPicture(shows, [...path, 'shows'], source);
    for (const [word, name] of Object.entries({ like, unlike }))
      if (name !== null) resolver.kept(name, given.frame, [...path, word]);
    return { kind: 'frame', device: given.frame, shows, crc, size, like, unlike };
  }
  if (given.vblanks !== undefined) {
    resolver.display(given.vblanks, [...path, 'vblanks']);
    return { kind: 'vblanks', device: given.vblanks, ...limits('vblanks') };
  }
  if (given.draw !== undefined) {
    const of = resolver.drawDevice(given.draw, [...path, 'draw']);
    return { kind: 'draw', device: of, name: given.draw, error: given.error ?? null };
  }
  for (const word of ['frames', 'missed'] as const) {
    const name = given[word];
    if (name === undefined) continue;
    return { kind: word, device: resolver.drawDevice(name, [...path, word]), name, ...limits(word) };
  }
  if (given.panel !== undefined) {
    const here = [...path, 'panel'];
    if (given.is === undefined) throw refuse('panel', "a look at a panel takes 'is'");
    const [device = '', ...fields] = given.panel.split('.');
    const kind = resolver.kind(device, here);
    if (fields.length === 0)
      throw source.error(
        here,
        `'${given.panel}' names no field; it takes a device and a field as card0.connector.linkBad`,
      );
    const known = panelFields(kind);
    const asked = fields.join('.');
    if (!known.some((field) => field === asked || asked.startsWith(`${field}.`)))
      throw source.error(here, unknownName(`field of the panel of ${device}`, asked.slice(0, 60), known).message);
    return { kind: 'panel', device, fields, is: String(given.is) };
  }
  if (given.finding === undefined) return undefined;
  try {
    return { kind: 'finding', pattern: new RegExp(given.finding, 'u') };
  } catch (thrown) {
    throw refuse('finding', thrown instanceof Error ? thrown.message : String(thrown));
  }
};
