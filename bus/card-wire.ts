/** What is asked of a driver's card over the bus, and its answers: a JSON head, and the bytes of a write behind it. */
import type { CardBuffer, CardFlip, CardFrame, CardMode, CardRect } from './card.ts';
import { LabError } from './errors.ts';
import { isCount, type JsonHead, splitHead, withHead } from './json-head.ts';
import { MAX_BODY_BYTES } from './message.ts';
import { isName } from './topics.ts';

/** Bytes of one write, with room for the head. */
export const CARD_WRITE_BYTES = MAX_BODY_BYTES - 4096;
const MOST_RECTS = 256;

/** Each call is of one program, by the name it was opened with. */
export type CardCall = { readonly program: string } & (
  | { readonly call: 'open'; readonly mode: string | null }
  | { readonly call: 'buffer'; readonly width: number; readonly height: number }
  | { readonly call: 'write'; readonly buffer: number; readonly offsetBytes: number; readonly bytes: Uint8Array }
  | { readonly call: 'commit'; readonly frame: CardFrame }
  | { readonly call: 'flip' }
  | { readonly call: 'close' }
);

export const encodeCardCall = (call: CardCall): Uint8Array => {
  if (call.call !== 'write') return withHead({ ...call });
  const { bytes, ...head } = call;
  if (bytes.length > CARD_WRITE_BYTES)
    throw new LabError('EMSGSIZE', `${bytes.length} bytes; at most ${CARD_WRITE_BYTES} go in one message`);
  return withHead(head, bytes);
};

/** Throws EPROTO. */
export const decodeCardCall = (body: Uint8Array): CardCall => {
  const { head, bytes } = splitHead(body);
  const { program, call, mode, width, height, buffer, offsetBytes, frame } = head;
  if (typeof program !== 'string' || !isName(program)) throw wrong('a call of a card names its program');
  if (call === 'open' && (mode === null || typeof mode === 'string')) return { program, call, mode };
  if (call === 'buffer' && isCount(width) && isCount(height)) return { program, call, width, height };
  if (call === 'write' && isCount(buffer) && isCount(offsetBytes))
    return { program, call, buffer, offsetBytes, bytes: new Uint8Array(bytes) };
  if (call === 'commit') return { program, call, frame: frameOf(frame) };
  if (call === 'flip' || call === 'close') return { program, call };
  throw wrong('a card is asked to open, buffer, write, commit, flip or close, each with what it takes');
};

export interface CardOpened {
  readonly mode: CardMode;
  readonly modes: readonly CardMode[];
}

export const encodeCardAnswer = (answer: CardOpened | CardBuffer | CardFlip | undefined): Uint8Array =>
  withHead({ ...answer });

/** Each throws EPROTO. */
export const decodeOpened = (body: Uint8Array): CardOpened => {
  const { mode, modes } = splitHead(body).head;
  if (!Array.isArray(modes)) throw wrong('an opened card tells its modes');
  return { mode: modeOf(mode), modes: modes.map(modeOf) };
};
export const decodeBuffer = (body: Uint8Array): CardBuffer => {
  const { id, pitchBytes, sizeBytes } = splitHead(body).head;
  if (!isCount(id) || !isCount(pitchBytes) || !isCount(sizeBytes)) throw wrong('a buffer has id, pitch and size');
  return { id, pitchBytes, sizeBytes };
};
export const decodeFlip = (body: Uint8Array): CardFlip => {
  const { count, timeNs } = splitHead(body).head;
  if (!isCount(count) || typeof timeNs !== 'number') throw wrong('a flip has its count and its time');
  return { count, timeNs };
};

const frameOf = (given: unknown): CardFrame => {
  const { buffer, damage, modeset } = objectOf(given);
  if (!isCount(buffer)) throw wrong('a frame shows a buffer');
  const rects = Array.isArray(damage) ? damage.slice(0, MOST_RECTS).map(rectOf) : undefined;
  return { buffer, ...(rects === undefined ? {} : { damage: rects }), ...(modeset === true ? { modeset } : {}) };
};

const rectOf = (given: unknown): CardRect => {
  const { x1, y1, x2, y2 } = objectOf(given);
  if (!isCount(x1) || !isCount(y1) || !isCount(x2) || !isCount(y2)) throw wrong('damage is x1, y1, x2, y2');
  return { x1, y1, x2, y2 };
};

const modeOf = (given: unknown): CardMode => {
  const { name, width, height, refreshHz } = objectOf(given);
  if (typeof name !== 'string' || !isCount(width) || !isCount(height) || typeof refreshHz !== 'number')
    throw wrong('a mode has name, width, height and refreshHz');
  return { name, width, height, refreshHz };
};

const objectOf = (given: unknown): JsonHead => (typeof given === 'object' && given !== null ? (given as JsonHead) : {});

const wrong = (message: string): LabError => new LabError('EPROTO', message);
