/** The three equations of DRM's pixel blend mode at 16 bits a channel, rounded to the nearest. */
import type { Layer } from './layer.ts';
import { CHANNELS, OPAQUE } from './pixel-read.ts';
import type { RowSampler } from './sampler.ts';
import { wideRoom } from './wide-room.ts';

/** Nothing of what lies beneath is seen. */
export const opaque = ({ blend, alpha, format }: Layer): boolean =>
  alpha === OPAQUE && (blend === 'none' || !format.alpha);

/** Lays `count` pixels of a row of the layer over those at `out[at…]`; `row` is where they are put before. */
export const laysOver = (
  layer: Layer,
  sampler: RowSampler,
  [x, y, count]: readonly [x: number, y: number, count: number],
  row: Uint16Array,
  out: Uint16Array,
  at: number,
): void => {
  const { blend, alpha, format } = layer;
  const room = wideRoom();
  const ground = room?.place(out, at);
  const plain = blend === 'premultiplied' && alpha === OPAQUE;
  const [u, v] = [blend === 'coverage' ? 0 : -1, blend === 'none' ? -1 : 0];
  const raw = ground === undefined ? undefined : sampler.raw?.(x, y, count);
  if (room !== undefined && ground !== undefined && raw !== undefined) {
    if (plain && format.alpha) room.loops.overBytes(raw, ground, count);
    else room.loops.weighBytes(raw, ground, count, u & 255, v & 255, alpha * PER_BYTES, format.alpha ? 0 : SOLID);
    return;
  }
  sampler.sample(x, y, count, row, 0);
  const above = room?.place(row, 0);
  if (room !== undefined && ground !== undefined && above !== undefined) {
    if (plain) room.loops.over(above, ground, count);
    else room.loops.weigh(above, ground, count, u, v, alpha * PER_WHOLE);
  } else if (plain) premultiplied(row, out, at, count);
  else weighed(layer, row, out, at, count);
};
/** The fourth byte of each pixel. */
const SOLID = 0xff000000 | 0;

const WHOLE = OPAQUE * OPAQUE;
/**
 * Products with a reciprocal, not quotients, are as exact here: both divisors are odd, so that no quotient lies on a
 * half, and the nearest lies 1 / (2 * WHOLE) beside it, five times as far as doubles of this size are wrong.
 */
const PER_WHOLE = 1 / WHOLE;
const PER_OPAQUE = 1 / OPAQUE;
/** Of an alpha that is a byte. */
const PER_BYTES = 1 / (OPAQUE * 255);

const premultiplied = (row: Uint16Array, out: Uint16Array, at: number, count: number): void => {
  for (let i = 0, to = at; i < count * CHANNELS; i += CHANNELS, to += CHANNELS) {
    const clear = OPAQUE - row[i]!;
    if (clear === 0) {
      out[to + 1] = row[i + 1]!;
      out[to + 2] = row[i + 2]!;
      out[to + 3] = row[i + 3]!;
      continue;
    }
    const seen = clear * PER_OPAQUE;
    out[to + 1] = least(row[i + 1]! + ((out[to + 1]! * seen + 0.5) | 0));
    out[to + 2] = least(row[i + 2]! + ((out[to + 2]! * seen + 0.5) | 0));
    out[to + 3] = least(row[i + 3]! + ((out[to + 3]! * seen + 0.5) | 0));
  }
};

const weighed = ({ blend, alpha }: Layer, row: Uint16Array, out: Uint16Array, at: number, count: number): void => {
  for (let i = 0, to = at; i < count * CHANNELS; i += CHANNELS, to += CHANNELS) {
    const covered = alpha * (blend === 'none' ? OPAQUE : row[i]!);
    const weight = blend === 'coverage' ? covered : alpha * OPAQUE;
    const rest = WHOLE - covered;
    for (let channel = 1; channel < CHANNELS; channel++) {
      const sum = row[i + channel]! * weight + out[to + channel]! * rest;
      out[to + channel] = least((sum * PER_WHOLE + 0.5) | 0);
    }
  }
};

const least = (word: number): number => (word > OPAQUE ? OPAQUE : word);
