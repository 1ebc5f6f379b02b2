import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  RECORD_BYTES,
  TRACE_OPS,
  TRACE_OUTCOMES,
  Trace,
  type TraceEntry,
  type TraceOp,
  unpackRecord,
} from './trace.ts';

const entry = (over: Partial<TraceEntry> = {}): TraceEntry => ({
  device: 'phy0',
  requester: 'driver',
  op: 'read',
  outcome: 'ok',
  time: 1000,
  ...over,
});
const seqOf = (packed: Uint8Array, at = 0): number => unpackRecord(packed, at).seq;
const seqs = (packed: Uint8Array): number[] =>
  Array.from({ length: packed.length / RECORD_BYTES }, (_, i) => seqOf(packed, i * RECORD_BYTES));

const entries = fc.record({
  device: fc.constantFrom('phy0', 'nullb0', 'card0'),
  requester: fc.constantFrom('', 'driver', 'nbd:1', 'dashboard'),
  op: fc.constantFrom(...TRACE_OPS),
  outcome: fc.constantFrom(...TRACE_OUTCOMES),
  time: fc.nat({ max: 2 ** 31 }).map((ns) => ns * 1e6),
  at: fc.nat({ max: 0xffffffff }),
  value: fc.nat({ max: 0xffffffff }),
  old: fc.nat({ max: 0xffffffff }),
  wireNs: fc.nat({ max: 0xffffffff }),
});

test('what was recorded reads back, whatever it was', () => {
  fc.assert(
    fc.property(fc.array(entries, { minLength: 1, maxLength: 60 }), (all) => {
      const trace = new Trace(64);
      for (const one of all) trace.record(one);
      for (const [i, { device, requester, wireNs, ...rest }] of all.entries()) {
        const found = trace.at(i + 1);
        expect(found).toMatchObject({ ...rest, seq: i + 1, aux: wireNs });
        expect(trace.names.devices[found?.device ?? 0]).toBe(device);
        expect(trace.names.requesters[found?.requester ?? 0]).toBe(requester);
      }
    }),
  );
});

test('an access by its lane is the same record as one by names', () => {
  const [named, laned] = [new Trace(8), new Trace(8)];
  named.record(entry({ at: 0x30001, value: 7, old: 5, wireNs: 51_200, outcome: 'kept', op: 'write' }));
  laned.access(laned.lane('phy0', 'driver'), 'write', 'kept', 1000, 0x30001, 7, 5, 51_200);
  expect([...laned.slice(1)]).toEqual([...named.slice(1)]);
  expect(laned.names).toEqual(named.names);
});

test('the ring keeps the newest, and its pieces together are the slice', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.nat({ max: 40 }),
      fc.nat({ max: 45 }),
      fc.nat({ max: 12 }),
      (capacity, count, since, limit) => {
        const trace = new Trace(capacity);
        for (let i = 0; i < count; i++) trace.record(entry({ value: i }));
        const kept = Array.from({ length: count }, (_, i) => i + 1).slice(-capacity);
        expect(seqs(trace.slice(since, limit))).toEqual(kept.filter((seq) => seq >= since).slice(0, limit));
        expect(Buffer.concat(trace.pieces(since, limit))).toEqual(Buffer.from(trace.slice(since, limit)));
        expect(trace.pieces(since, limit).length).toBeLessThanOrEqual(2);
      },
    ),
  );
});

test('a tap hears each record, or those of the ops it asked for, until it is ended', () => {
  const trace = new Trace(4);
  const heard: [string, number][] = [];
  const hear = (name: string, ops?: readonly TraceOp[]) =>
    trace.tap((record) => heard.push([name, seqOf(record)]), ops);
  const ends = [hear('all'), hear('faults', ['fault', 'irq'])];
  trace.record(entry());
  trace.record(entry({ op: 'fault' }));
  for (const end of ends) end();
  trace.record(entry({ op: 'fault' }));
  expect(heard).toEqual([
    ['all', 1],
    ['all', 2],
    ['faults', 2],
  ]);
});

test('a tap that records in turn changes nothing of what the others are shown', () => {
  const trace = new Trace(4);
  const heard: number[] = [];
  trace.tap(() => trace.record(entry({ op: 'note' })), ['fault']);
  trace.tap((record) => heard.push(seqOf(record)));
  trace.record(entry({ op: 'fault' }));
  expect(heard).toEqual([2, 1]);
});

test('a tap that throws leaves the trace as it should be', () => {
  const trace = new Trace(4);
  const end = trace.tap(() => {
    throw new Error('of the tap');
  });
  const heard: number[] = [];
  expect(() => trace.record(entry())).toThrow('of the tap');
  end();
  trace.tap((record) => heard.push(seqOf(record)));
  trace.record(entry());
  expect(heard).toEqual([2]);
});

test('who reads many at a time is told after every so many records, and misses none', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 6 }),
      fc.nat({ max: 40 }),
      (one, other, count) => {
        const trace = new Trace(16);
        const read: [number[], number[]] = [[], []];
        const told = [0, 0];
        const ends = [one, other].map((each, i) =>
          trace.every(each, () => {
            told[i]!++;
            for (const piece of trace.pieces(read[i]!.length + 1)) read[i]!.push(...seqs(piece));
          }),
        );
        for (let i = 0; i < count; i++) trace.record(entry());
        for (const end of ends) end();
        trace.record(entry());
        expect(told).toEqual([Math.floor(count / one), Math.floor(count / other)]);
        for (const [i, each] of [one, other].entries())
          expect(read[i]).toEqual(Array.from({ length: count - (count % each) }, (_, at) => at + 1));
      },
    ),
  );
});
