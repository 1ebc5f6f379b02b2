/** Surfaces: the bytes of each format, and rectangles that stay inside. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PanicFormat, PIXEL_FORMATS } from './pixel-formats.ts';
import { BACKGROUND, FOREGROUND, MemorySurface } from './surface.ts';

const FORMATS = Object.keys(PIXEL_FORMATS) as PanicFormat[];

const pixelOf = (format: PanicFormat, foreground: number): string => {
  const surface = new MemorySurface({ format, width: 1, height: 1, foreground });
  surface.setPixel(0, 0, FOREGROUND);
  return Buffer.from(surface.bytes).toString('hex');
};

/** drm_fourcc.h: names from the top bit down, memory from the low byte up. */
test.each([
  ['RGB565', '08fc'],
  ['BGR565', '1f44'],
  ['XRGB1555', '087e'],
  ['ARGB1555', '08fe'],
  ['RGBA5551', '11fc'],
  ['RGB888', '4080ff'],
  ['BGR888', 'ff8040'],
  ['XRGB8888', '4080ff00'],
  ['ARGB8888', '4080ffff'],
  ['XBGR8888', 'ff804000'],
  ['ABGR8888', 'ff8040ff'],
  ['RGBX8888', '004080ff'],
  ['RGBA8888', 'ff4080ff'],
  ['BGRX8888', '00ff8040'],
  ['BGRA8888', 'ffff8040'],
  ['XRGB2101010', '0109f83f'],
  ['ARGB2101010', '0109f8ff'],
  ['XBGR2101010', 'ff0b1810'],
  ['XRGB16161616', '40408080ffff0000'],
  ['ARGB16161616', '40408080ffffffff'],
  ['XBGR16161616', 'ffff808040400000'],
  ['R8', '9f'],
  ['R4', '90'],
  ['R2', '80'],
  ['R1', '80'],
] as const)('writes the colour ff8040 as %s: %s', (format, bytes) => {
  expect(pixelOf(format, 0xff8040)).toBe(bytes);
});

test.each([
  ['NV12', 0xffffff, 'ff8080'],
  ['NV12', 0x000000, '008080'],
  ['NV12', 0xff0000, '4c55ff'],
  ['NV21', 0xff0000, '4cff55'],
  ['YUV420', 0xff0000, '4c55ff'],
  ['YVU444', 0xff0000, '4cff55'],
  ['NV42', 0xff0000, '4cff55'],
  ['YUV422', 0xff0000, '4c55ff'],
  ['P010', 0xffffff, 'c0ff00800080'],
  ['P012', 0xffffff, 'f0ff00800080'],
  ['P016', 0xffffff, 'ffff00800080'],
] as const)('writes %s in full-range BT.601: %i', (format, colour, bytes) => {
  expect(pixelOf(format, colour)).toBe(bytes);
});

test('limited range is 16 to 235', () => {
  const surface = new MemorySurface({ format: 'NV12', width: 2, height: 2, range: 'limited' });
  surface.fill(0, 0, 2, 2, FOREGROUND);
  expect([...surface.bytes]).toEqual([235, 235, 235, 235, 128, 128]);
  surface.fill(0, 0, 2, 2, BACKGROUND);
  expect([...surface.bytes]).toEqual([16, 16, 16, 16, 128, 128]);
});

test('a palette format takes the index nearest to each colour', () => {
  const palette = Uint8Array.of(10, 20, 30, 250, 250, 240, 128, 128, 128, 2, 1, 0);
  const surface = new MemorySurface({ format: 'C8', width: 2, height: 1, palette });
  surface.setPixel(0, 0, FOREGROUND);
  surface.setPixel(1, 0, BACKGROUND);
  expect([...surface.bytes]).toEqual([1, 3]);
});

test('pixels smaller than a byte begin at its most significant bits, and spare their neighbours', () => {
  const surface = new MemorySurface({ format: 'R2', width: 7, height: 2 });
  surface.fill(1, 0, 4, 1, FOREGROUND);
  surface.setPixel(6, 1, FOREGROUND);
  expect([...surface.bytes]).toEqual([0b00111111, 0b11000000, 0, 0b00001100]);
  surface.fill(2, 0, 1, 1, BACKGROUND);
  expect(surface.bytes[0]).toBe(0b00110011);
});

