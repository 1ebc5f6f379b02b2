/** Properties of every object as clients see them (IGT kms_properties). */
import { expect, test } from 'vitest';
import { DrmBench, litCore } from '../drm-bench.ts';
import { OBJECT_TYPE } from '../mode-object.ts';

const code = (name: string) => expect.objectContaining({ code: name });

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

test('set one by one by the legacy call: what is so may be set again, what is wrong is told (connector-, crtc-, plane-properties-legacy, invalid-properties-legacy)', async () => {
  const { bench, client, file, crtc, connector, primary, fb } = await litCore();
  const set = (id: number, property: number, value: number) => bench.until(file.setProperty(id, property, value));
  for (const { id } of [primary, bench.plane('Overlay'), crtc, connector])
    for (const { id: property, value } of file.properties(id).values())
      if (!file.property(property).immutable) await set(id, property, value);
  const active = client.id(crtc.id, 'ACTIVE');
  for (const [id, property, value, errno] of [
    [0, active, 1, 'ENOENT'],
    [99_999, active, 1, 'ENOENT'],
    [fb, active, 1, 'EINVAL'],
    [connector.encoderId, active, 1, 'EINVAL'],
    [primary.id, active, 1, 'EINVAL'],
    [crtc.id, 0, 1, 'EINVAL'],
    [crtc.id, 99_999, 1, 'EINVAL'],
    [crtc.id, active, 2, 'EINVAL'],
    [primary.id, client.id(primary.id, 'type'), 0, 'EINVAL'],
    [connector.id, client.id(connector.id, 'EDID'), 0, 'EINVAL'],
    [connector.id, client.id(connector.id, 'DPMS'), 4, 'EINVAL'],
  ] as const)
    await expect(set(id, property, value), `${id} ${property}`).rejects.toMatchObject({ code: errno });
});

test('DPMS by the legacy call turns scanout off and on, and keeps the mode (connector-properties-legacy)', async () => {
  const { bench, client, file, crtc, connector, primary, fb } = await litCore();
  const dpms = client.id(connector.id, 'DPMS');
  for (const [level, active] of [
    [3, false],
    [1, false],
    [0, true],
    [2, false],
    [0, true],
  ] as const) {
    await bench.until(file.setProperty(connector.id, dpms, level));
    expect([crtc.state.active, client.value(connector.id, 'DPMS')]).toEqual([active, active ? 0 : 3]);
    expect([crtc.state.enable, primary.state.fb?.id]).toEqual([true, fb]);
  }
  const idle = bench.device.connectors[1]?.id ?? 0;
  await bench.until(file.setProperty(idle, client.id(idle, 'DPMS'), 0)); // on no CRTC: nothing to turn
});

test('one property is one object wherever it is attached, and its description says which values it takes (get_properties-sanity)', () => {
  const bench = new DrmBench();
  const { file } = bench.client();
  const [first, second] = [bench.plane('Overlay'), bench.plane('Overlay', 1)];
  const ids = (id: number) => [...file.properties(id).values()].map(({ id }) => id);
  expect(ids(first.id)).toEqual(ids(second.id));
  const rotation = file.property(file.properties(first.id).get('rotation')?.id ?? 0);
  expect(rotation.is).toMatchObject({ type: 'bitmask', names: { 'rotate-0': 0, 'reflect-y': 5 } });
  expect(file.property(file.properties(first.id).get('type')?.id ?? 0).immutable).toBe(true);
});
