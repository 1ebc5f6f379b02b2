/** Rows of 32-bit pixels, 8 bits a channel, as memory has them (BGRA), laid over rows as they are shown (RGBA). */
import type { Layer } from './layer.ts';
import { type BusyBlends, simdBlends } from './simd-blend.ts';

/** Puts `count` pixels of `words` over those at `out[to…]`. */
export type QuickBlend = (words: Uint32Array, from: number, out: Uint32Array, to: number, count: number) => void;

/** What the 16-bit equation gives over a ground of whole bytes, for a layer of XRGB8888 or ARGB8888. */
export const quickBlend = ({ format, blend, alpha }: Layer): QuickBlend => {
  const busy = simdBlends() ?? scalarBlends;
  if (alpha === 0xffff && (blend === 'none' || !format.alpha)) return busy.copy;
  return alpha === 0xffff && blend === 'premultiplied' ? busy.over : weighed(format.alpha, blend, alpha);
};

/** Pixels with red and blue in each other's places, and 255 in the fourth byte. */
export const turnedCopy = (): QuickBlend => (simdBlends() ?? scalarBlends).copy;

const copy: QuickBlend = (words, from, out, to, count) => {
  for (let i = 0; i < count; i++) {
    const pixel = words[from + i]!;
    out[to + i] = 0xff000000 | ((pixel & 0xff) << 16) | (pixel & 0xff00) | ((pixel >>> 16) & 0xff);
  }
};

/**
 * With s = 255 * above + below * clear, the word is 257 * s / 255, rounded, and what is shown its upper byte. This
 * product and shift give that byte for every s up to 255 * 255, white; a test tries them all.
 */
const upperByte = (s: number): number => (Math.imul(s > WHITE ? WHITE : s, 33_025) + 16_511) >> 23;
const WHITE = 255 * 255;

const over: QuickBlend = (words, from, out, to, count) => {
  for (let i = 0; i < count; i++) {
    const pixel = words[from + i]!;
    const clear = 255 - (pixel >>> 24);
    if (clear === 0) {
      out[to + i] = 0xff000000 | ((pixel & 0xff) << 16) | (pixel & 0xff00) | ((pixel >>> 16) & 0xff);
      continue;
    }
    if (pixel === 0) continue;
    const below = out[to + i]!;
    const red = upperByte(255 * ((pixel >>> 16) & 0xff) + (below & 0xff) * clear);
    const green = upperByte(255 * ((pixel >>> 8) & 0xff) + ((below >>> 8) & 0xff) * clear);
    const blue = upperByte(255 * (pixel & 0xff) + ((below >>> 16) & 0xff) * clear);
    out[to + i] = 0xff000000 | (blue << 16) | (green << 8) | red;
  }
};

/** Pixel by pixel: for machines without vectors. */
export const scalarBlends: BusyBlends = { copy, over };

/** With the alpha of the plane: the sums of the 16-bit equation over 257 * 257; see there for why a product is exact. */
const weighed = (hasAlpha: boolean, blend: Layer['blend'], alpha: number): QuickBlend => {
  // by the alpha of the pixel: what a byte above counts, and one below
  const above = new Float64Array(256);
  const below = new Float64Array(256);
  for (let pixel = 0; pixel < 256; pixel++) {
    const covered = alpha * (hasAlpha && blend !== 'none' ? pixel : 255);
    above[pixel] = (blend === 'coverage' ? covered : alpha * 255) / WHITE;
    below[pixel] = (255 * 65_535 - covered) / WHITE;
  }
  return (words, from, out, to, count) => {
    for (let i = 0; i < count; i++) {
      const pixel = words[from + i]!;
      const ground = out[to + i]!;
      const weight = above[pixel >>> 24]!;
      const rest = below[pixel >>> 24]!;
      const red = shown(((pixel >>> 16) & 0xff) * weight + (ground & 0xff) * rest);
      const green = shown(((pixel >>> 8) & 0xff) * weight + ((ground >>> 8) & 0xff) * rest);
      const blue = shown((pixel & 0xff) * weight + ((ground >>> 16) & 0xff) * rest);
      out[to + i] = 0xff000000 | (blue << 16) | (green << 8) | red;
    }
  };
};
const shown = (sum: number): number => {
  const word = (sum + 0.5) | 0;
  return word > 0xffff ? 0xff : word >> 8;
};
