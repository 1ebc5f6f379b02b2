/** Pages on demand hold what a plain array of sectors would, however they come to lie in memory. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PAGE } from './page-memory.ts';
import { PageStore } from './page-store.ts';

const SECTOR = 512;
const PAGES = 80; // more than a slab
const SECTORS = (PAGES * PAGE) / SECTOR;

const span = fc.record({ sector: fc.nat(SECTORS - 1), sectors: fc.integer({ min: 1, max: 500 }) });
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('write' as const), span, fill: fc.integer({ min: 1, max: 255 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('free' as const), span, fill: fc.constant(0) }) },
);

test('any writes and frees read back as from a plain array', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.nat(SECTOR), fc.nat(PAGES * PAGE), (steps, skew, from) => {
      const store = new PageStore(Number.POSITIVE_INFINITY);
      const plain = new Uint8Array(PAGES * PAGE);
      for (const { do: op, span, fill } of steps) {
        const offset = span.sector * SECTOR;
        const length = Math.min(span.sectors * SECTOR, plain.length - offset);
        if (op === 'free') {
          store.free(offset, length);
          plain.fill(0, offset, offset + length);
          continue;
        }
        const source = new Uint8Array(length + skew);
        for (let i = 0; i < source.length; i += SECTOR) source.fill(fill + (i >> 9), i, i + SECTOR);
        expect(store.write(offset, length, source, skew)).toBe(length);
        plain.set(source.subarray(skew), offset);
      }
      const target = new Uint8Array(plain.length - from + 7).fill(0xee);
      store.read(from, plain.length - from, target, 7);
      expect(Buffer.compare(target.subarray(7), plain.subarray(from))).toBe(0);
      expect(Buffer.compare(target.subarray(0, 7), new Uint8Array(7).fill(0xee))).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('a full store says how much it took, and keeps that', () => {
  const store = new PageStore(3);
  const source = new Uint8Array(8 * PAGE).fill(7);
  expect(store.write(SECTOR, 8 * PAGE - SECTOR, source, 0)).toBe(3 * PAGE - SECTOR);
  const target = new Uint8Array(4 * PAGE);
  store.read(0, 4 * PAGE, target, 0);
  expect(target.indexOf(7)).toBe(SECTOR);
  expect(target.lastIndexOf(7)).toBe(3 * PAGE - 1);
});
