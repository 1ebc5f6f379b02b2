/** Routes: what each path names. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { devicePath, isPanicFragment, parsePath } from './route.ts';

test('names the pages by their paths', () => {
  expect(parsePath('/')).toEqual({ page: 'bench' });
  expect(parsePath('/traffic')).toEqual({ page: 'traffic' });
  expect(parsePath('/scenarios/')).toEqual({ page: 'scenarios' });
  expect(parsePath('/devices/phy0')).toEqual({ page: 'device', device: 'phy0' });
  expect(parsePath('/devices/phy0/micro')).toEqual({ page: 'micro', device: 'phy0' });
});

test('calls everything else unknown, broken escapes too', () => {
  for (const path of ['/nowhere', '/devices', '/devices/a/b', '/devices/a/micro/b', '/traffic/x', '/devices/%E0%A4%A'])
    expect(parsePath(path)).toEqual({ page: 'unknown', path });
});

test('finds any device name back from its path', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (device) => {
      expect(parsePath(devicePath(device))).toEqual({ page: 'device', device });
    }),
  );
});

test('names the panic decoder by its path and by its fragment', () => {
  expect(parsePath('/panic')).toEqual({ page: 'panic' });
  for (const fragment of ['#/panic', '#/panic?a=x&z=1', '#/panic#?z=1']) expect(isPanicFragment(fragment)).toBe(true);
  for (const fragment of ['', '#', '#?z=1', '#/panics', '#/devices/panic'])
    expect(isPanicFragment(fragment)).toBe(false);
});
