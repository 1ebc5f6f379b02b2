/** The committed image is the one its source builds, and keeps the rules of the part. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { QT2025_IMAGE, QT2025_SRAM } from '#datasheets/qt2025.ts';
import { Assembler } from './assembler.ts';
import { buildImage, firmwarePath } from './build.ts';

test('ferrolab-qt2025.fw is what the source builds', () => {
  expect(Buffer.compare(readFileSync(firmwarePath), Buffer.from(buildImage()))).toBe(0);
});

test('uses both windows, fits, and names its own length and sum', () => {
  const image = buildImage();
  const { sumAt, lengthAt, versionAt, maxBytes } = QT2025_IMAGE;
  const word = (at: number) => (image[at] ?? 0) * 256 + (image[at + 1] ?? 0);
  expect(image.length).toBeGreaterThan(QT2025_SRAM[0].length);
  expect(image.length).toBeLessThanOrEqual(maxBytes);
  expect(word(lengthAt)).toBe(image.length);
  const sum = image.reduce((total, byte, i) => (i === sumAt || i === sumAt + 1 ? total : total + byte), 0) & 0xffff;
  expect(word(sumAt)).toBe(sum);
  expect(word(versionAt)).toBeGreaterThan(0x2000);
});

const assembled = (body: (asm: Assembler) => void): Uint8Array => {
  const asm = new Assembler();
  body(asm);
  return asm.build();
};

test('the assembler counts a relative jump from the next instruction', () => {
  const bytes = assembled((asm) => {
    asm.label('here');
    asm.emit(0x80, { distance: 'here' });
  });
  expect([...bytes]).toEqual([0x80, 0xfe]);
});

test('the assembler refuses a missing label, a doubled one, a jump too far and a byte written twice', () => {
  expect(() => assembled((asm) => asm.emit(0x80, { distance: 'nowhere' }))).toThrow('no label nowhere');
  expect(() =>
    assembled((asm) => {
      asm.label('a');
      asm.label('a');
    }),
  ).toThrow('label a stands twice');
  expect(() =>
    assembled((asm) => {
      asm.emit(0x80, { distance: 'far' });
      asm.org(0x100);
      asm.label('far');
    }),
  ).toThrow('a jump takes 127');
  expect(() =>
    assembled((asm) => {
      asm.emit(1);
      asm.org(0);
      asm.emit(2);
    }),
  ).toThrow('written twice');
});
