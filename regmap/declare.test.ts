/** What a table refuses when it is built, and what the types refuse before that. */
import { expect, test } from 'vitest';
import { Registers } from './access.ts';
import { bits, choice, flag, reg, resetValue, table } from './declare.ts';

const from = { source: 'a test', evidence: 'choice' } as const;

test('overlapping fields throw', () => {
  expect(() => table('T', { A: reg(0, '', { X: bits(7, 4, 'rw', ''), Y: flag(4, 'rw', '') }, from) })).toThrow(
    'T.A.Y: bits 4:4 overlap another field',
  );
});

test('two registers at one address throw', () => {
  expect(() => table('T', { A: reg(9, '', {}, from), B: reg(9, '', {}, from) })).toThrow(
    'T.B and T.A share address 0x9',
  );
});

test.each([
  ['a reset too wide', { X: bits(3, 0, 'rw', '', 16) }, 'reset 16 does not fit'],
  ['a negative reset', { X: bits(3, 0, 'rw', '', -1) }, 'reset -1 does not fit'],
  ['a field above the register', { X: bits(16, 16, 'rw', '') }, 'do not fit 16 bits'],
  ['a field upside down', { X: bits(0, 3, 'rw', '') }, 'do not fit 16 bits'],
  ['a name whose code is too wide', { X: choice(1, 0, 'rw', { a: 4 }, '') }, 'code a=4 does not fit'],
])('%s throws', (_what, fields, message) => {
  expect(() => table('T', { A: reg(0, '', fields, from) })).toThrow(message);
});

test('an address that is none throws', () => {
  expect(() => table('T', { A: reg(-1, '', {}, from) })).toThrow('address -1 is no address');
  expect(() => table('T', { A: reg(0.5, '', {}, from) })).toThrow('address 0.5 is no address');
});

test('a reset by a name that is none throws', () => {
  // @ts-expect-error: `b` is no name of this choice
  expect(() => choice(1, 0, 'rw', { a: 1 }, '', 'b')).toThrow('reset b is none of a');
});

test('the reset value puts every field in its place', () => {
  const r = reg(
    0,
    '',
    { A: bits(15, 12, 'ro', '', 0xb), B: flag(0, 'rw', '', 1), C: choice(5, 4, 'rw', { x: 2 }, '', 'x') },
    from,
  );
  expect(resetValue(r)).toBe(0xb021);
});

test('32-bit registers stay unsigned', () => {
  expect(resetValue(reg(0, '', { A: flag(31, 'rw', '', 1) }, { ...from, width: 32 }))).toBe(0x80000000);
});

test('what must not be written does not compile', async () => {
  const r = reg(
    0,
    '',
    {
      RO: flag(0, 'ro', ''),
      LL: flag(1, 'll', ''),
      RW: flag(2, 'rw', ''),
      MODE: choice(5, 4, 'rw', { on: 1, off: 2 }, ''),
    },
    from,
  );
  const readOnly = reg(1, '', { RO: bits(7, 0, 'ro', '') }, from);
  const written: number[] = [];
  const registers = new Registers({
    read: async () => 0,
    write: async (_at, value) => void written.push(value),
    writeAll: async () => {},
  });
  await registers.write(r, { RW: true, MODE: 'off' });
  // @ts-expect-error: read-only
  await registers.write(r, { RO: true });
  // @ts-expect-error: a latching field is the silicon's
  await registers.write(r, { LL: true });
  // @ts-expect-error: a register of read-only fields accepts nothing
  await registers.write(readOnly, { RO: 1 });
  // @ts-expect-error: a flag is a boolean
  await registers.write(r, { RW: 1 });
  // @ts-expect-error: no such field; refused when it runs, too
  await expect(async () => registers.write(r, { NOPE: 1 })).rejects.toThrow(
    'no field NOPE; there are RO, LL, RW, MODE',
  );
  expect(written[0]).toBe(0b100100);
});
