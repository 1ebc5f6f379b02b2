/** An EDID for the eye: what it tells, and that no bytes are too odd to be shown. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { edidBytes, edidParts, identityOf, timingAt } from './edid-view.ts';

/** A base block with a name, an 800x600 timing and a right sum. */
const edid = (name: string): Uint8Array => {
  const bytes = new Uint8Array(128);
  bytes.set([0, 255, 255, 255, 255, 255, 255, 0, 0x1a, 0x4c, 0x38, 0x04]);
  bytes.set([35, 1, 4], 17);
  bytes.set([52, 29], 21);
  bytes.set([0xa0, 0x0f, 0x20, 0x00, 0x31, 0x58, 0x1c, 0x20], 54);
  bytes.set([0, 0, 0, 0xfc, 0, ...[...`${name}\n`.padEnd(13)].map((c) => c.charCodeAt(0))], 72);
  bytes.set([0, 0, 0, 0xfd, 0, 50, 75, 30, 83], 90);
  bytes.set([0, 0, 0, 0x10], 108);
  bytes[127] = (256 - bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0)) & 0xff;
  return bytes;
};

test('an EDID tells who made the monitor and what it prefers', () => {
  const bytes = edid('TEST 1');
  expect(identityOf(bytes)).toMatchObject({ maker: 'FRL', name: 'TEST 1', product: 0x0438, year: 2025, hz: [50, 75] });
  expect(timingAt(bytes, 54)).toMatchObject({ clockKhz: 40_000, width: 800, height: 600 });
  expect(timingAt(bytes, 54)?.hz).toBeCloseTo(60.32, 2);
  const parts = edidParts(bytes);
  expect(parts.find(({ kind }) => kind === 'text')?.text).toBe('Name: TEST 1');
  expect(parts.at(-1)).toEqual({ from: 127, to: 128, kind: 'sum', text: 'Checksum of block 0: right' });
  bytes[40]! ^= 1;
  expect(edidParts(bytes).at(-1)).toMatchObject({ kind: 'bad-sum' });
});

test('every byte of anything taken for an EDID is in exactly one part', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1024 }), (bytes) => {
      const parts = edidParts(bytes);
      expect(parts.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))).toEqual(
        Array.from(bytes, (_, i) => i),
      );
      expect(() => identityOf(bytes)).not.toThrow();
      expect(edidBytes(Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''))).toEqual(bytes);
    }),
  );
});
