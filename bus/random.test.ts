/** Seeded randomness repeats, forks apart, and spreads. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noise, Random, seedOf } from './random.ts';

const draw = (random: Random, count = 20) => Array.from({ length: count }, () => random.next());

test('the same seed draws the same numbers, another seed others', () => {
  expect(draw(new Random(7))).toEqual(draw(new Random(7)));
  expect(draw(new Random(7))).not.toEqual(draw(new Random(8)));
});

test('a fork does not depend on what was drawn before, and names part forks', () => {
  const drawn = new Random(7);
  draw(drawn);
  expect(draw(drawn.fork('a'))).toEqual(draw(new Random(7).fork('a')));
  expect(draw(drawn.fork('a'))).not.toEqual(draw(drawn.fork('b')));
});

test('a kept state goes on where it was', () => {
  const one = new Random(7);
  draw(one);
  const two = new Random(0);
  two.state = one.state;
  expect(draw(two)).toEqual(draw(one));
});

test('everything lies in its range', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(), fc.integer({ min: 1, max: 1000 }), fc.string(), (seed, key, below, name) => {
      const random = new Random(seed);
      for (const value of [random.next(), noise(seed, key)]) expect(value >= 0 && value < 1).toBe(true);
      const whole = random.below(below);
      expect(Number.isInteger(whole) && whole >= 0 && whole < below).toBe(true);
      expect(seedOf(seed, name)).toBe(seedOf(seed, name) >>> 0);
    }),
  );
});

test.each([
  ['next', () => draw(new Random(3), 20_000)],
  ['noise', () => Array.from({ length: 20_000 }, (_, key) => noise(3, key))],
])('%s spreads evenly over ten bins', (_name, numbers) => {
  const bins = new Array<number>(10).fill(0);
  for (const value of numbers()) bins[Math.floor(value * 10)] = (bins[Math.floor(value * 10)] ?? 0) + 1;
  for (const bin of bins) expect(Math.abs(bin - 2000)).toBeLessThan(200);
});
