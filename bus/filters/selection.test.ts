/** Selections: what they take, what they mean before an access takes effect, and how they refuse. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { c45 } from '#datasheets/c45.ts';
import { table } from '#regmap/declare.ts';
import { FilterError } from '../query/filter-error.ts';
import { CARD_NAMES, PHY_NAMES } from './filter-rig.ts';
import { readSelection } from './selection.ts';
import { longhand } from './shorthand.ts';
import type { PlaceNames, Touch } from './touch.ts';

const touch = (of: Partial<Touch>): Touch => ({
  device: 'phy0',
  op: 'write',
  at: c45(1, 0),
  value: 0,
  old: 0,
  requester: 'drv',
  widthBits: 16,
  ...of,
});
const fits = (text: string, of: Partial<Touch>, names: PlaceNames = PHY_NAMES): boolean =>
  readSelection(text, names)(touch(of));
const BLOCK: PlaceNames = { port: 'block', registers: table('none', {}), spans: [] };

test('the short form and the filter mean the same accesses', () => {
  const write = { op: 'write', at: c45(1, 0), value: 0x40, old: 0xc0 } as const;
  for (const text of [
    'write 1.0 == 0x0040',
    'write CONTROL == 0x40',
    'write CONTROL 0xc0 -> 0x40',
    'write CONTROL & 0xc0 == 0x40',
    'write CONTROL.VALUE == 0x40',
    'write 1.0000..1.0001',
    'access CONTROL && requester == drv',
    'write ID || write CONTROL == 0x40 && changed',
    'write CONTROL && (value == 1 || value == 0x40)',
    'op == write && reg == CONTROL && value == 0x40 && changed',
    'write',
    '',
  ]) {
    expect([text, fits(text, write)]).toEqual([text, true]);
    if (text !== '') expect([text, fits(text, { ...write, op: 'read', at: c45(3, 1) })]).toEqual([text, false]);
  }
  expect(fits('write CONTROL == 0x40', { ...write, value: 0x41 })).toBe(false);
  expect(fits('write CONTROL 0xc1 -> 0x40', write)).toBe(false);
});

test('memory is named by its span, and a plain number is that register of any MMD', () => {
  expect(fits('write SRAM', { at: 0x39000 })).toBe(true);
  expect(fits('write SRAM', { at: 0x37fff })).toBe(false);
  expect(fits('write 0x9000', { at: 0x39000 })).toBe(true);
  expect(fits('write 3.8000..3.8fff', { at: 0x39000 })).toBe(false);
});

test('a card takes offsets and the names of its datasheet, a disk sectors and tags', () => {
  expect(fits('write MODE.WIDTH == 640', { at: 0x500, value: 0x80000280, widthBits: 32 }, CARD_NAMES)).toBe(true);
  expect(fits('write 0x500..0x5ff', { at: 0x504 }, CARD_NAMES)).toBe(true);
  expect(fits('span_write span == vram', { op: 'span_write', span: 'vram', value: 64 }, CARD_NAMES)).toBe(true);
  const slot = { tag: 3, hctx: 1, status: 'IOERR' };
  expect(fits('read sector in {0..7} && tag == 3', { op: 'read', at: 5, slot }, BLOCK)).toBe(true);
  expect(fits('done status == IOERR', { op: 'done', slot }, BLOCK)).toBe(true);
});

test.each([
  ['write PCS_STATT', PHY_NAMES, /no register 'PCS_STATT'/],
  ['write CONTROLL == 1', PHY_NAMES, /did you mean CONTROL\?/],
  ['write CONTROL.VALU == 1', PHY_NAMES, /did you mean VALUE\?/],
  ['oper == write', PHY_NAMES, /no column or register 'oper'/],
  ['op == wirte', PHY_NAMES, /did you mean write\?/],
  ['write CONTROL == xyz', PHY_NAMES, /'xyz' is no number/],
  ['sector == 1', PHY_NAMES, /says nothing of a device on a mdio bus/],
  ['write 3.E854', CARD_NAMES, /no register '3.E854'/],
  ['mmd == 3', CARD_NAMES, /says nothing/],
  ['(write', PHY_NAMES, /'\)' is expected/],
])('%s is refused with its reason', (text, names, reason) => {
  expect(() => readSelection(text, names)).toThrow(reason);
});

test('any text is a selection or a refusal, and a selection answers for any access', () => {
  const words = [
    'write',
    'read',
    'CONTROL',
    '==',
    '0x40',
    '&&',
    '||',
    '->',
    '&',
    '3.8000',
    '..',
    'in',
    '{',
    '}',
    '!',
    'SRAM',
  ];
  const text = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((all) => all.join(' ')),
  );
  fc.assert(
    fc.property(text, fc.nat(0x1fffff), fc.nat(0xffff), fc.nat(0xffff), (asked, at, value, old) => {
      for (const names of [PHY_NAMES, CARD_NAMES, BLOCK])
        try {
          expect(typeof readSelection(asked, names)(touch({ at, value, old }))).toBe('boolean');
        } catch (error) {
          expect(error).toBeInstanceOf(FilterError);
        }
    }),
    { numRuns: 400 },
  );
});

test('the short form with a value fits exactly the writes of that value to that place', () => {
  fc.assert(
    fc.property(fc.nat(31), fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff), (mmd, register, wanted, value) => {
      const hex = register.toString(16).padStart(4, '0');
      const asked = readSelection(`write ${mmd}.${hex}h == ${wanted}`, PHY_NAMES);
      const at = c45(mmd, register);
      expect(asked(touch({ at, value }))).toBe(value === wanted);
      expect(asked(touch({ at: at ^ 1, value: wanted }))).toBe(false);
      expect(asked(touch({ at, value: wanted, op: 'read' }))).toBe(false);
    }),
  );
});

test('a filter is left as it is', () => {
  expect(longhand('dev == phy0 && writes', () => false)).toBe('dev == phy0 && writes');
});
