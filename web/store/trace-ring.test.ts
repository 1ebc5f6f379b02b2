/** The ring of trace records in the browser. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RECORD_BYTES, Trace } from '#bus/trace.ts';
import { TraceRing } from './trace-ring.ts';

const NO_NAMES = { from: { devices: 0, requesters: 0, texts: 0 }, devices: [], requesters: [], texts: [] };

/** A lab's trace with `count` reads at rising addresses. */
const traceOf = (count: number): Trace => {
  const trace = new Trace(1024);
  for (let i = 0; i < count; i++)
    trace.record({ device: 'phy0', requester: 'drv', op: 'read', outcome: 'ok', time: i * 1000, at: i, value: i });
  return trace;
};

const push = (ring: TraceRing, records: Uint8Array): number => ring.push({ records, names: NO_NAMES });

test('keeps the newest records at positions that do not change', () => {
  const ring = new TraceRing(8);
  push(ring, traceOf(20).slice(1));
  expect([ring.begin, ring.end]).toEqual([12, 20]);
  expect(ring.at(11)).toBeUndefined();
  expect(ring.at(12)?.seq).toBe(13);
  expect(ring.at(19)?.at).toBe(19);
  expect(ring.at(20)).toBeUndefined();
});

test('remembers a hole in the sequence until it leaves the ring', () => {
  const ring = new TraceRing(8);
  const trace = traceOf(40);
  push(ring, trace.slice(1, 3));
  push(ring, trace.slice(10, 2));
  expect(ring.gaps).toEqual([{ position: 3, missing: 6 }]);
  push(ring, trace.slice(12, 20));
  expect(ring.gaps).toEqual([]);
});

test('takes a record that comes again only once', () => {
  const ring = new TraceRing(64);
  const trace = traceOf(10);
  push(ring, trace.slice(1, 6));
  expect(push(ring, trace.slice(4))).toBe(6);
  expect(Array.from({ length: ring.end }, (_, i) => ring.seqAt(i))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(ring.gaps).toEqual([]);
});

test('learns names where a batch says they begin', () => {
  const ring = new TraceRing(8);
  const records = new Uint8Array();
  ring.push({ records, names: { ...NO_NAMES, devices: ['', 'phy0'], requesters: ['', 'drv'], texts: [''] } });
  ring.push({
    records,
    names: { from: { devices: 2, requesters: 2, texts: 1 }, devices: ['phy1'], requesters: [], texts: ['rx-loss'] },
  });
  expect(ring.names).toEqual({ devices: ['', 'phy0', 'phy1'], requesters: ['', 'drv'], texts: ['', 'rx-loss'] });
});

test('forgets everything but its positions when the lab begins anew', () => {
  const ring = new TraceRing(8);
  push(ring, traceOf(5).slice(1));
  const { epoch } = ring;
  ring.reset();
  expect([ring.begin, ring.end, ring.lastSeq]).toEqual([5, 5, 0]);
  expect(ring.epoch).toBe(epoch + 1);
  push(ring, traceOf(2).slice(1));
  expect(ring.at(5)?.seq).toBe(1);
  expect(ring.gaps).toEqual([]);
});

test('tells its listeners once a batch, and only of batches that bring records', () => {
  const ring = new TraceRing(8);
  let told = 0;
  const stop = ring.subscribe(() => void told++);
  push(ring, traceOf(5).slice(1));
  push(ring, new Uint8Array());
  stop();
  push(ring, traceOf(7).slice(6));
  expect(told).toBe(1);
});

test('holds what was sent, whatever the batches, overlaps and holes', () => {
  const sent = traceOf(200);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 40 })), { maxLength: 20 }),
      fc.integer({ min: 1, max: 50 }),
      (batches, capacity) => {
        const ring = new TraceRing(capacity);
        const expected: number[] = [];
        for (const [since, limit] of batches) {
          const records = sent.slice(since, limit);
          push(ring, records);
          for (let i = 0; i < records.length / RECORD_BYTES; i++)
            if (since + i > (expected.at(-1) ?? 0)) expected.push(since + i);
        }
        const kept = Array.from({ length: ring.end - ring.begin }, (_, i) => ring.at(ring.begin + i));
        expect(kept.map((record) => record?.seq)).toEqual(expected.slice(-capacity));
        for (const record of kept) expect(record?.at).toBe((record?.seq ?? 0) - 1);
        for (const seq of expected.slice(-capacity)) expect(ring.seqAt(ring.positionOf(seq))).toBe(seq);
        for (const { position, missing } of ring.gaps)
          if (position > ring.begin) expect(ring.seqAt(position) - ring.seqAt(position - 1)).toBe(missing + 1);
      },
    ),
  );
});

test('a full ring of given bytes is what pushing them gives, without a copy; records out of order are sorted out by one', () => {
  const sent = traceOf(60);
  const names = { devices: ['', 'phy0'], requesters: ['', 'drv'], texts: [''] };
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 9 }))), (pieces) => {
      const parts = pieces.map(([since, limit]) => sent.slice(since, limit));
      const records = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const part of parts) {
        records.set(part, at);
        at += part.length;
      }
      const seqs = Array.from({ length: records.length / RECORD_BYTES }, (_, i) =>
        new DataView(records.buffer).getUint32(i * RECORD_BYTES, true),
      );
      const inOrder = seqs.every((seq, i) => i === 0 || seq > seqs[i - 1]!);
      const [ring, pushed] = [TraceRing.of(records.slice(), names), new TraceRing(Math.max(1, seqs.length))];
      push(pushed, records);
      expect(ring.names).toEqual(names);
      expect([ring.begin, ring.end, ring.lastSeq, ring.gaps]).toEqual([0, pushed.end, pushed.lastSeq, pushed.gaps]);
      for (let i = 0; i < ring.end; i++) expect(ring.at(i)).toEqual(pushed.at(i));
      if (inOrder && seqs.length > 0) expect(TraceRing.of(records, names).view.buffer).toBe(records.buffer);
    }),
  );
});
