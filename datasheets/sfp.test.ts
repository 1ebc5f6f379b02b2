/** Module memory is built right: checksums, texts, thresholds, classification, units. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Table } from '#regmap/declare.ts';
import { MODULE_TYPE } from './qt2025.ts';
import { MODULE_KINDS } from './qt2025-catalogue.ts';
import { celsiusOf, DARK_DBM, dbmOf, SFP_A0, SFP_A2, SFP_TEXTS, temperatureWord, tenthsOfMicrowatt } from './sfp.ts';
import { classify, lowSum, moduleA0, moduleA2, textOf } from './sfp-modules.ts';

const kinds = MODULE_KINDS.filter((kind) => kind !== 'unprogrammed');

test.each(kinds)('%s: all three checksums hold', (kind) => {
  const a0 = moduleA0(kind, 3, 'SN1');
  expect(a0[SFP_A0.CC_BASE.at]).toBe(lowSum(a0, 0, 63));
  expect(a0[SFP_A0.CC_EXT.at]).toBe(lowSum(a0, 64, 95));
  const a2 = moduleA2(kind);
  if (a2 !== undefined) expect(a2[SFP_A2.CC_DMI.at]).toBe(lowSum(a2, 0, 95));
});

test('an SR module carries the bytes of the fact sheet', () => {
  const a0 = moduleA0('sr', 3, 'SN1');
  const at = (...offsets: number[]) => offsets.map((offset) => a0[offset]);
  expect(at(0, 1, 2, 3, 11, 12)).toEqual([0x03, 0x04, 0x07, 0x10, 0x06, 0x67]);
  expect(at(16, 17, 18, 19, 60, 61)).toEqual([0x08, 0x03, 0x00, 0x1e, 0x03, 0x52]);
  expect(at(65, 92, 93, 94)).toEqual([0x1a, 0x68, 0xf0, 0x05]);
});

test('texts are padded with spaces and come back without', () => {
  const a0 = moduleA0('lr', 3, 'SN1');
  expect(a0[SFP_TEXTS.SERIAL.at + 15]).toBe(0x20);
  expect(textOf(a0, SFP_TEXTS.SERIAL)).toBe('SN1');
  expect(textOf(a0, SFP_TEXTS.PART_NUMBER)).toBe('FL-10G-LR');
});

test.each([
  ['sr', 'SR'],
  ['lr', 'LR'],
  ['lrm', 'LRM'],
  ['er', 'ER'],
  ['dac', 'passive-DAC'],
  ['sx', '1000SX'],
  ['unprogrammed', 'invalid'],
] as const)('%s classifies as %s', (kind, type) => {
  expect(classify(moduleA0(kind, 3, ''))).toBe(MODULE_TYPE[type]);
});

const a0With = (bytes: Readonly<Record<number, number>>): Uint8Array => {
  const a0 = new Uint8Array(256);
  a0[0] = 3;
  for (const [at, value] of Object.entries(bytes)) a0[Number(at)] = value;
  return a0;
};

test.each([
  ['byte 0 is not 03h', { 0: 2, 3: 0x10 }, 'invalid'],
  ['active cable, App. E', { 8: 0x08, 60: 0x01 }, 'passive-DAC'],
  ['active cable, limiting', { 8: 0x08, 60: 0x04 }, 'active-DAC'],
  ['copper pigtail at 10G', { 2: 0x21, 12: 100 }, 'passive-DAC'],
  ['copper pigtail, slower', { 2: 0x21, 12: 99 }, '1000CX'],
  ['ER before LRM, LR and SR', { 3: 0xf0 }, 'ER'],
  ['LRM before LR and SR', { 3: 0x70 }, 'LRM'],
  ['LR before SR', { 3: 0x30 }, 'LR'],
  ['10G before 1G', { 3: 0x10, 6: 0x0f }, 'SR'],
  ['SX before LX, CX and T', { 6: 0x0f }, '1000SX'],
  ['LX', { 6: 0x02 }, '1000LX'],
  ['CX', { 6: 0x04 }, '1000CX'],
  ['T', { 6: 0x08 }, '1000T'],
  ['nothing known', {}, 'invalid'],
] as const)('classification: %s', (_what, bytes, type) => {
  expect(classify(a0With(bytes))).toBe(MODULE_TYPE[type]);
});

test('any bytes classify as some type', () => {
  const known: readonly number[] = Object.values(MODULE_TYPE);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 256 }), (bytes) => known.includes(classify(bytes))));
});

test('a cable says its length, and has no diagnostics', () => {
  expect(moduleA0('dac', 7, '')[18]).toBe(7);
  expect(moduleA2('dac')).toBeUndefined();
});

test('typical values of the fact sheet encode as they say', () => {
  expect(temperatureWord(35)).toBe(0x2300);
  expect(tenthsOfMicrowatt(-3)).toBe(0x1394);
  expect(tenthsOfMicrowatt(DARK_DBM)).toBe(0);
  expect(dbmOf(0)).toBe(DARK_DBM);
});

test('power and temperature survive the way there and back', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -20, max: 8, noNaN: true }),
      fc.double({ min: -127, max: 127, noNaN: true }),
      (dbm, celsius) => {
        expect(dbmOf(tenthsOfMicrowatt(dbm))).toBeCloseTo(dbm, 1);
        expect(celsiusOf(temperatureWord(celsius))).toBeCloseTo(celsius, 2);
      },
    ),
  );
});

test('the tables have every byte of the fact sheet', () => {
  const covered = (table: Table) => {
    const bytes = new Set<number>();
    for (const { at, width } of Object.values(table)) for (let n = at; n < at + width / 8; n++) bytes.add(n);
    for (const { at, length } of table === SFP_A0 ? Object.values(SFP_TEXTS) : [])
      for (let n = at; n < at + length; n++) bytes.add(n);
    return bytes;
  };
  const spans = (...of: readonly (readonly [number, number])[]) =>
    of.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
  const a0 = covered(SFP_A0);
  const identification = spans([0, 3], [6, 6], [8, 8], [11, 12], [14, 61], [63, 63], [65, 65], [68, 95]);
  expect(identification.filter((byte) => !a0.has(byte))).toEqual([]);
  const a2 = covered(SFP_A2);
  const diagnostics = spans([0, 39], [56, 91], [95, 105], [110, 110], [112, 113], [116, 117]);
  expect(diagnostics.filter((byte) => !a2.has(byte))).toEqual([]);
});
