/** Inflating: what zlib compressed comes back, and what is damaged is told from what is whole. */
import { constants, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inflate } from './inflate.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test.each([
  ['stored', { level: 0 }],
  ['fixed', { strategy: constants.Z_FIXED }],
  ['dynamic', { level: 9 }],
  ['a small window', { windowBits: 9, memLevel: 1 }],
])('gives back any bytes: %s', (_, options) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 3000, size: 'max' }),
        fc
          .array(fc.constantFrom('usb ', 'link up\n', 'x', '0'.repeat(400)), { maxLength: 400, size: 'max' })
          .map((words) => bytesOf(words.join(''))),
      ),
      (bytes) => {
        const { bytes: back, problem } = inflate(deflateSync(bytes, options));
        expect(problem).toBeUndefined();
        expect(Buffer.from(back).equals(bytes)).toBe(true);
      },
    ),
    { numRuns: 40 },
  );
});

test('any bytes at all end in an answer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, header) => {
      const stream = header ? Uint8Array.of(0x48, 0x89, ...noise) : noise;
      inflate(stream);
    }),
    { numRuns: 500 },
  );
});

test('says what is wrong with a stream', () => {
  const whole = deflateSync('a line of the log\n');
  expect(inflate(new Uint8Array()).problem).toBe('the stream is empty');
  expect(inflate(Uint8Array.of(1, 2, 3)).problem).toBe('this is no zlib stream');
  expect(inflate(whole.subarray(0, -5)).problem).toBe('the stream ends too early');
  expect(inflate(Uint8Array.of(0x48, 0x89, 0x07)).problem).toBe('a block is of no known kind');
  const wrongSum = Uint8Array.from(whole);
  wrongSum[whole.length - 1]! ^= 1;
  expect(inflate(wrongSum)).toMatchObject({ bytes: bytesOf('a line of the log\n') });
  expect(inflate(wrongSum).problem).toMatch(/^the checksum is [0-9a-f]{8}h, the text gives [0-9a-f]{8}h$/);
});

test('stops a stream that would fill the memory', () => {
  const { problem } = inflate(deflateSync(new Uint8Array(5 << 20)));
  expect(problem).toMatch(/more than 4194304 bytes/);
});
