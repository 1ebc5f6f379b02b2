/** A layer's pixels in the order of the screen: rotation, reflection and scaling. */
import { isPlain, type Layer } from './layer.ts';
import { CHANNELS, OPAQUE, type PixelReader, pixelReader } from './pixel-read.ts';

/** Puts `count` pixels of the layer, from column `x` of row `y` of its target on, at the beginning of `out`. */
export type RowSampler = (x: number, y: number, count: number, out: Uint16Array) => void;

export const rowSampler = (layer: Layer, memory: Uint8Array): RowSampler => {
  const read = pixelReader(layer, memory);
  if (isPlain(layer)) {
    const { x: left, y: top } = layer.source;
    return (x, y, count, out) => {
      for (let i = 0; i < count; i++) read(left + x + i, top + y, out, i * CHANNELS);
    };
  }
  const place = placeOf(layer);
  const { source } = layer;
  const [leftmost, topmost] = [Math.floor(source.x), Math.floor(source.y)];
  const rightmost = Math.max(leftmost, Math.ceil(source.x + source.width) - 1);
  const bottommost = Math.max(topmost, Math.ceil(source.y + source.height) - 1);
  const column = (u: number): number => Math.max(leftmost, Math.min(rightmost, Math.floor(u)));
  const row = (v: number): number => Math.max(topmost, Math.min(bottommost, Math.floor(v)));
  // nearest also where bilinear would change nothing: pixels fall on pixels
  const fetch: PixelReader = layer.bilinear && isScaled(layer) ? bilinear(read, column, row) : read;
  const exact = !(layer.bilinear && isScaled(layer));
  return (x, y, count, out) => {
    for (let i = 0; i < count; i++) {
      const u = place.u + (x + i) * place.uAcross + y * place.uDown;
      const v = place.v + (x + i) * place.vAcross + y * place.vDown;
      if (exact) fetch(column(u), row(v), out, i * CHANNELS);
      else fetch(u - 0.5, v - 0.5, out, i * CHANNELS);
    }
  };
};

const turned = ({ rotation }: Layer): boolean => rotation === 90 || rotation === 270;
const isScaled = (layer: Layer): boolean => {
  const { source, target } = layer;
  const [width, height] = turned(layer) ? [source.height, source.width] : [source.width, source.height];
  return width !== target.width || height !== target.height;
};

/** Where the centre of a target pixel lies in the source: rotation is counter-clockwise, after reflection (drm_blend.c). */
const placeOf = (layer: Layer) => {
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
      out[at + channel] = Math.min(OPAQUE, Math.round(upper * (1 - below) + lower * below));
    }
  };
};
