/** The page about flipped bytes is of the firmware that is shipped, and what it says still happens. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { onePage, parseRows } from './one-flipped-byte-page.ts';
import { flips, IMAGE, imageHash, runFlip } from './one-flipped-byte-run.ts';

const csv = readFileSync(new URL('one-flipped-byte.csv', import.meta.url), 'utf8');
const rows = parseRows(csv);
const [kept, corrected] = (['kept', 'corrected'] as const).map((sum) => rows.filter((row) => row.sum === sum));

test('the rows are of the shipped firmware; after a change of it: node docs/one-flipped-byte.ts', () => {
  expect(csv.split('\n')[0]).toBe(`# firmware/ferrolab-qt2025.fw ${imageHash()}`);
});

test('there are a thousand of them, each at an offset of its own', () => {
  expect(kept?.length).toBe(1000);
  expect(new Set(kept?.map(({ offset }) => offset)).size).toBe(1000);
  expect(kept?.map(({ offset, bit }) => [offset, bit])).toEqual(
    flips(1000, 'kept').map(({ offset, bit }) => [offset, bit]),
  );
});

test('the page is what the rows give', () => {
  expect(readFileSync(new URL('one-flipped-byte.md', import.meta.url), 'utf8')).toBe(onePage(rows));
});

test('some of them, run again, end the same', async () => {
  const quick = (all: typeof rows) => all.filter(({ qt2025 }) => qt2025.startsWith('live')).slice(0, 3);
  for (const row of [...quick(kept ?? []), ...quick(corrected ?? [])]) {
    const { offset, bit, sum } = row;
    expect({ ...(await runFlip({ offset, bit, sum })), offset, bit, sum }).toEqual(row);
  }
}, 60_000);

test('the scenario about it flips the F0h that the parked program says, into 70h', () => {
  const scenario = readFileSync(new URL('../scenarios/one-flipped-byte.yaml', import.meta.url), 'utf8');
  const [, register = '', bit = ''] = /register: 3\.([0-9A-F]{4})h, bit: (\d), op: write/.exec(scenario) ?? [];
  const offset = Number.parseInt(register, 16) - 0x8000;
  expect([...IMAGE.subarray(offset - 2, offset + 1)], 'MOV DPL,#F0h').toEqual([0x75, 0x82, 0xf0]);
  expect(0xf0 ^ (1 << Number(bit))).toBe(0x70);
  expect(scenario).toContain(`byte ${offset.toString(16).toUpperCase()}h of the upload`);
});
