/** The committed open image keeps the rule every driver and the program itself rely on; Intel HEX is read or refused. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabError } from '#bus/errors.ts';
import { QT2025_IMAGE } from '#datasheets/qt2025.ts';
import { readIntelHex } from './intel-hex.ts';

const image = new Uint8Array(readFileSync(new URL('../ferrolab-qt2025.fw', import.meta.url)));
const word = (at: number): number => ((image[at] ?? 0) << 8) | (image[at + 1] ?? 0);

test('fits program memory, reaches into the second window, and starts with a jump', () => {
  expect(image.length).toBeLessThanOrEqual(QT2025_IMAGE.maxBytes);
  expect(image.length).toBeGreaterThan(0x4000);
  expect(image[0]).toBe(0x02);
});

test('carries its length, its sum, a date and a version of 2.0.1.0 or later', () => {
  const { sumAt, lengthAt, dateAt, versionAt } = QT2025_IMAGE;
  const sum = image.reduce(
    (total, byte, at) => (at === sumAt || at === sumAt + 1 ? total : (total + byte) & 0xffff),
    0,
  );
  expect([word(lengthAt), word(sumAt)]).toEqual([image.length, sum]);
  expect(String.fromCharCode(...image.subarray(dateAt, dateAt + 8))).toMatch(/^\d\d\/\d\d\/\d\d$/);
  expect(word(versionAt)).toBeGreaterThanOrEqual(0x2001);
});

test('reads Intel HEX records with their addresses', () => {
  const memory = readIntelHex(':03000000020B00F0\r\n:0100100042AD\n:00000001FF\n');
  expect([...memory]).toEqual([
    [0, 0x02],
    [1, 0x0b],
    [2, 0x00],
    [0x10, 0x42],
  ]);
});

test.each([
  [':03000000020B00F1\n:00000001FF\n', 'line 1: checksum'],
  [':02000000020B00F1\n', 'line 1'],
  ['hello\n', "line 1: 'hello' is no Intel HEX record"],
  [':0100100042AD\n', 'the end record is missing'],
  [':020000040001F9\n:00000001FF\n', 'line 1: record type 4'],
])('refuses %j', (text, message) => {
  expect(() => readIntelHex(text)).toThrow(message);
});

test('whatever the text, it is read or refused with a LabError', () => {
  const line = fc.oneof(
    fc.string(),
    fc.uint8Array({ maxLength: 12 }).map((bytes) => `:${Buffer.from(bytes).toString('hex')}`),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      try {
        for (const [at, byte] of readIntelHex(lines.join('\n'))) expect(at >= 0 && byte <= 0xff).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(LabError);
      }
    }),
  );
});
