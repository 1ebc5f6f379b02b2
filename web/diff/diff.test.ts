/** The Diff page without a screen: its rows, its address, what it marks. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RECORD_BYTES, Trace, type TraceEntry } from '#bus/trace.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import { recordAt } from '#recording/decode.ts';
import { DIFF_KINDS, diffSections } from '#recording/diff.ts';
import type { ComparedSection } from '#recording/lanes.ts';
import { SHEETS } from '../filter/sheets.ts';
import { DiffRows, foldKey, type OpenFolds, recordsOf } from './diff-rows.ts';
import { pieces, type Said, undeclaredBits, unlike } from './diff-words.ts';
import { diffPath, parseSide, printSide, sidesOf } from './sides.ts';

const sectionOf = (entries: readonly Partial<TraceEntry>[]): ComparedSection => {
  const trace = new Trace(Math.max(1, entries.length));
  for (const entry of entries)
    trace.record({ device: 'phy0', requester: 'drv', op: 'write', outcome: 'ok', time: 0, ...entry });
  const records = trace.slice(1);
  return { names: trace.names, records, count: records.length / RECORD_BYTES, devices: [] };
};
const writes = (values: readonly number[], device = 'phy0'): Partial<TraceEntry>[] =>
  values.map((value, i) => ({ device, at: i, value }));
const rowsOf = (a: ComparedSection, b: ComparedSection, opened: OpenFolds = new Set()): DiffRows =>
  new DiffRows(diffSections(a, b), opened);
const all = (rows: DiffRows) => Array.from({ length: rows.count }, (_, i) => rows.at(i)!);

const anyWrites = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 40 });
const anySection = fc
  .tuple(anyWrites, anyWrites)
  .map(([phy, disk]) => sectionOf([...writes(phy), ...writes(disk, 'phy1')]));

test('with every fold open each record of both is in exactly one row, in order', () => {
  fc.assert(
    fc.property(anySection, anySection, (a, b) => {
      const diff = diffSections(a, b);
      const shut = new DiffRows(diff, new Set());
      const folds = all(shut).flatMap((row) => (row.kind === 'fold' ? [row.fold] : []));
      const rows = new DiffRows(diff, new Set(folds.map(foldKey)));
      const [mine, theirs]: [number[], number[]] = [[], []];
      for (const row of all(rows)) {
        if (row.kind !== 'pair') continue;
        const at = recordsOf(row.lane, row.place.row);
        if (at.a !== null) mine.push(at.a);
        if (at.b !== null) theirs.push(at.b);
        expect(rows.at(rows.indexOf(row.place))).toMatchObject({ kind: 'pair', place: row.place });
      }
      expect([...mine].sort((x, y) => x - y)).toEqual(Array.from({ length: a.count }, (_, i) => i));
      expect(theirs).toHaveLength(b.count);
      // what is folded is what is not shown
      const hidden = folds.reduce((sum, { from, to }) => sum + to - from, 0);
      const shown = all(shut).filter(({ kind }) => kind === 'pair').length;
      const total = rows.lanes.reduce((sum, { kinds }) => sum + kinds.length, 0);
      expect(shown + hidden).toBe(total);
      expect(rows.at(rows.count)).toBeUndefined();
      expect(rows.at(-1)).toBeUndefined();
    }),
  );
});

test('the walk from difference to difference meets each stretch that differs once', () => {
  fc.assert(
    fc.property(anySection, anySection, (a, b) => {
      const rows = rowsOf(a, b);
      const met = Array.from({ length: rows.differences }, (_, nth) => rows.difference(nth)!);
      expect(rows.difference(rows.differences)).toBeUndefined();
      expect(rows.difference(-1)).toBeUndefined();
      for (const [nth, place] of met.entries()) {
        const { kinds } = rows.lanes[place.nth]!;
        expect(kinds[place.row]).not.toBe(0);
        expect(kinds[place.row - 1] ?? 0).toBe(0);
        expect(rows.differencesUpTo(place)).toBe(nth + 1);
        expect(rows.at(rows.indexOf(place))?.kind).toBe('pair'); // a difference is never in a fold
      }
      const differing = rows.lanes.reduce((sum, { kinds }) => sum + kinds.filter((kind) => kind !== 0).length, 0);
      const counted = met.reduce((sum, { nth, row }) => {
        const { kinds } = rows.lanes[nth]!;
        let length = 0;
        while ((kinds[row + length] ?? 0) !== 0) length++;
        return sum + length;
      }, 0);
      expect(counted).toBe(differing);
    }),
  );
});

test('one changed write among thousands is three rows around it, two folds and a head', () => {
  const values = Array.from({ length: 4000 }, (_, i) => i);
  const rows = rowsOf(sectionOf(writes(values)), sectionOf(writes(values.with(2000, 9))));
  expect(all(rows).map((row) => (row.kind === 'pair' ? DIFF_KINDS[row.lane.kinds[row.place.row]!] : row.kind))).toEqual(
    ['lane', 'fold', 'equal', 'equal', 'equal', 'changed', 'equal', 'equal', 'equal', 'fold'],
  );
  expect(rows.difference(0)).toEqual({ nth: 0, row: 2000 });
});

test('lanes that differ stand above those that do not', () => {
  const a = sectionOf([...writes([1, 2, 3], 'same'), ...writes([1], 'other')]);
  const b = sectionOf([...writes([1, 2, 3], 'same'), ...writes([2], 'other')]);
  expect(rowsOf(a, b).lanes.map(({ device }) => device)).toEqual(['other', 'same']);
});

test('what is asked for stands in the address, and is read from it', () => {
  for (const [text, asked] of [
    ['12', { kind: 'run', run: 12 }],
    ['good.pcapng', { kind: 'file', file: 'good.pcapng', nth: 0 }],
    ['good.pcapng*3', { kind: 'file', file: 'good.pcapng', nth: 2 }],
    ['a b&c.pcapng (2)', { kind: 'file', file: 'a b&c.pcapng (2)', nth: 0 }],
  ] as const) {
    expect(parseSide(text)).toEqual(asked);
    expect(printSide(asked)).toBe(text);
    expect(sidesOf(diffPath(asked, null).split('?')[1] ?? '')).toEqual({ a: asked, b: null });
    expect(sidesOf(diffPath({ kind: 'run', run: 3 }, asked).split('?')[1] ?? '').b).toEqual(asked);
  }
  expect(parseSide('')).toBeNull();
  expect(diffPath(null, null)).toBe('/diff');
});

test('of two values the digits that differ are marked, and the fields', () => {
  expect(pieces('0038h', '0039h')).toEqual([
    { text: '003', differs: false },
    { text: '8', differs: true },
    { text: 'h', differs: false },
  ]);
  expect(pieces('8h', '10h')).toEqual([{ text: '8h', differs: true }]);
  const { at } = QT2025.OP_MODE;
  const said = (value: number): Said => {
    const section = sectionOf([{ at, value }]);
    return { record: recordAt(section, 0), names: section.names, sheetOf: () => SHEETS.qt2025 };
  };
  const { fields, value, result } = unlike(said(0x38), said(0x39));
  expect({ value, result }).toEqual({ value: true, result: false });
  expect(fields?.filter(({ was }) => was !== null)).toMatchObject([{ name: 'CONFIGURED', was: '0', now: '1' }]);
});

test('bits that no field covers are told apart too', () => {
  const register = { ...QT2025.OP_MODE, fields: { ONE: QT2025.OP_MODE.fields.CONFIGURED } };
  expect(undeclaredBits(register, 0b1101)).toBe(0b1100);
});
