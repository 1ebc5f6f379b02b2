/** Named deadlines fall due once, can be moved, and survive a snapshot. */
import { expect, test } from 'vitest';
import { VirtualClock } from '#bus/clock.ts';
import { Timeline } from './timeline.ts';

const bench = (clock = new VirtualClock()) => {
  const seen: string[] = [];
  const time = new Timeline(clock);
  for (const name of ['a', 'b', 'c']) time.on(name, () => void seen.push(`${name} ${time.now()}`));
  return { clock, time, seen };
};

test('fires once at its time, the later setting of a name counts', () => {
  const { clock, time, seen } = bench();
  time.set('a', 10);
  time.set('a', 20);
  time.set('b', 15);
  clock.advance(100);
  expect(seen).toEqual(['b 15', 'a 20']);
});

test('a cancelled deadline does not fire, and knows it has none left', () => {
  const { clock, time, seen } = bench();
  time.set('a', 10);
  clock.advance(4);
  expect(time.left('a')).toBe(6);
  time.cancel('a');
  expect(time.left('a')).toBeUndefined();
  clock.advance(100);
  expect(seen).toEqual([]);
});

test('goes on in another lab at another time, equal deadlines in their order', () => {
  const one = bench();
  one.clock.advance(5);
  one.time.set('b', 10);
  one.time.set('a', 10);
  one.time.set('c', 3);
  const snapshot = one.time.snapshot();
  const clock = new VirtualClock();
  clock.advance(1000);
  const two = bench(clock);
  two.time.restore(snapshot);
  for (const { clock: each } of [one, two]) each.advance(50);
  expect(two.seen).toEqual(['c 8', 'b 15', 'a 15']);
  expect(two.seen).toEqual(one.seen);
  expect(two.time.now()).toBe(one.time.now());
  expect(two.time.labTime(0)).toBe(995);
});
