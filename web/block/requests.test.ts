/** The newest requests among the records of a block bus, and what the traffic table says of them. */
import { expect, test } from 'vitest';
import { BLOCK_OPS, BLOCK_STATUSES, type BlockOp, type BlockStatus } from '#bus/block.ts';
import { packTag, Trace, type TraceEntry, type TraceOp } from '#bus/trace.ts';
import { readFilter } from '../filter/compile.ts';
import { type Lab, sheetOf } from '../filter/sheets.ts';
import { fromTrace } from '../store/happenings.ts';
import { Touches } from '../store/touches.ts';
import { TraceRing } from '../store/trace-ring.ts';
import { clauseOf } from '../traffic/cell-clause.ts';
import { wordsOf } from '../traffic/words.ts';
import { newestRequests } from './requests.ts';

const LAB: Lab = {
  kindOf: (device) => ({ phy0: 'qt2025', nullb0: 'nullb' })[device],
  devices: ['phy0', 'nullb0'],
  requesters: ['null_blk'],
};
const sheet = (device: string) => sheetOf(LAB, device);

interface Asked {
  readonly op: BlockOp;
  readonly tag: number;
  readonly sector?: number;
  readonly sectors?: number;
  readonly fua?: boolean;
}

const bus = () => {
  const trace = new Trace(1000);
  let rows = 0;
  const row = (entry: Omit<TraceEntry, 'device' | 'requester' | 'time'>): number =>
    trace.record({ device: 'nullb0', requester: 'null_blk', time: ++rows * 1000, ...entry });
  return {
    trace,
    ask: ({ op, tag, sector = 0, sectors = 0, fua = false }: Asked) =>
      row({
        op: op.startsWith('zone') ? 'zone' : (op as TraceOp),
        outcome: 'ok',
        at: sector % 2 ** 32,
        value: sectors,
        old: packTag({ tag, hctx: 1, detail: (fua ? 0x80 : 0) | BLOCK_OPS.indexOf(op) }),
        wireNs: Math.floor(sector / 2 ** 32),
      }),
    answer: (tag: number, status: BlockStatus, latencyNs: number) =>
      row({
        op: 'done',
        outcome: 'ok',
        old: packTag({ tag, hctx: 1, detail: BLOCK_STATUSES.indexOf(status) }),
        wireNs: latencyNs,
      }),
    ring: () => {
      const ring = new TraceRing(1000);
      ring.push({
        records: trace.slice(1),
        names: { from: { devices: 0, requesters: 0, texts: 0 }, ...trace.names },
      });
      return ring;
    },
  };
};

test('each request has its own answer, the newest first, those without one in flight', () => {
  const { ask, answer, ring } = bus();
  ask({ op: 'write', tag: 3, sector: 5 * 2 ** 32 + 8, sectors: 8, fua: true });
  ask({ op: 'read', tag: 4, sector: 64, sectors: 8 });
  answer(4, 'MEDIUM', 5000);
  answer(3, 'OK', 9000);
  ask({ op: 'zone_append', tag: 4, sector: 32_768, sectors: 64 });
  expect(newestRequests(ring(), 'nullb0', 10)).toMatchObject([
    { op: 'zone_append', tag: 4, answer: null },
    { op: 'read', tag: 4, sector: 64, answer: { status: 'MEDIUM', latencyNs: 5000 } },
    { op: 'write', tag: 3, hctx: 1, sector: 5 * 2 ** 32 + 8, sectors: 8, fua: true, answer: { status: 'OK' } },
  ]);
  expect(newestRequests(ring(), 'nullb0', 1)).toHaveLength(1);
  expect(newestRequests(ring(), 'phy0', 10)).toEqual([]);
});

test('the table says sector, length, slot and how it ended', () => {
  const { ask, answer, ring } = bus();
  ask({ op: 'write', tag: 17, sector: 8192, sectors: 8, fua: true });
  answer(17, 'MEDIUM', 41_000);
  ask({ op: 'flush', tag: 2 });
  const made = ring();
  const words = [0, 1, 2].map((position) => wordsOf(made.at(position)!, made.names, sheet, 'hex'));
  expect(words).toMatchObject([
    { address: 's 8,192', name: 'write', value: '8', decoded: '4 KiB, tag 17, queue 1, through the cache (FUA)' },
    { name: 'answer', decoded: 'tag 17, queue 1', result: 'MEDIUM', latency: '41.0' },
    { address: '', name: 'flush', value: '', decoded: 'tag 2, queue 1', latency: '' },
  ]);
});

test('a filter asks for sectors, slots, statuses and times of answers, and never takes a sector for a register', () => {
  const { trace, ask, answer, ring } = bus();
  ask({ op: 'read', tag: 9, sector: 0x8000, sectors: 8 });
  answer(9, 'IOERR', 2_000_000);
  trace.record({ device: 'phy0', requester: 'qt2025', op: 'read', outcome: 'ok', time: 9e6, at: 0x38000, value: 8 });
  const made = ring();
  const found = (text: string): number[] => {
    const reading = readFilter(text, LAB);
    if (!reading.ok) throw new Error(reading.reason);
    return [0, 1, 2].filter((position) => reading.test(made.at(position)!, made.names));
  };
  expect(found('sector == 0x8000')).toEqual([0]);
  expect(found('hctx == 1 && tag == 9')).toEqual([0, 1]);
  expect(found('status == IOERR')).toEqual([1]);
  expect(found('status != OK')).toEqual([1]);
  expect(found('latency >= 1ms')).toEqual([1]);
  expect(found('value == 8')).toEqual([2]);
  expect(found('reg == 0x8000')).toEqual([2]);
  expect(found('sectors == 8')).toEqual([0]);
  expect(readFilter('status == MEDIUN', LAB)).toMatchObject({ ok: false, reason: expect.stringContaining('MEDIUM') });
});

test('a cell asks for what it shows', () => {
  const { ask, answer, ring } = bus();
  ask({ op: 'read', tag: 9, sector: 64, sectors: 8 });
  answer(9, 'IOERR', 2_000_000);
  const made = ring();
  const clause = (column: Parameters<typeof clauseOf>[0], position: number): string | null =>
    clauseOf(column, made.at(position)!, made.names, sheet);
  expect(clause('register', 0)).toBe('sector == 64');
  expect(clause('decoded', 0)).toBe('hctx == 1 && tag == 9');
  expect(clause('result', 1)).toBe('status == IOERR');
  expect(clause('device', 1)).toBe('dev == nullb0');
});

test('requests are no happenings, and their sectors are not remembered as registers', () => {
  const { ask, answer, ring } = bus();
  ask({ op: 'read', tag: 1, sector: 64, sectors: 8 });
  answer(1, 'OK', 1000);
  ask({ op: 'flush', tag: 1 });
  ask({ op: 'write', tag: 2, sector: 72, sectors: 8 });
  const made = ring();
  expect(fromTrace(made, 0)).toEqual([]);
  const touches = new Touches();
  touches.take(made, 0);
  expect([...touches.addresses(made.names.devices.indexOf('nullb0'))]).toEqual([]);
  expect(touches.lastTime(made.names.devices.indexOf('nullb0'))).toBe(4000);
});
