/** A layer's pixels in the order of the screen: rotation, reflection and scaling. */
import { isPlain, type Layer } from './layer.ts';
import { CHANNELS, nearest, type PixelReader, pixelReader } from './pixel-read.ts';
import { rawReader, rowReader } from './row-read.ts';
import { ScaledRows } from './scaled-rows.ts';

export interface RowSampler {
  /** Memory may have changed: rows that were read are read again. */
  begin(): void;
  /** Puts `count` pixels of the layer, from column `x` of row `y` of its target on, at `out[at…]`. */
  sample(x: number, y: number, count: number, out: Uint16Array, at: number): void;
  /** The same as they are in memory, where the quick loops read them; undefined where they cannot. */
  raw?(x: number, y: number, count: number): number | undefined;
}

export const rowSampler = (layer: Layer, memory: Uint8Array): RowSampler => {
  if (isPlain(layer)) {
    const rows = rowReader(layer, memory);
    const { x: left, y: top } = layer.source;
    const raw = rawReader(layer, memory);
    return {
      begin: () => {},
      sample: (x, y, count, out, at) => rows(left + x, top + y, count, out, at),
      ...(raw === undefined ? {} : { raw: (x, y, count) => raw(left + x, top + y, count) }),
    };
  }
  const { left, right } = extentOf(layer);
  if (turned(layer) || right - left > ROW_MOST * layer.target.width) return pixelSampler(layer, memory);
  return new ScaledRows({ rows: rowReader(layer, memory), ...walkOf(layer), width: layer.target.width });
};
/** More source than that for a row on the screen is not read whole. */
const ROW_MOST = 4;

/** The same pixel by pixel, for any layer. */
export const pixelSampler = (layer: Layer, memory: Uint8Array): RowSampler => {
  const { place, column, row, smooth } = walkOf(layer);
  const read = pixelReader(layer, memory);
  const fetch: PixelReader = smooth ? bilinear(read, column, row) : read;
  const sample: RowSampler['sample'] = (x, y, count, out, at) => {
    for (let i = 0; i < count; i++) {
      const u = place.u + (x + i) * place.uAcross + y * place.uDown;
      const v = place.v + (x + i) * place.vAcross + y * place.vDown;
      if (smooth) fetch(u - 0.5, v - 0.5, out, at + i * CHANNELS);
      else fetch(column(u), row(v), out, at + i * CHANNELS);
    }
  };
  return { begin: () => {}, sample };
};
/** Where the centre of pixel (0, 0) of the target lies in the source, and how far the next ones are. */
export interface Place {
  readonly u: number;
  readonly v: number;
  readonly uAcross: number;
  readonly vAcross: number;
  readonly uDown: number;
  readonly vDown: number;
}

/** How a layer's source is walked. */
export interface Walk {
  readonly place: Place;
  /** Whole columns and rows of the source, kept inside it. */
  readonly column: (u: number) => number;
  readonly row: (v: number) => number;
  /** Between four neighbours; or the nearest, also where pixels fall on pixels. */
  readonly smooth: boolean;
}

const walkOf = (layer: Layer): Walk => {
  const { left, top, right, bottom } = extentOf(layer);
  return {
    place: placeOf(layer),
    column: (u) => Math.max(left, Math.min(right, Math.floor(u))),
    row: (v) => Math.max(top, Math.min(bottom, Math.floor(v))),
    smooth: layer.bilinear && isScaled(layer),
  };
};

/** First and last pixels of the source. */
const extentOf = ({ source }: Layer) => {
  const [left, top] = [Math.floor(source.x), Math.floor(source.y)];
  return {
    left,
    top,
    right: Math.max(left, Math.ceil(source.x + source.width) - 1),
    bottom: Math.max(top, Math.ceil(source.y + source.height) - 1),
  };
};

const turned = ({ rotation }: Layer): boolean => rotation === 90 || rotation === 270;
const isScaled = (layer: Layer): boolean => {
  const { source, target } = layer;
  const [width, height] = turned(layer) ? [source.height, source.width] : [source.width, source.height];
  return width !== target.width || height !== target.height;
};

/** Rotation is counter-clockwise, after reflection (drm_blend.c). */
const placeOf = (layer: Layer): Place => {
  const { source, target, rotation, reflectX, reflectY } = layer;
  const at = (column: number, row: number): readonly [number, number] => {
    const p = (column + 0.5) / target.width;
    const q = (row + 0.5) / target.height;
    const [s, t] = turn(rotation, p, q);
    return [source.x + (reflectX ? 1 - s : s) * source.width, source.y + (reflectY ? 1 - t : t) * source.height];
  };
  const [u, v] = at(0, 0);
  const [uRight, vRight] = at(1, 0);
  const [uBelow, vBelow] = at(0, 1);
  return { u, v, uAcross: uRight - u, vAcross: vRight - v, uDown: uBelow - u, vDown: vBelow - v };
};

const turn = (rotation: Layer['rotation'], p: number, q: number): readonly [number, number] => {
  switch (rotation) {
    case 0:
      return [p, q];
    case 90:
      return [1 - q, p];
    case 180:
      return [1 - p, 1 - q];
    case 270:
      return [q, 1 - p];
  }
};

/** Four neighbours by distance; beyond the edge of the source stands the edge. */
const bilinear = (read: PixelReader, column: (u: number) => number, row: (v: number) => number): PixelReader => {
  const near = new Uint16Array(4 * CHANNELS);
  return (u, v, out, at) => {
    const [left, top] = [Math.floor(u), Math.floor(v)];
    const [right, below] = [u - left, v - top];
    read(column(left), row(top), near, 0);
    read(column(left + 1), row(top), near, CHANNELS);
    read(column(left), row(top + 1), near, 2 * CHANNELS);
    read(column(left + 1), row(top + 1), near, 3 * CHANNELS);
    for (let channel = 0; channel < CHANNELS; channel++) {
      const upper = near[channel]! * (1 - right) + near[CHANNELS + channel]! * right;
      const lower = near[2 * CHANNELS + channel]! * (1 - right) + near[3 * CHANNELS + channel]! * right;
      out[at + channel] = nearest(upper * (1 - below) + lower * below);
    }
  };
};
