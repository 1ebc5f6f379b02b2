import { expect, test } from 'vitest';
import { bench, SMALL } from '#devices/display/bench.ts';
import { linesOf, pictureCrc, pictureNamed } from './pictures.ts';

const [WIDTH, HEIGHT] = [64, 32];

test.each(['bars', 'checker', 'gradient', 'black', 'white', 'colour:123456', 'moving:0', 'moving:3', 'moving:99'])(
  '%s has the CRC of a display that shows it, whatever the pitch',
  (name) => {
    for (const pitch of [256, 320]) {
      const { display, mode, plane, now, store } = bench();
      mode(SMALL);
      plane('PRIMARY', { pitch });
      store(0, linesOf(pictureNamed(name), WIDTH, HEIGHT, pitch));
      now();
      expect(display.frameCrc()).toBe(pictureCrc(name, WIDTH, HEIGHT));
    }
  },
);

test('pictures differ, and so do the frames of a moving one', () => {
  const names = ['bars', 'checker', 'gradient', 'black', 'white', 'colour:00ff00', 'moving:0', 'moving:1'];
  expect(new Set(names.map((name) => pictureCrc(name, WIDTH, HEIGHT))).size).toBe(names.length);
});

test('only the lines of its band tell a frame of a moving picture from bars', () => {
  const moving = pictureNamed('moving', 5);
  const bars = pictureNamed('bars');
  const [top = 0, below = 0] = moving.band?.(HEIGHT) ?? [];
  expect(below).toBeGreaterThan(top);
  for (let y = 0; y < HEIGHT; y++)
    expect(moving.row(y, WIDTH, HEIGHT).join() !== bars.row(y, WIDTH, HEIGHT).join()).toBe(y >= top && y < below);
});

test('what is no picture is refused with what there is', () => {
  expect(() => pictureNamed('bar')).toThrow(/did you mean 'bars'/);
  expect(() => pictureNamed('colour:12345')).toThrow(/colour:rrggbb/);
  expect(() => pictureNamed('bars:3')).toThrow(/no picture 'bars:3'/);
  expect(() => pictureNamed('moving:-1')).toThrow(/no picture/);
});
