/** Properties and blobs, after IGT kms_properties and kms_prop_blob. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DrmBench } from './drm-bench.ts';
import { OBJECT_TYPE, ObjectSpace } from './mode-object.ts';
import { bitmask, named, Property, range, signed } from './property.ts';

const code = (name: string) => expect.objectContaining({ code: name });

test("a blob: nothing is EINVAL, another's is EPERM, gone is ENOENT, and a state keeps it (kms_prop_blob)", async () => {
  const bench = new DrmBench();
  const client = bench.client();
  const other = bench.client('other');
  expect(() => client.file.createBlob(new Uint8Array())).toThrow(code('EINVAL'));
  const bytes = Uint8Array.of(1, 2, 3);
  const id = client.file.createBlob(bytes);
  bytes[0] = 9;
  expect([...other.file.getBlob(id)]).toEqual([1, 2, 3]);
  expect(() => other.file.destroyBlob(id)).toThrow(code('EPERM'));
  client.file.destroyBlob(id);
  expect(() => client.file.getBlob(id)).toThrow(code('ENOENT'));
  expect(() => client.file.destroyBlob(id)).toThrow(code('ENOENT'));

  const { device } = bench;
  const crtc = device.crtcs[0]!;
  await client.atomic(client.light(client.fb(640, 480)), 0x400);
  const mode = client.value(crtc.id, 'MODE_ID');
  client.file.destroyBlob(mode);
  expect(client.file.getBlob(mode).length).toBe(68);
  await bench.until(client.file.close());
  expect(() => other.file.getBlob(mode)).toThrow(code('ENOENT'));
});

test('every property of every object is described, and its value is one it takes unless only the kernel sets it (kms_properties)', () => {
  const bench = new DrmBench();
  const { file } = bench.client();
  const { planes, crtcs, connectors } = bench.device;
  for (const { id, kind } of [...planes, ...crtcs, ...connectors]) {
    const properties = file.properties(id, OBJECT_TYPE[kind]);
    expect(properties.size).toBeGreaterThan(1);
    for (const [name, { id: property, value }] of properties) {
      const described = file.property(property);
      expect(described.name).toBe(name);
      if (!described.immutable) expect(described.check(value, bench.device.objects)).toBe(value);
    }
    expect(() => file.properties(id, OBJECT_TYPE.blob)).toThrow(code('ENOENT'));
  }
  expect(() => file.properties(0)).toThrow(code('ENOENT'));
  expect(() => file.properties(connectors[0]?.encoderId ?? 0)).toThrow(code('EINVAL'));
  expect(() => file.property(crtcs[0]?.id ?? 0)).toThrow(code('ENOENT'));
});

test('a client that has not asked for atomic sees neither atomic properties nor primary planes', () => {
  const bench = new DrmBench();
  const plain = bench.device.open('plain');
  expect(plain.resources().planes.length).toBe(2);
  expect([...plain.properties(bench.plane('Primary').id).keys()]).not.toContain('FB_ID');
  plain.setClientCap('universal_planes', 1);
  expect(plain.resources().planes.length).toBe(6);
  expect(() => plain.setClientCap('writeback_connectors', 1)).toThrow(code('EINVAL'));
  expect(() => plain.setClientCap('atomic', 2)).toThrow(code('EINVAL'));
  expect(plain.resources().connectors.length).toBe(2);
});

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