test('planes may lie in memory of their own', () => {
  const memory = [new Uint8Array(4), new Uint8Array(2)];
  const surface = new MemorySurface({ format: 'NV12', width: 2, height: 2, memory, offsetBytes: [0, 0] });
  surface.fill(0, 0, 2, 2, FOREGROUND);
  expect(memory.map((plane) => [...plane])).toEqual([
    [255, 255, 255, 255],
    [128, 128],
  ]);
  expect(() => new MemorySurface({ format: 'NV12', width: 3, height: 2, memory, offsetBytes: [0, 0] })).toThrow(
    /plane 0, needs 6 bytes; there are 4/,
  );
});

test('YUYV keeps luma of each pixel and chroma of each pair', () => {
  const surface = new MemorySurface({ format: 'YUYV', width: 4, height: 1 });
  surface.fill(0, 0, 4, 1, BACKGROUND);
  surface.setPixel(1, 0, FOREGROUND);
  expect([...surface.bytes]).toEqual([0, 128, 255, 128, 0, 128, 0, 128]);
});

test('a 24-bit fill keeps all three bytes, also where a pixel lies across a page of memory', () => {
  const surface = new MemorySurface({ format: 'RGB888', width: 1500, height: 2, foreground: 0xff8040 });
  surface.fill(0, 0, 1500, 2, FOREGROUND);
  expect([...surface.bytes.subarray(4095, 4098)]).toEqual([0x40, 0x80, 0xff]);
  expect(surface.bytes.every((byte, i) => byte === [0x40, 0x80, 0xff][i % 3])).toBe(true);
});

test('says which of the inks is the lighter one', () => {
  const of = (foreground: number, background: number): number =>
    new MemorySurface({ format: 'R8', width: 1, height: 1, foreground, background }).lightInk;
  expect(of(0xffffff, 0x000000)).toBe(FOREGROUND);
  expect(of(0x000040, 0xffff00)).toBe(BACKGROUND);
});

test('refuses a format it does not know, sizes that are none, pitches and memory too small', () => {
  const make = (more: object) => () => new MemorySurface({ format: 'XRGB8888', width: 10, height: 10, ...more });
  expect(make({ format: 'XYZ' })).toThrow(/pixel format XYZ: there is C8, R8/);
  expect(make({ width: 0 })).toThrow(/0 x 10/);
  expect(make({ height: 1.5 })).toThrow(/10 x 1.5/);
  expect(make({ pitchBytes: [39] })).toThrow(/a pitch of 39 bytes; a row of 10 takes 40/);
  expect(make({ offsetBytes: [-4] })).toThrow(/an offset of -4 bytes/);
  expect(make({ bytes: new Uint8Array(399) })).toThrow(/plane 0, needs 400 bytes; there are 399/);
});

test.each(FORMATS)('%s: a rectangle paints its pixels alike and no byte outside them, wherever it lies', (format) => {
  const side = fc.integer({ min: -6, max: 20 });
  const blank = /^R[124]$/.test(format) ? 0 : 0x5a; // some of those bits are set already
  fc.assert(
    fc.property(side, side, side, side, fc.nat(7), (x, y, width, height, gap) => {
      const lone = new MemorySurface({ format, width: 13, height: 9 });
      const offsetBytes = lone.offsetBytes.map((offset) => offset * 3 + 5);
      const pitchBytes = lone.pitchBytes.map((pitch) => pitch + gap);
      const bytes = new Uint8Array(lone.bytes.length * 4 + 500).fill(blank);
      const whole = new MemorySurface({ format, width: 13, height: 9, bytes, offsetBytes, pitchBytes });
      whole.fill(x, y, width, height, FOREGROUND);
      const pixels = new Uint8Array(bytes.length).fill(blank);
      const byPixel = new MemorySurface({ format, width: 13, height: 9, bytes: pixels, offsetBytes, pitchBytes });
      for (let row = y; row < y + height; row++)
        for (let column = x; column < x + width; column++) byPixel.setPixel(column, row, FOREGROUND);
      expect(Buffer.from(bytes).equals(pixels)).toBe(true);
      const inside = x < 13 && y < 9 && x + width > 0 && y + height > 0 && width > 0 && height > 0;
      expect(bytes.some((byte) => byte !== blank)).toBe(inside);
    }),
    { numRuns: 40 },
  );
});
