/** What a test holds composed frames against: each pixel by itself, the equations as they are written. */
import type { Scene } from './compositor.ts';
import type { Layer } from './layer.ts';
import { CHANNELS, OPAQUE } from './pixel-read.ts';
import { pixelSampler } from './sampler.ts';

/** The pixel at (x, y): alpha, red, green, blue. */
export const referencePixel = (scene: Scene, memory: Uint8Array): ((x: number, y: number) => readonly number[]) => {
  const layers = scene.layers.map((layer) => ({ layer, sampler: pixelSampler(layer, memory) }));
  const above = new Uint16Array(CHANNELS);
  return (x, y) => {
    let pixel: readonly number[] = [OPAQUE, ...scene.background];
    for (const { layer, sampler } of y < scene.starvedFrom ? layers : []) {
      const { target } = layer;
      const [column, row] = [x - target.x, y - target.y];
      if (column < 0 || row < 0 || column >= target.width || row >= target.height) continue;
      sampler.sample(column, row, 1, above, 0);
      pixel = blended(layer, [...above], pixel);
    }
    const { gamma } = scene;
    return gamma === null ? pixel : pixel.map((part, i) => (i === 0 ? part : gamma[(i - 1) as 0 | 1 | 2][part]!));
  };
};

const blended = (layer: Layer, above: readonly number[], below: readonly number[]): readonly number[] => {
  const whole = BigInt(OPAQUE) * BigInt(OPAQUE);
  const opacity = layer.blend === 'none' || !layer.format.alpha ? OPAQUE : above[0]!;
  const covered = BigInt(layer.alpha) * BigInt(opacity);
  const weight = layer.blend === 'coverage' ? covered : BigInt(layer.alpha) * BigInt(OPAQUE);
  return below.map((part, i) => {
    if (i === 0) return OPAQUE;
    const sum = BigInt(above[i]!) * weight + BigInt(part) * (whole - covered);
    return Math.min(OPAQUE, Number((2n * sum + whole) / (2n * whole)));
  });
};
