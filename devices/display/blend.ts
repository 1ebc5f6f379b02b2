/** The three equations of DRM's pixel blend mode at 16 bits a channel, rounded to the nearest. */
import type { Layer } from './layer.ts';
import { CHANNELS, OPAQUE } from './pixel-read.ts';

/** Nothing of what lies beneath is seen. */
export const opaque = ({ blend, alpha, format }: Layer): boolean =>
  alpha === OPAQUE && (blend === 'none' || !format.alpha);

/** Lays `count` pixels from the beginning of `row` over those at `out[at…]`. */
export const laysOver = (layer: Layer, row: Uint16Array, out: Uint16Array, at: number, count: number): void => {
  if (layer.blend === 'premultiplied' && layer.alpha === OPAQUE) premultiplied(row, out, at, count);
  else weighed(layer, row, out, at, count);
};

const WHOLE = OPAQUE * OPAQUE;
/**
 * Products with a reciprocal, not quotients, are as exact here: both divisors are odd, so that no quotient lies on a
 * half, and the nearest lies 1 / (2 * WHOLE) beside it, five times as far as doubles of this size are wrong.
 */
const PER_WHOLE = 1 / WHOLE;
const PER_OPAQUE = 1 / OPAQUE;

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
