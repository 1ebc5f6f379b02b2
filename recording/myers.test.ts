import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffSequences, type Hunk } from './myers.ts';

const sequence = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 }).map((list) => Uint32Array.from(list));

/** What the hunks make of `a`. */
const applied = (a: Uint32Array, b: Uint32Array, hunks: readonly Hunk[]): number[] => {
  const out: number[] = [];
  let i = 0;
  for (const { aFrom, aTo, bFrom, bTo } of hunks) {
    out.push(...a.subarray(i, aFrom), ...b.subarray(bFrom, bTo));
    i = aTo;
  }
  return [...out, ...a.subarray(i)];
};

const cost = (hunks: readonly Hunk[]): number =>
  hunks.reduce((sum, { aFrom, aTo, bFrom, bTo }) => sum + aTo - aFrom + bTo - bFrom, 0);

/** Length of the longest common subsequence, by the table everybody knows. */
const common = (a: Uint32Array, b: Uint32Array): number => {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const one of a) {
    const next = [0];
    for (let j = 0; j < b.length; j++) next.push(one === b[j] ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    row = next;
  }
  return row[b.length]!;
};

test('hunks make the second sequence of the first, and nothing is shorter', () => {
  fc.assert(
    fc.property(sequence, sequence, (a, b) => {
      const hunks = diffSequences(a, b);
      expect(applied(a, b, hunks)).toEqual([...b]);
      expect(cost(hunks)).toBe(a.length + b.length - 2 * common(a, b));
    }),
    { numRuns: 500 },
  );
});

test('with hardly any effort allowed the answer is still right, if longer', () => {
  fc.assert(
    fc.property(sequence, sequence, fc.integer({ min: 1, max: 4 }), (a, b, effort) => {
      expect(applied(a, b, diffSequences(a, b, effort))).toEqual([...b]);
    }),
    { numRuns: 500 },
  );
});

test('equal stretches lie between hunks, so hunks never touch', () => {
  fc.assert(
    fc.property(sequence, sequence, (a, b) => {
      const hunks = diffSequences(a, b);
      for (const [n, hunk] of hunks.entries()) {
        const before = hunks[n - 1];
        if (before !== undefined) expect(hunk.aFrom - before.aTo).toBe(hunk.bFrom - before.bTo);
        if (before !== undefined) expect(hunk.aFrom).toBeGreaterThan(before.aTo);
      }
    }),
  );
});

test('a million rows with one changed are one hunk of one row', () => {
  const a = Uint32Array.from({ length: 1_000_000 }, (_, i) => i % 977);
  const b = a.slice();
  b[654_321] = 5000;
  expect(diffSequences(a, b)).toEqual([{ aFrom: 654_321, aTo: 654_322, bFrom: 654_321, bTo: 654_322 }]);
});

test('sequences with nothing in common are one hunk', () => {
  const a = Uint32Array.from({ length: 3000 }, (_, i) => i);
  const b = Uint32Array.from({ length: 2000 }, (_, i) => 10_000 + i);
  expect(diffSequences(a, b)).toEqual([{ aFrom: 0, aTo: 3000, bFrom: 0, bTo: 2000 }]);
});
