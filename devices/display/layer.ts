/** A plane as the scanout holds it: what its registers said at the last flip. */
import type { PixelFormat } from '#datasheets/display-formats.ts';
import type { PlaneName } from '#datasheets/display-planes.ts';

export type Rotation = 0 | 90 | 180 | 270;
export type Blend = 'premultiplied' | 'coverage' | 'none';
export type YuvEncoding = 'bt601' | 'bt709' | 'bt2020';

export interface Layer {
  readonly plane: PlaneName | 'DISPI';
  readonly format: PixelFormat;
  /** By memory plane: first byte in video memory, and bytes from row to row. */
  readonly bases: readonly number[];
  readonly pitches: readonly number[];
  /** In pixels; fractions of 1/65536. */
  readonly source: Rect;
  /** On the screen, in whole pixels; may lie partly or wholly beside it. */
  readonly target: Rect;
  readonly zpos: number;
  /** Of 65535. */
  readonly alpha: number;
  readonly blend: Blend;
  readonly rotation: Rotation;
  readonly reflectX: boolean;
  readonly reflectY: boolean;
  readonly bilinear: boolean;
  readonly encoding: YuvEncoding;
  readonly limited: boolean;
}

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One pixel of the source for one of the screen, in rows and columns as they lie in memory. */
export const isPlain = ({ source, target, rotation, reflectX, reflectY }: Layer): boolean =>
  rotation === 0 &&
  !reflectX &&
  !reflectY &&
  source.width === target.width &&
  source.height === target.height &&
  Number.isInteger(source.x) &&
  Number.isInteger(source.y);

/** The part of a layer's target that is on a screen of this size. */
export const onScreen = ({ target }: Layer, width: number, height: number): Rect => {
  const left = Math.max(0, target.x);
  const top = Math.max(0, target.y);
  return {
    x: left,
    y: top,
    width: Math.max(0, Math.min(width, target.x + target.width) - left),
    height: Math.max(0, Math.min(height, target.y + target.height) - top),
  };
};
