import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DeviceNotice, encodeNotice, moduleOf, parseNotice, parsePresence } from './announce.ts';

const notice: DeviceNotice = {
  device: 'phy0',
  lab: 'lab',
  kind: 'qt2025',
  ports: ['mdio'],
  datasheet: 'abc',
  session: 's1',
  state: 'here',
  owner: { client: 'drv', module: 'qt2025' },
  change: 3,
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('a notice is read as it was said', () => {
  expect(parseNotice(bytes(encodeNotice(notice)))).toEqual(notice);
  expect(parseNotice(bytes(encodeNotice({ ...notice, owner: null })))?.owner).toBeNull();
});

test('a goodbye, and what is not one of ours, is nothing', () => {
  for (const text of ['', 'x', '[]', 'null', '{}', '{"device":"a/b"}', `{"device":"${'x'.repeat(99)}"}`]) {
    expect(parseNotice(bytes(text))).toBeUndefined();
    expect(parsePresence(bytes(text))).toBeUndefined();
  }
});

test('any bytes and any JSON are read without a throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes)), (said) => {
      parseNotice(said);
      parsePresence(said);
    }),
  );
  const field = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.constant([]), fc.constant({}));
  fc.assert(
    fc.property(fc.record({ owner: field, ports: field, change: field, state: field, device: field }), (odd) => {
      parseNotice(bytes(JSON.stringify({ ...notice, ...odd })));
    }),
  );
});

test('a client goes by its module where it names a proper one', () => {
  const presence = { client: 'drv', session: 's', role: 'driver', state: 'here' };
  expect(moduleOf('drv', { ...presence, module: 'qt2025' })).toBe('qt2025');
  expect(moduleOf('drv', { ...presence, module: 'a\nb' })).toBe('drv');
  expect(moduleOf('drv', undefined)).toBe('drv');
});
