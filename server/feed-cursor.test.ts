import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RECORD_BYTES, Trace, unpackRecord } from '#bus/trace.ts';
import { FeedCursor } from './feed-cursor.ts';

const fill = (trace: Trace, count: number, device = 'phy0') => {
  for (let i = 0; i < count; i++)
    trace.record({ device, requester: 'qt2025', op: 'read', outcome: 'ok', time: i, at: 1, value: i });
};
const seqs = (records: Uint8Array) =>
  Array.from({ length: records.length / RECORD_BYTES }, (_, i) => unpackRecord(records, i * RECORD_BYTES).seq);
const drain = (cursor: FeedCursor) => {
  const got: number[] = [];
  for (let batch = cursor.next(); batch !== undefined; batch = cursor.next()) got.push(...seqs(batch.records));
  return got;
};

test('resumes after the last record the browser has, without a hole and without a repetition', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 }), (before, after) => {
      const trace = new Trace(4096);
      fill(trace, before);
      const first = new FeedCursor(trace);
      const had = drain(first);
      fill(trace, after);
      const resumed = new FeedCursor(trace, { since: had.at(-1) ?? 0 });
      expect([...had, ...drain(resumed)]).toEqual(Array.from({ length: before + after }, (_, i) => i + 1));
      expect(resumed.gap).toBe(0);
    }),
  );
});

test('says how many records after `since` are no longer kept', () => {
  const trace = new Trace(100);
  fill(trace, 250);
  const cursor = new FeedCursor(trace, { since: 40 });
  expect(cursor.gap).toBe(110);
  expect(drain(cursor)).toEqual(Array.from({ length: 100 }, (_, i) => 151 + i));
});

test('takes a number from another session as none', () => {
  const trace = new Trace(100);
  fill(trace, 5);
  const cursor = new FeedCursor(trace, { since: 4000 });
  expect(cursor.gap).toBe(0);
  expect(drain(cursor)).toEqual([1, 2, 3, 4, 5]);
});

test('tells a name once, and before the record that needs it', () => {
  const trace = new Trace(100);
  fill(trace, 1, 'phy0');
  const cursor = new FeedCursor(trace);
  expect(cursor.next()?.names).toMatchObject({ from: { devices: 0 }, devices: ['', 'phy0'] });
  fill(trace, 1, 'phy1');
  expect(cursor.next()?.names).toMatchObject({ from: { devices: 2 }, devices: ['phy1'], requesters: [] });
});

test('counts what a slow browser misses and goes on near the newest', () => {
  const trace = new Trace(1 << 18);
  const cursor = new FeedCursor(trace);
  fill(trace, 200_000);
  const batch = cursor.next();
  expect(batch?.dropped).toBe(200_000 - 8192);
  expect(cursor.dropped).toBe(200_000 - 8192);
  const got = seqs(batch?.records ?? new Uint8Array());
  expect(got.at(-1)).toBe(200_000);
  expect(got.length + (batch?.dropped ?? 0)).toBe(200_000);
  fill(trace, 1);
  expect(cursor.next()?.dropped).toBe(0);
});

test('gives only the devices that were asked for', () => {
  const trace = new Trace(100);
  fill(trace, 2, 'phy0');
  fill(trace, 1, 'phy1');
  fill(trace, 1, 'phy0');
  const cursor = new FeedCursor(trace, { devices: new Set(['phy1']) });
  expect(drain(cursor)).toEqual([3]);
});
