/** Lanes, frames, cells and colours: what is drawn, checked without a screen. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RunView } from '#bus/api.ts';
import { addressFrame, readFrame, writeFrame } from '#bus/mdio.ts';
import { Trace, type TraceEntry, type TraceRecord } from '#bus/trace.ts';
import { LEFT_OUT } from '#bus/trace-words.ts';
import { c45 } from '#datasheets/c45.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import { readFilter } from '../filter/compile.ts';
import { type Lab, SHEETS } from '../filter/sheets.ts';
import { TraceRing } from '../store/trace-ring.ts';
import { clauseOf } from './cell-clause.ts';
import { coloured } from './filter-colours.ts';
import { framesOf } from './frame-bits.ts';
import { axisStep, lanesOf, nearestPosition, wholeStretch } from './lane-model.ts';
import { stepBoxes } from './step-boxes.ts';
import { COLUMN_NAMES } from './table-row.tsx';

const sheetOf = () => SHEETS.qt2025;
const ringOf = (entries: readonly Partial<TraceEntry>[]): TraceRing => {
  const trace = new Trace();
  for (const entry of entries)
    trace.record({ device: 'phy0', requester: 'qt2025', op: 'read', outcome: 'ok', time: 0, ...entry });
  const ring = new TraceRing();
  ring.push({ records: trace.slice(1), names: { from: { devices: 0, requesters: 0, texts: 0 }, ...trace.names } });
  return ring;
};
const link = (time: number, up: boolean, device = 'phy0') => ({
  time,
  device,
  at: QT2025.PMA_STAT1.at,
  value: up ? 6 : 2,
});

test('accesses are counted in their bins, reads and writes apart', () => {
  const ring = ringOf([{ time: 0 }, { time: 10, op: 'write' }, { time: 11 }, { time: 99 }, { time: 100 }]);
  const lanes = lanesOf(ring, { from: 0, to: 100 }, 10, sheetOf);
  expect([...lanes.reads]).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
  expect([...lanes.writes]).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(lanes.peak).toBe(2);
});

test('the link is as the bus read it, each device for itself', () => {
  const ring = ringOf([link(5, false), link(6, true, 'phy1'), link(10, true), link(20, true), link(30, false)]);
  expect(
    lanesOf(ring, { from: 0, to: 40 }, 4, sheetOf).link.map(({ device, up, from, to }) => [device, up, from, to]),
  ).toEqual([
    ['phy0', false, 5, 10],
    ['phy1', true, 6, null],
    ['phy0', true, 10, 30],
    ['phy0', false, 30, null],
  ]);
});

test('a link that flaps faster than can be drawn takes two boxes a bin at most, and ends as it was read last', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 12 }),
      (ups, bins) => {
        const ring = ringOf(ups.map((up, i) => link(i, up)));
        const boxes = lanesOf(ring, { from: 0, to: 300 }, bins, sheetOf).link;
        expect(boxes.length).toBeLessThanOrEqual(2 * bins);
        expect(boxes.at(-1)).toMatchObject({ up: ups.at(-1), to: null });
        for (const [i, { from, to, up }] of boxes.entries()) {
          expect(boxes[i + 1]?.from ?? null).toBe(to);
          expect(boxes[i + 1]?.up).not.toBe(up);
          expect(from).toBeLessThan(to ?? 301);
        }
        // each state a bin has seen is there
        const binOf = (time: number): number => Math.min(bins - 1, Math.floor((time * bins) / 300));
        for (const state of [true, false]) {
          const changes = ups.flatMap((up, i) => (up === state && (i === 0 || ups[i - 1] !== state) ? [binOf(i)] : []));
          const begun = boxes.filter(({ up }) => up === state).map(({ from }) => binOf(from));
          for (const bin of new Set(changes))
            expect(begun.includes(bin) || boxes.some(({ from }) => binOf(from) === bin)).toBe(true);
        }
      },
    ),
  );
});

test('what a flood leaves out is no step of a scenario', () => {
  const ring = ringOf([
    { op: 'note', text: 'first step', time: 1 },
    { op: 'note', text: LEFT_OUT, time: 5, value: 12 },
  ]);
  expect(lanesOf(ring, { from: 0, to: 10 }, 4, sheetOf).notes.map(({ text }) => text)).toEqual(['first step']);
});

test('a fault lasts until it is cleared, whatever parameters it was switched on with', () => {
  const ring = ringOf([
    { op: 'fault', outcome: 'off', time: 3, text: 'tx-fault' },
    { op: 'fault', outcome: 'on', time: 5, text: 'weak-light rx_dbm=-12.4' },
    { op: 'fault', outcome: 'on', time: 6, text: 'rx-loss' },
    { op: 'fault', outcome: 'off', time: 9, text: 'weak-light' },
  ]);
  const boxes = (from: number, to: number) =>
    lanesOf(ring, { from, to }, 4, sheetOf).faults.map(({ from: a, to: b, text }) => [text.split(' ')[0], a, b]);
  expect(boxes(0, 20)).toEqual([
    ['tx-fault', Number.NEGATIVE_INFINITY, 3],
    ['weak-light', 5, 9],
    ['rx-loss', 6, null],
  ]);
  expect(boxes(10, 20)).toEqual([['rx-loss', 6, null]]);
});

test('the stretch ends at the newest record and is as long as is asked for at most', () => {
  const ring = ringOf([{ time: 1e9 }, { time: 5e9 }, { time: 9e9 }]);
  expect(wholeStretch(ring, Number.POSITIVE_INFINITY)).toEqual({ from: 1e9, to: 9e9 });
  expect(wholeStretch(ring, 2e9)).toEqual({ from: 7e9, to: 9e9 });
  expect(wholeStretch(new TraceRing(), 1)).toEqual({ from: 0, to: 1e9 });
});

test('the nearest record to any time is found', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(1000), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: -100, max: 1100 }),
      (times, asked) => {
        const sorted = [...times].sort((a, b) => a - b);
        const found = sorted[nearestPosition(ringOf(sorted.map((time) => ({ time }))), asked)]!;
        expect(Math.abs(found - asked)).toBe(Math.min(...sorted.map((time) => Math.abs(time - asked))));
      },
    ),
  );
});

test('axis steps are round and few', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e3, max: 1e13, noNaN: true }), fc.integer({ min: 2, max: 20 }), (ns, most) => {
      const step = axisStep({ from: 0, to: ns }, most);
      expect(ns / step).toBeLessThanOrEqual(most + 1e-6);
      expect(['1', '2', '5']).toContain((step / 10 ** Math.floor(Math.log10(step * (1 + 1e-9)))).toFixed(0));
    }),
  );
});

const record: TraceRecord = {
  seq: 9,
  device: 1,
  requester: 1,
  op: 'write',
  outcome: 'ok',
  time: 1.5e9,
  at: c45(3, 0xe854),
  value: 0x40,
  old: 0xc0,
  aux: 51_200,
};

test('frames are those that the bus would send', () => {
  const [address, data] = framesOf(record, 1);
  expect([address.raw, data.raw]).toEqual([addressFrame(1, record.at), writeFrame(1, 3, 0x40)]);
  expect(address.title).toBe('Address frame, 008E E854h');
  expect(parseInt(data.bits.join(''), 2)).toBe(data.raw);
  const read = framesOf({ ...record, op: 'read', value: 0 }, 7)[1];
  expect(read.raw).toBe(readFrame(7, 3));
});

test('nobody home leaves the turnaround undriven', () => {
  const [, data] = framesOf({ ...record, op: 'read', outcome: 'undriven', value: 0xffff }, 5);
  expect(data.fields.map(({ name, says }) => `${name} ${says}`)).toEqual([
    'ST 0',
    'OP rd',
    'PRTAD 5',
    'DEVAD 3',
    'TA Z',
    'DATA FFFFh',
  ]);
  expect(data.raw & 0x3ffff).toBe(0x3ffff);
});

test('what a cell offers as a filter lets its own record through', () => {
  const names = { devices: ['', 'phy 0'], requesters: ['', 'in'], texts: ['', 'a "quoted" text'] };
  const lab: Lab = { kindOf: () => 'qt2025', devices: [], requesters: [] };
  for (const of of [
    record,
    { ...record, at: c45(4, 0x9000) },
    { ...record, at: c45(1, 0x7777) },
    { ...record, op: 'note', aux: 1 } as const,
  ])
    for (const column of COLUMN_NAMES) {
      const clause = clauseOf(column, of, names, sheetOf);
      if (clause === null) continue;
      const reading = readFilter(clause, lab);
      expect(reading.ok && reading.test(of, names), clause).toBe(true);
      const without = readFilter(`!(${clause})`, lab);
      expect(without.ok && without.test(of, names), clause).toBe(false);
    }
});

test('the coloured pieces of any text are that text', () => {
  const lab: Lab = { kindOf: () => undefined, devices: [], requesters: [] };
  const words = fc.constantFrom(...'dev == phy0 && ( " } 5 = é ..'.split(' '));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(words).map((parts) => parts.join(' ')),
      ),
      (text) => {
        const pieces = coloured(text, readFilter(text, lab));
        expect(pieces.map(({ part }) => part).join('')).toBe(text);
        expect(new Set(pieces.map(({ from }) => from)).size).toBe(pieces.length);
      },
    ),
  );
});

const run = (of: Partial<RunView>, ...steps: readonly Partial<RunView['steps'][number]>[]): RunView =>
  ({
    run: 1,
    mode: 'virtual',
    ...of,
    steps: steps.map((step, index) => ({
      index,
      title: `s${index}`,
      state: 'done',
      endedAt: null,
      lastSeq: null,
      ...step,
    })),
  }) as RunView;

test('steps of a virtual run follow each other from 0; the running one goes on', () => {
  expect(stepBoxes(run({}, { endedAt: 5 }, { endedAt: 9 }, { state: 'running' }, { state: 'waiting' }), null)).toEqual([
    { from: 0, to: 5, text: '1 s0' },
    { from: 5, to: 9, text: '2 s1' },
    { from: 9, to: null, text: '3 s2' },
  ]);
});

test('a live run stands where its accesses are in the lab’s time, or nowhere when they are gone', () => {
  const ring = ringOf([{ time: 100 }, { time: 150 }]);
  expect(stepBoxes(run({ mode: 'live' }, { endedAt: 20 }, { endedAt: 50, lastSeq: 2 }), ring)).toEqual([
    { from: 100, to: 120, text: '1 s0' },
    { from: 120, to: 150, text: '2 s1' },
  ]);
  expect(stepBoxes(run({ mode: 'live' }, { endedAt: 50, lastSeq: 99 }), ring)).toEqual([]);
});
