/** The quick way to a line of RGBA bytes: 8-bit layers that lie pixel on pixel; bit for bit what the compositor gives. */
import type { Scene } from './compositor.ts';
import { isPlain, type Layer, onScreen, type Rect } from './layer.ts';

interface QuickLayer {
  readonly area: Rect;
  readonly opaque: boolean;
  /** Where row 0 of the area begins in memory, and rows' distance, both in 32-bit words. */
  readonly first: number;
  readonly step: number;
}

export class QuickLines {
  readonly #scene: Scene;
  readonly #words: Uint32Array;
  /** A layer that is not quick only bars its own lines. */
  readonly #quick: readonly (QuickLayer | undefined)[];
  readonly #areas: readonly Rect[];
  readonly #ink: number;
  readonly #even: boolean;

  /** `memory` begins at a multiple of 4 and has whole words. */
  constructor(scene: Scene, memory: Uint8Array) {
    this.#scene = scene;
    this.#words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length >> 2);
    this.#areas = scene.layers.map((layer) => onScreen(layer, scene.width, scene.height));
    this.#quick = scene.layers.map((layer, i) => quickLayer(layer, this.#areas[i]!, memory.length));
    this.#even = scene.background.every((part) => part % 257 === 0); // else 8 bits are too few to blend over it
    const [red, green, blue] = scene.background.map((part) => part >> 8);
    this.#ink = ((255 << 24) | (blue! << 16) | (green! << 8) | red!) >>> 0;
  }

  /** Puts the line into `out` from word `at` on; false when it takes the compositor. */
  line(y: number, out: Uint32Array, at: number): boolean {
    const { width, starvedFrom, gamma } = this.#scene;
    if (gamma !== null) return false;
    const here: QuickLayer[] = [];
    if (y < starvedFrom)
      for (const [i, quick] of this.#quick.entries()) {
        const area = this.#areas[i]!;
        if (area.width === 0 || y < area.y || y >= area.y + area.height) continue;
        if (quick === undefined) return false;
        here.push(quick);
      }
    if (!this.#even && here.some(({ opaque }) => !opaque)) return false;
    if (this.#twiceBlended(here)) return false;
    if (!here.some(({ opaque, area }) => opaque && area.width === width)) out.fill(this.#ink, at, at + width);
    for (const quick of here) {
      const from = quick.first + (y - quick.area.y) * quick.step;
      (quick.opaque ? copy : over)(this.#words, from, out, at + quick.area.x, quick.area.width);
    }
    return true;
  }

  /** Blending rounds to 16 bits: a second layer over a blended one needs them all. */
  #twiceBlended(here: readonly QuickLayer[]): boolean {
    return here.some(
      (lower, i) =>
        !lower.opaque &&
        here
          .slice(i + 1)
          .some(
            (upper) =>
              !upper.opaque &&
              upper.area.x < lower.area.x + lower.area.width &&
              lower.area.x < upper.area.x + upper.area.width,
          ),
    );
  }
}

const quickLayer = (layer: Layer, area: Rect, memoryBytes: number): QuickLayer | undefined => {
  const { format, bases, pitches, alpha, blend, source, target } = layer;
  const [base = 0] = bases;
  const [pitch = 0] = pitches;
  const opaque = format.name === 'XRGB8888' || blend === 'none';
  if (format.name !== 'XRGB8888' && format.name !== 'ARGB8888') return undefined;
  if (!isPlain(layer) || alpha !== 0xffff || base % 4 !== 0 || pitch % 4 !== 0) return undefined;
  if (!opaque && blend !== 'premultiplied') return undefined;
  const first = base + (source.y + area.y - target.y) * pitch + (source.x + area.x - target.x) * 4;
  if (first + (area.height - 1) * pitch + area.width * 4 > memoryBytes) return undefined;
  return { area, opaque, first: first / 4, step: pitch / 4 };
};

const copy = (words: Uint32Array, from: number, out: Uint32Array, to: number, count: number): void => {
  for (let i = 0; i < count; i++) {
    const pixel = words[from + i]!;
    out[to + i] = 0xff000000 | ((pixel & 0xff) << 16) | (pixel & 0xff00) | ((pixel >>> 16) & 0xff);
  }
};

/** Premultiplied over opaque: the compositor's equation in eighths of its words, then its upper byte. */
const over = (words: Uint32Array, from: number, out: Uint32Array, to: number, count: number): void => {
  for (let i = 0; i < count; i++) {
    const pixel = words[from + i]!;
    const clear = 255 - (pixel >>> 24);
    if (clear === 255 && (pixel & 0xffffff) === 0) continue;
    if (clear === 0) {
      out[to + i] = 0xff000000 | ((pixel & 0xff) << 16) | (pixel & 0xff00) | ((pixel >>> 16) & 0xff);
      continue;
    }
    const below = out[to + i]!;
    const red = mixed((pixel >>> 16) & 0xff, below & 0xff, clear);
    const green = mixed((pixel >>> 8) & 0xff, (below >>> 8) & 0xff, clear);
    const blue = mixed(pixel & 0xff, (below >>> 16) & 0xff, clear);
    out[to + i] = 0xff000000 | (blue << 16) | (green << 8) | red;
  }
};
/** The half above keeps a whole quotient whole. */
const PART = 1 / 255;
const mixed = (above: number, below: number, clear: number): number => {
  const word = 257 * above + (((257 * below * clear + 127.5) * PART) | 0);
  return word > 0xffff ? 0xff : word >> 8;
};
