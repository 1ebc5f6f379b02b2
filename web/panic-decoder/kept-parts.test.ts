/** Kept parts: what was opened before is there when the next part is opened. */
import { expect, test } from 'vitest';
import { withKeptParts } from './kept-parts.ts';

/** As a browser's, in memory. */
const storage = (limit = 1000): Storage => {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    key: (n) => [...kept.keys()][n] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem(key, value) {
      if (kept.size >= limit) throw new DOMException('full', 'QuotaExceededError');
      kept.set(key, value);
    },
    removeItem: (key) => void kept.delete(key),
    clear: () => kept.clear(),
  };
};

const part = (number: number, stream: string): string => `https://lab/panic#?p=0${number}.03.${stream}&z=00${number}`;

test('an address without parts is left as it is and not kept', () => {
  const kept = storage();
  expect(withKeptParts('https://lab/panic?z=001', kept)).toBe('https://lab/panic?z=001');
  expect(kept.length).toBe(0);
});

test('parts of one panic come together, those of another do not', () => {
  const kept = storage();
  withKeptParts(part(1, '0000000a'), kept);
  withKeptParts(part(1, '0000000b'), kept);
  const joined = withKeptParts(part(3, '0000000a'), kept).split('\n');
  expect(joined[0]).toBe(part(3, '0000000a'));
  expect(new Set(joined)).toEqual(new Set([part(1, '0000000a'), part(3, '0000000a')]));
});

test('keeps a bounded number of parts', () => {
  const kept = storage();
  for (let i = 0; i < 200; i++) withKeptParts(part(1, i.toString(16).padStart(8, '0')), kept);
  expect(kept.length).toBeLessThanOrEqual(64);
});

test('a browser that keeps nothing still shows the part', () => {
  expect(withKeptParts(part(2, '0000000a'), storage(0))).toBe(part(2, '0000000a'));
});
