/** Filtering the kernel log. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LOG_LEVELS, type LogLine } from '#bus/api.ts';
import { facilitiesOf, filterLines, printLine } from './log-lines.ts';

const lines: readonly LogLine[] = [
  { seq: 1, time: 14_123_456_000, level: 'info', facility: 'qt2025', text: 'Link is Up' },
  { seq: 2, time: 15e9, level: 'err', facility: 'lab', text: 'probe failed' },
  { seq: 3, time: 16e9, level: 'debug', facility: 'qt2025', text: 'state READY -> UP' },
];
const all = { level: 'debug', facility: '', text: '' } as const;

test('shows a level and what is worse', () => {
  expect(filterLines(lines, { ...all, level: 'info' }).map(({ seq }) => seq)).toEqual([1, 2]);
  expect(filterLines(lines, { ...all, level: 'emerg' })).toEqual([]);
});

test('shows one module, and finds words without regard to case', () => {
  expect(filterLines(lines, { ...all, facility: 'lab' }).map(({ seq }) => seq)).toEqual([2]);
  expect(filterLines(lines, { ...all, text: ' UP ' }).map(({ seq }) => seq)).toEqual([1, 3]);
});

test('lists each writer once and prints a line as dmesg does', () => {
  expect(facilitiesOf(lines)).toEqual(['qt2025', 'lab']);
  expect(printLine(lines[0]!)).toBe('[   14.123456] qt2025: Link is Up');
});

test('never shows more at a stricter level', () => {
  fc.assert(
    fc.property(fc.constantFrom(...LOG_LEVELS), fc.string(), (level, text) => {
      expect(filterLines(lines, { level, facility: '', text }).length).toBeLessThanOrEqual(
        filterLines(lines, { ...all, text }).length,
      );
    }),
  );
});
