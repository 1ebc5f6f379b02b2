/** Lines of the screen at 16 bits a channel: background, layers in order, gamma. */
import { Bands } from './bands.ts';
import { laysOver, opaque } from './blend.ts';
import type { GammaTables } from './gamma.ts';
import { type Layer, onScreen, type Rect } from './layer.ts';
import { CHANNELS, OPAQUE } from './pixel-read.ts';
import { type RowSampler, rowSampler } from './sampler.ts';
import { wideRoom } from './wide-room.ts';

export interface Scene {
  readonly width: number;
  readonly height: number;
  /** In the order they are laid on each other. */
  readonly layers: readonly Layer[];
  /** Red, green, blue, 16 bits each. */
  readonly background: readonly [number, number, number];
  readonly gamma: GammaTables | null;
  /** Lines from here on show the background: memory was too slow. */
  readonly starvedFrom: number;
}

export const NO_SCENE: Scene = {
  width: 0,
  height: 0,
  layers: [],
  background: [0, 0, 0],
  gamma: null,
  starvedFrom: Number.POSITIVE_INFINITY,
};

interface Drawn {
  readonly layer: Layer;
  readonly area: Rect;
  /** Hides what lies beneath. */
  readonly opaque: boolean;
  readonly sampler: RowSampler;
}

export class Compositor {
  readonly #scene: Scene;
  readonly #layers: readonly Drawn[];
  readonly #bands: Bands<Drawn>;
  /** Where a line may be composed: the quickest place for it. Good until another pass begins. */
  row: Uint16Array<ArrayBuffer>;
  #above: Uint16Array;

  constructor(scene: Scene, memory: Uint8Array) {
    this.#scene = scene;
    this.#layers = scene.layers.map((layer) => ({
      layer,
      area: onScreen(layer, scene.width, scene.height),
      opaque: opaque(layer),
      sampler: rowSampler(layer, memory),
    }));
    this.#bands = new Bands(this.#layers, scene.starvedFrom);
    this.row = new Uint16Array(scene.width * CHANNELS);
    this.#above = new Uint16Array(scene.width * CHANNELS);
  }

  /** Before a pass over lines, in which memory does not change. */
  begin(): void {
    const room = wideRoom();
    room?.begin();
    const words = this.#scene.width * CHANNELS;
    this.row = room?.words(words) ?? this.row;
    this.#above = room?.words(words) ?? this.#above;
    for (const { sampler } of this.#layers) sampler.begin();
  }

  /** Composes the columns from…to of a line into a row of `out`: alpha, red, green, blue. */
  line(y: number, out: Uint16Array, from = 0, to = this.#scene.width): void {
    const { gamma } = this.#scene;
    const here = this.#bands.at(y);
    const lowest = here.findLastIndex(({ opaque: hides, area }) => hides && area.x <= from && right(area) >= to);
    if (lowest < 0) this.#ground(out, from, to);
    for (const { layer, area, opaque: hides, sampler } of lowest < 0 ? here : here.slice(lowest)) {
      const left = Math.max(area.x, from);
      const count = Math.min(right(area), to) - left;
      if (count <= 0) continue;
      const [x, at] = [left - layer.target.x, left * CHANNELS];
      const end = at + count * CHANNELS;
      // loops of several pixels go on past the last one
      const beside = left + count < to ? out.slice(end, end + PAST_WORDS) : undefined;
      if (hides) {
        sampler.sample(x, y - layer.target.y, count, out, at);
        if (layer.format.alpha) for (let i = at; i < end; i += CHANNELS) out[i] = OPAQUE;
      } else {
        laysOver(layer, sampler, [x, y - layer.target.y, count], this.#above, out, at);
      }
      if (beside !== undefined) out.set(beside, end);
    }
    if (gamma !== null) correct(gamma, out, from, to);
  }

  #ground(out: Uint16Array, from: number, to: number): void {
    const [red, green, blue] = this.#scene.background;
    for (let i = from * CHANNELS; i < to * CHANNELS; i += CHANNELS) {
      out[i] = OPAQUE;
      out[i + 1] = red;
      out[i + 2] = green;
      out[i + 3] = blue;
    }
  }
}

const PAST_WORDS = 4 * CHANNELS;

const right = ({ x, width }: Rect): number => x + width;
const correct = ([red, green, blue]: GammaTables, out: Uint16Array, from: number, to: number): void => {
  for (let i = from * CHANNELS; i < to * CHANNELS; i += CHANNELS) {
    out[i + 1] = red[out[i + 1]!]!;
    out[i + 2] = green[out[i + 2]!]!;
    out[i + 3] = blue[out[i + 3]!]!;
  }
};
