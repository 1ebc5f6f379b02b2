/** The quick way to a line of RGBA bytes: 8-bit layers that lie pixel on pixel; bit for bit what the compositor gives. */
import { Bands } from './bands.ts';
import { opaque } from './blend.ts';
import type { Scene } from './compositor.ts';
import { isPlain, type Layer, onScreen, type Rect } from './layer.ts';
import { OPAQUE } from './pixel-read.ts';
import { type QuickBlend, quickBlend } from './quick-blend.ts';
import { wideRoom } from './wide-room.ts';

interface QuickLayer {
  readonly area: Rect;
  readonly opaque: boolean;
  /** Undefined: not quick, it takes the compositor wherever it lies. */
  readonly rows: QuickRows | undefined;
}
interface QuickRows {
  readonly blend: QuickBlend;
  /** Where row 0 of the area begins in memory, and rows' distance, both in 32-bit words. */
  readonly first: number;
  readonly step: number;
}

export interface Columns {
  readonly from: number;
  readonly to: number;
}

export class QuickLines {
  readonly #scene: Scene;
  readonly #words: Uint32Array;
  readonly #bands: Bands<QuickLayer>;
  readonly #ink: number;
  readonly #even: boolean;
  /** What was asked last: the next line is mostly like it. */
  #last: Columns & { readonly here: readonly QuickLayer[] | undefined; readonly deep: Columns } = {
    ...{ here: undefined, from: 0, to: 0 },
    deep: { from: 0, to: 0 },
  };

  /** `memory` begins at a multiple of 4 and has whole words. */
  constructor(scene: Scene, memory: Uint8Array) {
    this.#scene = scene;
    this.#words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length >> 2);
    const layers = scene.layers.map((layer) => {
      const area = onScreen(layer, scene.width, scene.height);
      return { area, opaque: opaque(layer), rows: quickRows(layer, area, memory.length) };
    });
    this.#bands = new Bands(layers, scene.starvedFrom);
    this.#even = scene.background.every((part) => part % 257 === 0); // else 8 bits are too few to blend over it
    const [red, green, blue] = scene.background.map((part) => part >> 8);
    this.#ink = ((255 << 24) | (blue! << 16) | (green! << 8) | red!) >>> 0;
  }

  /** The columns of a line, within from…to, that take the compositor; nothing when it is empty. */
  deep(y: number, from: number, to: number): Columns {
    if (this.#scene.gamma !== null) return { from, to };
    const here = this.#bands.at(y);
    const last = this.#last;
    if (last.here === here && last.from === from && last.to === to) return last.deep;
    const deep = this.#deepest(here, from, to);
    this.#last = { here, from, to, deep };
    return deep;
  }

  #deepest(here: readonly QuickLayer[], from: number, to: number): Columns {
    let left = to;
    let right = from;
    const add = (x: number, end: number): void => {
      if (Math.min(end, to) <= Math.max(x, from)) return;
      left = Math.min(left, Math.max(x, from));
      right = Math.max(right, Math.min(end, to));
    };
    for (const [i, { area, opaque: hides, rows }] of here.entries()) {
      if (rows === undefined || (!hides && !this.#even)) add(area.x, end(area));
      if (hides) continue;
      // blending rounds to 16 bits: another one over a blended one needs them all
      for (const upper of here.slice(i + 1))
        if (!upper.opaque) add(Math.max(area.x, upper.area.x), Math.min(end(area), end(upper.area)));
    }
    return right > left ? { from: left, to: right } : { from, to: from };
  }

  /** Puts the columns from…to of the line into `out`, whose word `at` is column 0. None of them is deep. */
  line(y: number, from: number, to: number, out: Uint32Array, at: number): void {
    if (from >= to) return;
    const here = this.#bands.at(y);
    const lowest = here.findLastIndex(({ area, opaque: hides }) => hides && area.x <= from && end(area) >= to);
    if (lowest < 0) out.fill(this.#ink, at + from, at + to);
    for (const { area, rows } of lowest < 0 ? here : here.slice(lowest)) {
      const left = Math.max(area.x, from);
      const count = Math.min(end(area), to) - left;
      if (rows === undefined || count <= 0) continue;
      const first = rows.first + (y - area.y) * rows.step + left - area.x;
      rows.blend(this.#words, first, out, at + left, count);
    }
  }
}

const end = ({ x, width }: Rect): number => x + width;

const quickRows = (layer: Layer, area: Rect, memoryBytes: number): QuickRows | undefined => {
  const { format, bases, pitches, source, target } = layer;
  const [base = 0] = bases;
  const [pitch = 0] = pitches;
  if (format.name !== 'XRGB8888' && format.name !== 'ARGB8888') return undefined;
  const busy = layer.alpha === OPAQUE && (layer.blend !== 'coverage' || !format.alpha);
  if (!busy && wideRoom() !== undefined) return undefined; // loops of 16 bits with vectors beat those of 8 without
  if (!isPlain(layer) || base % 4 !== 0 || pitch % 4 !== 0) return undefined;
  const first = base + (source.y + area.y - target.y) * pitch + (source.x + area.x - target.x) * 4;
  if (first + (area.height - 1) * pitch + area.width * 4 > memoryBytes) return undefined;
  return { blend: quickBlend(layer), first: first / 4, step: pitch / 4 };
};
