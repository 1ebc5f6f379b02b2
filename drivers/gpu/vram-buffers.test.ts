/** Places in video memory never overlap, and what is copied there is what a plane shows. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Place, VideoMemory } from './vram.ts';

test('places never overlap, never leave memory, and all of it is free again when they are given back', () => {
  const bytes = fc.integer({ min: 1, max: 40_000 });
  const step = fc.oneof(
    bytes.map((take) => ({ take })),
    fc.nat(20).map((give) => ({ give })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const size = 25 * 4096;
      const memory = new VideoMemory(size);
      const held: Place[] = [];
      for (const one of steps) {
        if ('give' in one) {
          const [place] = held.splice(one.give % Math.max(1, held.length), 1);
          if (place !== undefined) memory.give(place);
          continue;
        }
        const place = memory.take(one.take);
        if (place === undefined) continue;
        expect(place.length).toBeGreaterThanOrEqual(one.take);
        expect(place.offset + place.length).toBeLessThanOrEqual(size);
        for (const other of held)
          expect(place.offset >= other.offset + other.length || other.offset >= place.offset + place.length).toBe(true);
        held.push(place);
      }
      for (const place of held) memory.give(place);
      expect(memory.freeBytes).toBe(size);
      expect(memory.take(size)).toEqual({ offset: 0, length: size });
    }),
  );
});

test('what was not taken cannot be given back', () => {
  expect(() => new VideoMemory(4096).give({ offset: 0, length: 4096 })).toThrow(/was not taken/);
});
