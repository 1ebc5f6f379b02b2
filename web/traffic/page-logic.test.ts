/** Marks, saved filters and exports: the parts of the traffic page that need no page. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Trace } from '#bus/trace.ts';
import { c45 } from '#datasheets/c45.ts';
import { readFilter } from '../filter/compile.ts';
import { SHEETS } from '../filter/sheets.ts';
import { TraceRing } from '../store/trace-ring.ts';
import { exported } from './export.ts';
import { Fold } from './fold.ts';
import { marked, NO_MARKS, span } from './markers.ts';
import { GIVEN_FILTERS, removeFilter, savedFilters, saveFilter } from './saved-filters.ts';

const mark = (position: number) => ({ position, seq: position + 1, time: position * 1000 });

test('marks are set A then B then anew, and taken away in their place', () => {
  const a = marked(NO_MARKS, mark(1));
  const ab = marked(a, mark(9));
  expect(span(ab)).toEqual({ ns: 8000, records: 8 });
  expect(marked(ab, mark(4))).toEqual({ a: mark(4), b: null });
  expect(marked(ab, mark(9))).toEqual({ a: mark(1), b: null });
  expect(marked(ab, mark(1))).toEqual({ a: mark(9), b: null });
  expect(span(a)).toBeNull();
});

const storage = () => {
  const kept = new Map<string, string>();
  return { kept, getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) };
};

test('every given filter is valid', () => {
  const lab = { kindOf: () => undefined, devices: [], requesters: [] };
  for (const { filter } of GIVEN_FILTERS) expect(readFilter(filter, lab)).toMatchObject({ ok: true });
});

test('a saved filter comes back, is replaced by its name, and goes', () => {
  const box = storage();
  saveFilter(box, 'mine', 'mmd == 1');
  saveFilter(box, 'mine', 'mmd == 3');
  expect(savedFilters(box).filter(({ given }) => !given)).toEqual([{ name: 'mine', filter: 'mmd == 3', given: false }]);
  removeFilter(box, 'mine');
  expect(savedFilters(box)).toEqual(GIVEN_FILTERS);
});

test('whatever lies in the storage, the given filters are there', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(savedFilters({ getItem: () => text }).slice(0, 3)).toEqual(GIVEN_FILTERS);
    }),
  );
});

const recorded = () => {
  const trace = new Trace();
  const write = (at: number, value: number) =>
    trace.record({
      device: 'phy0',
      requester: '=cmd',
      op: 'write',
      outcome: 'ok',
      time: 1.5e9,
      at,
      value,
      wireNs: 51_200,
    });
  write(c45(3, 0xe854), 0x40);
  for (let i = 0; i < 30; i++) write(c45(3, 0x8000 + i), i);
  trace.record({ device: 'phy0', requester: '', op: 'note', outcome: 'ok', time: 2e9, text: 'a "note", with commas' });
  const ring = new TraceRing();
  ring.push({ records: trace.slice(1), names: { from: { devices: 0, requesters: 0, texts: 0 }, ...trace.names } });
  const sheetOf = () => SHEETS.qt2025;
  const fold = new Fold({ test: () => true, sheetOf });
  fold.feed(ring);
  return { fold, ring, sheetOf };
};

test('JSON Lines hold every access of a folded burst, in order, and read back', () => {
  const { fold, ring, sheetOf } = recorded();
  const text = [...exported(fold, ring, sheetOf, 'jsonl')].map((piece) => piece.text).join('');
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
  expect(rows[0]).toMatchObject({
    address: '3.E854h',
    register: 'MICRO_BOOT',
    value: 64,
    time_s: 1.5,
    latency_us: 51.2,
  });
  expect(rows[31]).toMatchObject({ op: 'note', address: null, decoded: 'a "note", with commas' });
});

test('CSV quotes what needs it and starts no formula', () => {
  const { fold, ring, sheetOf } = recorded();
  const lines = [...exported(fold, ring, sheetOf, 'csv')]
    .map((piece) => piece.text)
    .join('')
    .trimEnd()
    .split('\n');
  expect(lines.length).toBe(33);
  expect(lines[0]?.startsWith('seq,time_s,device')).toBe(true);
  expect(lines[1]).toContain(",'=cmd,");
  expect(lines[32]).toContain('"a ""note"", with commas"');
});
