/** The scenarios page without a page: scores, comparisons, words. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RunView, ScenarioView } from '#bus/api.ts';
import type { TraceRecord } from '#bus/trace.ts';
import { readFilter } from '../filter/compile.ts';
import { compared, type Recording } from './compare.ts';
import { accessesPath, allowedMs, grouped, milliseconds, since } from './scenario-words.ts';
import { SCORE_PX, scoreMarks } from './score-model.ts';

const anyScore = fc.array(
  fc.record({
    kind: fc.constantFrom('action' as const, 'fault' as const, 'expect' as const),
    atMs: fc.option(fc.nat(100_000)),
    untilMs: fc.option(fc.nat(100_000)),
  }),
);

test('every step has its mark inside the picture, in order', () => {
  fc.assert(
    fc.property(anyScore, (score) => {
      const marks = scoreMarks(score);
      expect(marks.map(({ kind }) => kind)).toEqual(score.map(({ kind }) => kind));
      for (const { x, width } of marks) {
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x + width).toBeLessThanOrEqual(SCORE_PX);
        expect(width).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

const names = {
  devices: ['', 'phy0'],
  requesters: ['', 'qt2025'],
  texts: ['', 'probe returns 0', 'probe returns -EIO'],
};
const record = (value: number, of: Partial<TraceRecord> = {}): TraceRecord => ({
  seq: 0,
  device: 1,
  requester: 1,
  op: 'read',
  outcome: 'ok',
  time: 0,
  at: 5,
  value,
  old: 0,
  aux: 0,
  ...of,
});
const recording = (records: readonly TraceRecord[]): Recording => ({
  length: records.length,
  at: (i) => records[i]!,
  names,
});
const sides = (a: readonly TraceRecord[], b: readonly TraceRecord[]) =>
  compared(recording(a), recording(b)).lines.map(({ side, record: { value } }) => `${side}${value}`);

test('runs are the same whatever the time they took', () => {
  const a = [record(1, { time: 5, aux: 51_200 }), record(2, { time: 9 })];
  const b = [record(1, { time: 7, aux: 0 }), record(2, { time: 8 })];
  expect(compared(recording(a), recording(b))).toMatchObject({
    same: 2,
    identical: true,
    partedA: null,
    partedB: null,
  });
});

test('after the part what both did stands once, what one did is marked', () => {
  const a = [1, 2, 3, 4, 7].map((v) => record(v));
  const b = [1, 2, 5, 4, 6].map((v) => record(v));
  const found = compared(recording(a), recording(b));
  expect(found).toMatchObject({ same: 2, identical: false, partedA: { value: 3 }, partedB: { value: 5 } });
  expect(sides(a, b)).toEqual(['both1', 'both2', 'a3', 'b5', 'both4', 'a7', 'b6']);
});

test('a run that ends early parts where it ends', () => {
  const a = [1, 2, 3].map((v) => record(v));
  expect(compared(recording(a), recording(a.slice(0, 2)))).toMatchObject({ same: 2, identical: false, partedB: null });
  expect(sides(a, a.slice(0, 2))).toEqual(['both1', 'both2', 'a3']);
});

test('notes differ by their words', () => {
  const note = (aux: number) => [record(0, { op: 'note', aux })];
  expect(compared(recording(note(1)), recording(note(2))).same).toBe(0);
});

test('each side of a comparison reads as its run did', () => {
  const values = fc.array(
    fc.integer({ min: 0, max: 3 }).map((v) => record(v)),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(values, values, (a, b) => {
      const { lines, same } = compared(recording(a), recording(b));
      const skipped = Math.max(0, same - 2);
      for (const [side, all] of [
        ['a', a],
        ['b', b],
      ] as const) {
        const read = lines
          .filter((line) => line.side === 'both' || line.side === side)
          .map((line) => line.record.value);
        expect(read).toEqual(all.slice(skipped).map(({ value }) => value));
      }
    }),
  );
});

const scenario = (of: Partial<ScenarioView>): ScenarioView => ({
  name: 'x',
  title: 'X',
  teaches: '',
  tags: [],
  devices: ['phy0'],
  yaml: '',
  score: [],
  lastVerdict: null,
  ...of,
});

test('scenarios are grouped by device and found by words and tags', () => {
  const all = [
    scenario({ name: 'link-flap', title: 'Link flap', tags: ['link'] }),
    scenario({ name: 'bring-up', title: 'Bring-up', teaches: 'order of accesses' }),
    scenario({ name: 'two', title: 'Two', devices: ['phy0', 'phy1'] }),
  ];
  expect(grouped(all, '').map(({ group, of, found }) => [group, of, found.length])).toEqual([
    ['phy0', 2, 2],
    ['phy0, phy1', 1, 1],
  ]);
  expect(grouped(all, 'tag:li').flatMap(({ found }) => found.map(({ name }) => name))).toEqual(['link-flap']);
  expect(grouped(all, 'ORDER bring').flatMap(({ found }) => found.map(({ name }) => name))).toEqual(['bring-up']);
});

test('a step leads to its accesses, in the records they are in', () => {
  const run = { run: 31, mode: 'virtual' } as RunView;
  const path = accessesPath(run, 24, 24_566);
  const query = new URLSearchParams(path.split('?')[1]);
  expect(query.get('run')).toBe('31');
  expect(readFilter(query.get('filter') ?? '', { kindOf: () => undefined, devices: [], requesters: [] })).toMatchObject(
    { ok: true },
  );
  expect(accessesPath({ ...run, mode: 'live' }, 5, 5)).toBe('/traffic?filter=seq+%3D%3D+5');
});

test('times are short', () => {
  expect([milliseconds(6347), milliseconds(41), milliseconds(0.4), milliseconds(0)]).toEqual([
    '6.347 s',
    '41 ms',
    '0.4 ms',
    '0 ms',
  ]);
  const started = new Date(1_000_000).toISOString();
  expect([1_003_000, 1_050_000, 1_660_000].map((now) => since(started, now))).toEqual([
    'just now',
    '50 s ago',
    '11 min ago',
  ]);
});

test('a step has as long as its plan gives it', () => {
  const planned = scenario({
    score: [
      { kind: 'expect', atMs: 100, untilMs: 3100 },
      { kind: 'expect', atMs: null, untilMs: null },
    ],
  });
  const step = { index: 0 } as RunView['steps'][number];
  expect(allowedMs(planned, step)).toBe(3000);
  expect(allowedMs(planned, { ...step, index: 1 })).toBeNull();
  expect(allowedMs(undefined, step)).toBeNull();
});
