/** A test card: what a screen shows that no program draws on, so that size, geometry and colours are seen at a glance. */
import type { Picture } from './card.ts';
import { FONT_8X16, glyphRow } from './panic/fonts.ts';

export interface TestCardWords {
  readonly title: string;
  /** Lines below it. */
  readonly lines: readonly string[];
}

/** 75 % bars in the order of their brightness, SMPTE EG 1. */
const BARS = [0xbfbfbf, 0xbfbf00, 0x00bfbf, 0x00bf00, 0xbf00bf, 0xbf0000, 0x0000bf];
const GREYS = 16;
const [TOP, BOTTOM] = [0x0d1720, 0x1b3a47];
const GRID = 0x274653;
const EDGE = 0xffffff;
const CIRCLE = 0x6fa3b3;
const TEXT = 0xe8f1f4;

/** Covers all of the picture; the white corners show what a monitor cuts off, the circle what it stretches. */
export const drawTestCard = (picture: Picture, { title, lines }: TestCardWords): void => {
  const { width, height } = picture;
  const unit = Math.max(1, Math.floor(Math.min(width, height) / 36));
  for (let y = 0; y < height; y++) picture.fill(0, y, width, 1, blend(TOP, BOTTOM, y / height));
  for (let x = (width >> 1) % (3 * unit); x < width; x += 3 * unit) picture.fill(x, 0, 1, height, GRID);
  for (let y = (height >> 1) % (3 * unit); y < height; y += 3 * unit) picture.fill(0, y, width, 1, GRID);
  drawRing(picture, 15 * unit, Math.max(1, unit >> 3));
  drawCorners(picture, 2 * unit, Math.max(1, unit >> 3));
  drawSteps(picture, 20 * unit, 5 * unit, BARS.length, (i) => BARS[i] ?? 0);
  drawSteps(picture, 25 * unit, 2 * unit, GREYS, (i) => blend(0, 0xffffff, i / (GREYS - 1)));
  const large = Math.max(1, Math.floor(unit / 4));
  const small = Math.max(1, Math.floor(unit / 12));
  drawWords(picture, title, 10 * unit, large);
  for (const [i, line] of lines.entries())
    drawWords(picture, line, 10 * unit + FONT_8X16.height * (large + Math.round(i * small * 1.25) + 1), small);
};

/** Equal parts side by side, over two thirds of the width. */
const drawSteps = (picture: Picture, y: number, height: number, count: number, colour: (i: number) => number): void => {
  const span = Math.floor((picture.width * 2) / 3);
  const left = (picture.width - span) >> 1;
  const edge = (i: number): number => left + Math.floor((span * i) / count);
  for (let i = 0; i < count; i++) picture.fill(edge(i), y, edge(i + 1) - edge(i), height, colour(i));
};

const drawRing = (picture: Picture, radius: number, thick: number): void => {
  const [centreX, centreY] = [picture.width >> 1, picture.height >> 1];
  for (let dy = -radius; dy <= radius; dy++) {
    const outer = Math.floor(Math.sqrt(radius ** 2 - dy ** 2));
    const within = radius - thick;
    const inner = Math.abs(dy) > within ? 0 : Math.floor(Math.sqrt(within ** 2 - dy ** 2));
    picture.fill(centreX - outer, centreY + dy, outer - inner, 1, CIRCLE);
    picture.fill(centreX + inner, centreY + dy, outer - inner, 1, CIRCLE);
  }
};

const drawCorners = (picture: Picture, length: number, thick: number): void => {
  for (const right of [false, true])
    for (const bottom of [false, true]) {
      picture.fill(right ? picture.width - length : 0, bottom ? picture.height - thick : 0, length, thick, EDGE);
      picture.fill(right ? picture.width - thick : 0, bottom ? picture.height - length : 0, thick, length, EDGE);
    }
};

/** Centred; each pixel of the font is a square of `scale`. */
const drawWords = (picture: Picture, text: string, y: number, scale: number): void => {
  const { width: wide, height } = FONT_8X16;
  const left = (picture.width - text.length * wide * scale) >> 1;
  for (let i = 0; i < text.length; i++)
    for (let row = 0; row < height; row++) {
      const bits = glyphRow(FONT_8X16, text.charCodeAt(i), row);
      for (let column = 0; column < wide; column++)
        if ((bits & (0x80 >> column)) !== 0)
          picture.fill(left + (i * wide + column) * scale, y + row * scale, scale, scale, TEXT);
    }
};

const blend = (from: number, to: number, part: number): number => {
  const channel = (shift: number): number =>
    Math.round(((from >> shift) & 0xff) * (1 - part) + ((to >> shift) & 0xff) * part) << shift;
  return channel(16) | channel(8) | channel(0);
};
