/** A DRM device through its life: bugs of its driver, unloading, what it does not have. */
import { expect, test } from 'vitest';
import { DrmBench, litCore } from './drm-bench.ts';

const code = (name: string) => ({ code: name });

test('a driver that throws what is no LabError has a bug: the log says so and the flip is not waited for', async () => {
  const { client, bench, primary } = await litCore();
  bench.failing = new TypeError('undefined is not a function');
  await client.atomic([[primary.id, { FB_ID: client.fb(640, 480) }]]);
  expect(bench.kernel.lines.join('\n')).toMatch(
    /emerg: Kernel panic - not syncing: Uncaught TypeError: undefined is not/,
  );
  await expect(client.file.atomic({ objects: [] })).rejects.toMatchObject(code('EIO'));
});

test('after unloading every call is ENODEV', async () => {
  const { bench, client, crtc } = await litCore();
  await bench.unload();
  expect(crtc.state.active).toBe(false);
  await expect(client.file.atomic({ objects: [] })).rejects.toMatchObject({ code: 'EINVAL' });
  expect(() => bench.device.open()).toThrow(/gone/);
});

test('a driver without atomic, dumb buffers or modifiers says so: EOPNOTSUPP, ENOSYS, EINVAL', async () => {
  const file = new DrmBench(1, { atomic: false, dumb: false, modifiers: false }).device.open();
  expect(() => file.setClientCap('atomic', 1)).toThrow(expect.objectContaining(code('EOPNOTSUPP')));
  await expect(file.atomic({ objects: [] })).rejects.toMatchObject(code('EOPNOTSUPP'));
  expect(() => file.createDumb({ width: 64, height: 64, bpp: 32 })).toThrow(expect.objectContaining(code('ENOSYS')));
  const of = { width: 64, height: 64, fourcc: 0, flags: 2, handles: [], pitches: [] };
  expect(() => file.addFb2(of)).toThrow(/takes no modifiers/);
});
