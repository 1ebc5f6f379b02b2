import { expect, test } from 'vitest';
import { Picture } from './card.ts';
import { drawTestCard } from './test-card.ts';

const WORDS = { title: 'FERRO FHD60', lines: ['1920x1080 60 Hz, XRGB8888', 'ferro-drm'] };

const drawn = (width: number, height: number) => {
  const pitchBytes = width * 4 + 64;
  const picture = new Picture(1, width, height, pitchBytes, new Uint8Array(height * pitchBytes).fill(0xee));
  drawTestCard(picture, WORDS);
  const view = new DataView(picture.bytes.buffer);
  return { picture, at: (x: number, y: number): number => view.getUint32(y * pitchBytes + x * 4, true) };
};

test.each([
  [1920, 1080],
  [1024, 768],
  [640, 480],
  [64, 32],
  [1, 1],
])('a test card of %i x %i covers all of it and nothing beside it', (width, height) => {
  const { picture, at } = drawn(width, height);
  let alpha = 0;
  let beside = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) alpha |= at(x, y) >>> 24;
    const rest = picture.bytes.subarray(y * picture.pitchBytes + width * 4, (y + 1) * picture.pitchBytes);
    if (rest.some((byte) => byte !== 0xee)) beside++;
  }
  expect([alpha, beside]).toEqual([0, 0]); // what is not covered is EEh
});

test('white corners, seven bars in the order of brightness, greys from black to white', () => {
  const { at } = drawn(1920, 1080);
  for (const [x, y] of [
    [0, 0],
    [1919, 0],
    [0, 1079],
    [1919, 1079],
  ] as const)
    expect(at(x, y)).toBe(0xffffff);
  const middle = (i: number, count: number) => 320 + Math.floor((1280 * (i + 0.5)) / count);
  expect(Array.from({ length: 7 }, (_, i) => at(middle(i, 7), 620))).toEqual([
    ...[0xbfbfbf, 0xbfbf00, 0x00bfbf, 0x00bf00, 0xbf00bf, 0xbf0000, 0x0000bf],
  ]);
  const greys = Array.from({ length: 16 }, (_, i) => at(middle(i, 16), 770));
  expect([greys[0], greys[15]]).toEqual([0, 0xffffff]);
  expect(greys).toEqual(greys.toSorted((a, b) => a - b));
});
