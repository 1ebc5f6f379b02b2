/** Lines of the screen at 16 bits a channel: background, layers in order, gamma. */
import type { GammaTables } from './gamma.ts';
import { type Layer, onScreen } from './layer.ts';
import { CHANNELS, OPAQUE } from './pixel-read.ts';
import { type RowSampler, rowSampler } from './sampler.ts';

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

export class Compositor {
  readonly scene: Scene;
  readonly #layers: readonly { readonly layer: Layer; readonly sample: RowSampler }[];
  readonly #row: Uint16Array;

  constructor(scene: Scene, memory: Uint8Array) {
    this.scene = scene;
    this.#layers = scene.layers.map((layer) => ({ layer, sample: rowSampler(layer, memory) }));
    this.#row = new Uint16Array(scene.width * CHANNELS);
  }

  /** Composes one line into `out`: `width` pixels of alpha, red, green, blue. */
  line(y: number, out: Uint16Array): void {
    const { width, height, background, gamma, starvedFrom } = this.scene;
    const [red, green, blue] = background;
    for (let i = 0; i < width * CHANNELS; i += CHANNELS) {
      out[i] = OPAQUE;
      out[i + 1] = red;
      out[i + 2] = green;
      out[i + 3] = blue;
    }
    if (y < starvedFrom)
      for (const { layer, sample } of this.#layers) {
        const { x, y: top, width: count, height: lines } = onScreen(layer, width, height);
        if (count === 0 || y < top || y >= top + lines) continue;
        sample(x - layer.target.x, y - layer.target.y, count, this.#row);
        blend(layer, this.#row, out, x * CHANNELS, count);
      }
    if (gamma !== null) correct(gamma, out, width);
  }
}

/** Lays a row over what is there: the three equations of DRM's pixel blend mode, rounded to the nearest. */
const blend = (
  { blend: mode, alpha, format }: Layer,
  row: Uint16Array,
  out: Uint16Array,
  at: number,
  count: number,
) => {
  if (alpha === OPAQUE && (mode === 'none' || !format.alpha)) {
    for (let i = 0; i < count * CHANNELS; i++) out[at + i] = row[i]!;
    for (let i = 0; i < count * CHANNELS; i += CHANNELS) out[at + i] = OPAQUE;
    return;
  }
  const whole = OPAQUE * OPAQUE;
  for (let i = 0; i < count * CHANNELS; i += CHANNELS) {
    const opacity = mode === 'none' ? OPAQUE : row[i]!;
    const covered = alpha * opacity;
    const weight = mode === 'coverage' ? covered : alpha * OPAQUE;
    for (let channel = 1; channel < CHANNELS; channel++) {
      const sum = row[i + channel]! * weight + out[at + i + channel]! * (whole - covered);
      out[at + i + channel] = Math.min(OPAQUE, Math.floor(sum / whole + 0.5));
    }
  }
};

const correct = ([red, green, blue]: GammaTables, out: Uint16Array, width: number): void => {
  for (let i = 0; i < width * CHANNELS; i += CHANNELS) {
    out[i + 1] = red[out[i + 1]!]!;
    out[i + 2] = green[out[i + 2]!]!;
    out[i + 3] = blue[out[i + 3]!]!;
  }
};
