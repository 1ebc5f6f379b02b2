/** Registers by the way a datasheet prints them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flag, reg, table } from './declare.ts';
import { addressOf, closest, nameAt } from './names.ts';

const from = { source: 'a test', evidence: 'choice' } as const;
const T = table('T', { PCS_STAT1: reg(0x30001, '', { A: flag(0, 'ro', '') }, from) });

test.each([
  ['PCS_STAT1', 0x30001],
  ['pcs_stat1', 0x30001],
  ['3.0001h', 0x30001],
  ['3.1', 0x30001],
  ['3.32', 0x30020],
  ['3.0x20', 0x30020],
  ['1.D001', 0x1d001],
  ['1.d001h', 0x1d001],
  ['31.FFFFh', 0x1fffff],
  [' 3.1 ', 0x30001],
])('%s is an address', (asked, at) => {
  expect(addressOf(T, asked)).toBe(at);
});

test.each(['', '.', '32.0', '3.', '3.10000h', '3.-1', 'toString', '__proto__', 'constructor', '3.1.1'])(
  '%s is none',
  (asked) => {
    expect(addressOf(T, asked)).toBeUndefined();
  },
);

test('any printed address is found again, and any text is answered', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 31 }),
      fc.integer({ min: 0, max: 0xffff }),
      fc.string(),
      (mmd, register, text) => {
        const hex = register.toString(16).toUpperCase().padStart(4, '0');
        expect(addressOf(T, `${mmd}.${hex}h`)).toBe(mmd * 0x10000 + register);
        const at = addressOf(T, text);
        expect(at === undefined || (at >= 0 && at <= 0x1fffff)).toBe(true);
      },
    ),
  );
});

test('an address has its name back', () => {
  expect(nameAt(T, 0x30001)).toBe('PCS_STAT1');
  expect(nameAt(T, 1)).toBeUndefined();
});

test('a misspelt word finds its neighbour, a stranger finds none', () => {
  const words = ['PCS_STAT1', 'PMA_CTRL1', 'HW_REV'];
  expect(closest('PCS_STTA1', words)).toBe('PCS_STAT1');
  expect(closest('hwrev', words)).toBe('HW_REV');
  expect(closest('elephant', words)).toBeUndefined();
  fc.assert(fc.property(fc.constantFrom(...words), (word) => closest(word, words) === word));
});
