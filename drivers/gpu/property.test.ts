/** Values of properties, and ids of objects. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DrmBench } from './drm-bench.ts';
import { ObjectSpace } from './mode-object.ts';
import { bitmask, named, Property, range, signed } from './property.ts';

test('ids are never 0, and never two at a time', () => {
  const bench = new DrmBench();
  const { file } = bench.client();
  const blobs = Array.from({ length: 20 }, () => file.createBlob(new Uint8Array(1)));
  const objects = [...bench.device.planes, ...bench.device.crtcs, ...bench.device.connectors].map(({ id }) => id);
  expect(new Set([...blobs, ...objects]).size).toBe(blobs.length + objects.length);
  expect(Math.min(...blobs, ...objects)).toBeGreaterThan(0);
});

test('whatever 64 bits are set, a property answers with a value in its range or EINVAL', () => {
  const objects = new ObjectSpace();
  const properties = [
    range('r', 3, 900),
    signed('s', -5, 5),
    named('e', { a: 0, b: 4 }),
    bitmask('m', { x: 0, y: 3 }),
  ].map((declared) => objects.add((id) => new Property(id, declared)));
  const anything = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), fc.integer(), fc.double());
  fc.assert(
    fc.property(fc.constantFrom(...properties), anything, (property, value) => {
      let found: number;
      try {
        found = property.check(value, objects);
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'EINVAL' });
        return;
      }
      const { is } = property;
      if ('min' in is) expect(found >= is.min && found <= is.max).toBe(true);
      else if (is.type === 'enum') expect([0, 4]).toContain(found);
      else expect(found & ~9).toBe(0);
    }),
  );
});
