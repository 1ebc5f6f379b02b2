/** Numbers in words, sparklines, typed parameters. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { number, oneOf, onOff } from '#regmap/params.ts';
import { ago, clockTimeMs, count, decimal, dmesgTime, hex, watts } from './format.ts';
import { allRight, complaint, typedDefaults } from './param-form.tsx';
import { SPARK_POINTS, sparkPath } from './spark.ts';

test('prints numbers as the datasheet and dmesg do', () => {
  expect(hex(0x1001)).toBe('1001h');
  expect(hex(0xe2, 2)).toBe('E2h');
  expect(dmesgTime(14_123_456_000)).toBe('   14.123456');
  expect(clockTimeMs(868_481_000_000)).toBe('00:14:28.481');
  expect(count(153054)).toBe('153,054');
});

test('prints physical values with a true minus, and never a negative nothing', () => {
  expect(decimal(-2.54)).toBe('−2.5');
  expect(decimal(-0.01)).toBe('0.0');
  expect(decimal(null)).toBe('–');
  expect(decimal(Number.NaN)).toBe('–');
  expect(watts(-3)).toBe('501.2 µW');
  expect(watts(0)).toBe('1.00 mW');
  expect(watts(-40)).toBe('0 µW');
});

test('tells how long ago in few characters', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 3.6e14, noNaN: true }), (ns) => {
      expect(ago(ns)).toMatch(/^\d+(\.\d)? [smh]$/);
      expect(ago(ns).length).toBeLessThanOrEqual(6);
    }),
  );
  expect(ago(300_000_000)).toBe('0.3 s');
});

test('draws a sparkline inside its box, with holes left open', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { nil: Number.NaN }), { maxLength: 300 }),
      fc.double({ min: 0.1, max: 100, noNaN: true }),
      (points, floor) => {
        const { line } = sparkPath(points, floor);
        for (const [, x, y] of line.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)) {
          expect(Number(x)).toBeGreaterThanOrEqual(0);
          expect(Number(x)).toBeLessThanOrEqual(100);
          expect(Number(y)).toBeGreaterThanOrEqual(1.9);
          expect(Number(y)).toBeLessThanOrEqual(21.1);
        }
        const shown = points.slice(-SPARK_POINTS);
        const strokes = shown.filter(
          (value, i) => Number.isFinite(value) && !Number.isFinite(shown[i - 1] ?? Number.NaN),
        );
        expect(line.split('M').length - 1).toBe(strokes.length);
      },
    ),
  );
});

test('says what is wrong with a typed parameter, in the words of the lab', () => {
  const params = {
    rx_dbm: number('Power', { min: -20, max: -9, default: -12.4, unit: 'dBm' }),
    kind: oneOf('Which', ['sr', 'lr'], 'sr'),
    quiet: onOff('Quiet'),
  };
  expect(allRight(params, typedDefaults(params))).toBe(true);
  expect(complaint('rx_dbm', params.rx_dbm, '-3')).toContain('from -20 to -9 dBm');
  expect(complaint('rx_dbm', params.rx_dbm, '')).toBeDefined();
  expect(complaint('kind', params.kind, 'zr')).toContain('sr, lr');
  expect(allRight(params, { ...typedDefaults(params), rx_dbm: 'x' })).toBe(false);
});
