/** The tables hold what the fact sheet lists, and resets are those of the part. */
import { expect, test } from 'vitest';
import { resetValue } from '#regmap/declare.ts';
import { addressOf } from '#regmap/names.ts';
import { mmdOf } from './c45.ts';
import { QT2025, QT2025_ALL, QT2025_KEPT, QT2025_SPANS, QT2025_SRAM, QT2025_SRAM_BYTES } from './qt2025.ts';

/** Every register the drivers and the public firmware touch. */
const TOUCHED = `
1.0000 1.0001 1.0007 1.0008 1.0009 1.000A 1.000B 1.000E 1.000F 1.9000 1.9001 1.9002 1.9003 1.9004 1.9005 1.9006 1.9007
1.8018 1.807A 1.A30A 1.C001 1.C030 1.C040 1.C200 1.C201 1.C300 1.C301 1.C302 1.C303 1.C307 1.C308 1.C309 1.C30A 1.C30C
1.C30D 1.C30F 1.C312 1.C313 1.C314 1.C315 1.C316 1.C317 1.C318 1.C319 1.C31A 1.D000 1.D001 1.D002 1.D003 1.D005 1.D006
1.D007 1.D008 1.D100 1.D101 2.0007 3.0007 3.0014 3.0015 3.0018 3.0020 3.0021 3.0022 3.0023 3.0024 3.0025 3.0026 3.0027
3.0028 3.0029 3.002A 3.002B 3.C000 3.C020 3.C040 3.C041 3.C048 3.C049 3.C050 3.C058 3.D100 3.D101 3.D102 3.D103 3.D110
3.D700 3.D701 3.D702 3.D703 3.D704 3.D705 3.D706 3.D707 3.D708 3.D70A 3.D70B 3.D70C 3.D70E 3.D70F 3.D710 3.D716 3.D717
3.D718 3.D719 3.D71A 3.D71B 3.D71C 3.D71D 3.D73B 3.D73C 3.D7C0 3.D7C1 3.D7EE 3.D7EF 3.D7F0 3.D7F1 3.D7F2 3.D7F3 3.D7F4
3.D7F5 3.D7F6 3.D7F7 3.D7F8 3.D7FA 3.D7FB 3.D7FD 3.E854 4.0018 4.C000 4.C020 4.C056 4.C057 4.C058 4.C059 4.C05A 4.C05B
4.C05C 4.C05E 4.C05F 4.C060 4.C061 4.C070 4.C071 4.C0FE 3.D70D 3.D732 3.D734 3.D738 3.D73D 3.D74E 3.D74F 3.D7CB 3.D7CC
3.D7CD 3.D7EC 3.D7ED 3.D7FE 3.D7FF`.split(/\s+/);

test('every register that is read or written by anybody is in the tables', () => {
  const known = new Set(Object.values(QT2025_ALL).map(({ at }) => at));
  const missing = TOUCHED.filter((asked) => asked !== '' && !known.has(addressOf(QT2025_ALL, `${asked}h`) ?? -1));
  expect(missing).toEqual([]);
});

test.each([1, 2, 3, 4])('MMD %i has the common registers 0 to 6 and 8', (mmd) => {
  const known = new Set(Object.values(QT2025).map(({ at }) => at));
  expect([0, 1, 2, 3, 4, 5, 6, 8, 14, 15].filter((register) => !known.has(mmd * 0x10000 + register))).toEqual([]);
});

test.each([
  ['PMA_CTRL1', 0x2040],
  ['PMA_STAT1', 0x0002],
  ['PMA_STAT2', 0xb181],
  ['PCS_STAT2', 0x8005],
  ['WIS_STAT2', 0x8000],
  ['PMA_DEVS1', 0x001e],
  ['HW_REV', 0xb300],
  ['PRODUCT', 0x2025],
  ['MICRO_BOOT', 0x00c0],
] as const)('%s resets to its value', (name, value) => {
  expect(resetValue(QT2025[name])).toBe(value);
});

test('every register says where it comes from', () => {
  expect(Object.entries(QT2025_ALL).filter(([, { source, doc }]) => source.length < 4 || doc.length < 4)).toEqual([]);
});

test('the windows hold the program without a gap', () => {
  expect(QT2025_SRAM.reduce((sum, { length }) => sum + length, 0)).toBe(QT2025_SRAM_BYTES);
  expect(QT2025_SRAM[1].offset).toBe(QT2025_SRAM[0].length);
  const windows = QT2025_SPANS.filter(({ name }) => name === 'SRAM').map(({ at }) => mmdOf(at));
  expect(windows).toEqual([3, 4]);
});

test('what is kept without effect is writable', () => {
  const writable = (at: number) =>
    Object.values(QT2025).some((r) => r.at === at && Object.values(r.fields).some(({ access }) => access === 'rw'));
  expect([...QT2025_KEPT].filter((at) => !writable(at))).toEqual([]);
});
