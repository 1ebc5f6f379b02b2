/** The frame checksum equals zlib's CRC-32 without its inversions, however the lines repeat. */
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32le, LineCrc } from './crc.ts';

/** What zlib gives, started with a value and not inverted at the end. */
const byZlib = (seed: number, bytes: Uint8Array): number => (crc32(bytes, ~seed >>> 0) ^ 0xffffffff) >>> 0;

test('equals zlib for any bytes and any start', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.uint8Array({ maxLength: 100 }), (seed, bytes) => {
      expect(crc32le(seed, bytes)).toBe(byZlib(seed, bytes));
    }),
  );
});

test('a checksum line by line is that of all lines, whether they repeat or not', () => {
  const lines = fc.integer({ min: 1, max: 9 }).chain((words) => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    const shapes = fc.array(fc.array(word, { minLength: words, maxLength: words }), { minLength: 1, maxLength: 3 });
    return fc.tuple(shapes, fc.array(fc.nat(2), { maxLength: 20 }));
  });
  fc.assert(
    fc.property(lines, ([shapes, order]) => {
      const picture = order.map((n) => Uint32Array.from(shapes[n % shapes.length]!)); // there is at least one
      const crc = new LineCrc(shapes[0]!.length);
      const stepped = picture.reduce((value, line) => crc.next(value, line), 0);
      expect(stepped).toBe(byZlib(0, Uint8Array.from(picture.flatMap((line) => [...new Uint8Array(line.buffer)]))));
    }),
  );
});
