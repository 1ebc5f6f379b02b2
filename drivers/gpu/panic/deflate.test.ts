/** The compressor: the bytes of classic zlib where they are known, and for anything else a stream that inflates to it. */
import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFLATE_MAX_INPUT, Deflater } from './deflate.ts';

const deflater = new Deflater();
const output = new Uint8Array(70_000);
const hexOf = (text: string): string => {
  const input = Buffer.from(text);
  return Buffer.from(output.subarray(0, deflater.deflate(input, 0, input.length, output))).toString('hex');
};

test('writes byte for byte what classic zlib writes with window 12, memLevel 4, level 6', () => {
  expect(hexOf('Test compressed zlib')).toBe('48890b492d2e5148cecf2d284a2d2e4e4d51a8cac94c0200512b07c7');
  const crash =
    '[    1.000000] Kernel panic - not syncing: sysrq triggered crash\n[    1.000100] CPU: 0 PID: 1 Comm: sh\n';
  expect(hexOf(crash)).toBe(
    '48898b560002433d03308855f04e2dca4bcd512848cccb4c56d055c8cb2f5128aecc4bcecc4bb702328a8b0a154a8a32d3d3538b525314928b128b33b8a2e10618820c700e08b552305008f074b152305470cecfcd056acce00200288a1dae',
  );
  expect(hexOf('')).toBe('4889030000000001');
});

/** Logs, noise, and long runs: dynamic, stored and fixed blocks, matches near and far. */
const inputs = fc.oneof(
  fc.uint8Array({ maxLength: 12_000, size: 'max' }),
  fc
    .array(
      fc.constantFrom('usb 1-1: ', 'new device ', 'link is up\n', '[   12.345678] ', 'x', '0x0000', 'y'.repeat(300)),
      {
        maxLength: 1500,
        size: 'max',
      },
    )
    .map((words) => new TextEncoder().encode(words.join(''))),
  fc.tuple(fc.nat(255), fc.nat(9000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
);

test('inflates back to any input', () => {
  fc.assert(
    fc.property(inputs, fc.nat(50), (bytes, offset) => {
      const input = bytes.length > DEFLATE_MAX_INPUT ? bytes.subarray(0, DEFLATE_MAX_INPUT) : bytes;
      const from = Math.min(offset, input.length);
      const length = deflater.deflate(input, from, input.length, output);
      expect(inflateSync(output.subarray(0, length)).equals(input.subarray(from))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('says how much room it lacked, and never writes past the end', () => {
  const input = Uint8Array.from({ length: 500 }, (_, i) => (i * 2_654_435_761) >>> 24);
  const guarded = new Uint8Array(200);
  const needed = deflater.deflate(input, 0, input.length, output);
  expect(deflater.deflate(input, 0, input.length, guarded.subarray(0, 100))).toBe(needed);
  expect(guarded.subarray(100).every((byte) => byte === 0)).toBe(true);
});

test('refuses more than positions of 16 bits can hold', () => {
  expect(deflater.deflate(new Uint8Array(DEFLATE_MAX_INPUT + 1), 0, DEFLATE_MAX_INPUT + 1, output)).toBeGreaterThan(
    output.length,
  );
});

test('keeps nothing of one stream for the next', () => {
  const first = hexOf('usb 1-1: new device\n'.repeat(50));
  hexOf('something else '.repeat(700));
  expect(hexOf('usb 1-1: new device\n'.repeat(50))).toBe(first);
});
