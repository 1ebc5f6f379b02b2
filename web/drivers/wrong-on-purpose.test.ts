import { expect, test } from 'vitest';
import { DRIVERS } from '#drivers/registry.ts';
import { sorted } from './wrong-on-purpose.ts';

test('drivers that are wrong on purpose stand apart from those for work, none is lost', () => {
  const all = Object.values(DRIVERS).map(({ info }) => info);
  const { right, wrong } = sorted(all);
  expect([...right, ...wrong].map(({ name }) => name).sort()).toEqual(all.map(({ name }) => name).sort());
  expect(wrong.every(({ name }) => name.startsWith('bad-'))).toBe(true);
  expect(right.some(({ name }) => name.startsWith('bad-'))).toBe(false);
  expect(wrong.length).toBeGreaterThan(10);
});
