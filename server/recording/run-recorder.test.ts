import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '#bus/clock.ts';
import { RECORD_BYTES, Trace, unpackRecord } from '#bus/trace.ts';
import { readRecording } from '#recording/decode.ts';
import { anyEntry, HEADER, madeEncoder } from '#recording/made-section.ts';
import { encodeInOrder } from './in-order.ts';
import { RunRecorder } from './run-recorder.ts';

const BENCH = { phy0: { device: 'qt2025' }, nullb0: { device: 'nullb' }, card0: { device: 'display' } } as const;

const rig = (capacity: number) => {
  const clock = new VirtualClock();
  const trace = new Trace(capacity);
  const pieces: Uint8Array[] = [];
  const recorder = new RunRecorder({
    scenario: { name: 'made', yaml: '', bench: BENCH },
    file: 'made.yaml',
    seed: 1,
    version: '1.2.3',
    append: (bytes) => void pieces.push(bytes.slice()),
  });
  recorder.watch({ mode: 'virtual', clock, trace, log: () => [] });
  const sections = () => readRecording(Buffer.concat(pieces)).sections;
  return { clock, trace, recorder, section: () => sections()[0], pieces };
};

test('every record is in the file once and in order, however often the ring comes round', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(anyEntry, { maxLength: 60 }), (capacity, entries) => {
      const { trace, recorder, section } = rig(capacity);
      const made = entries.map((entry) => Buffer.from(trace.slice(trace.record(entry))));
      recorder.progress({ steps: [] } as never);
      expect(recorder.written).toBe(entries.length);
      expect(Buffer.from(section()?.records ?? [])).toEqual(Buffer.concat(made));
    }),
  );
});

test('a long run is in the file up to its last whole batch before anybody asks, and all of it once a step is told', () => {
  const { trace, recorder, section } = rig(1 << 14);
  for (let i = 1; i <= 5000; i++)
    trace.record({ device: 'phy0', requester: 'driver', op: 'read', outcome: 'ok', time: i, value: i });
  const before = section()?.count ?? 0;
  expect(before).toBe(recorder.written);
  expect(before).toBeGreaterThan(2500);
  recorder.progress({ steps: [] } as never);
  expect(section()?.count).toBe(5000);
  const records = section()?.records ?? new Uint8Array();
  for (let i = 0; i < 5000; i++) expect(unpackRecord(records, i * RECORD_BYTES).value).toBe(i + 1);
});

test('records in two pieces are encoded as those in one, events among them in their place', () => {
  const times = fc.array(fc.nat(20), { maxLength: 12 }).map((all) => all.sort((a, b) => a - b));
  fc.assert(
    fc.property(times, times, fc.nat(12), (records, at, cut) => {
      const trace = new Trace(64);
      for (const time of records) trace.record({ device: 'phy0', requester: 'd', op: 'read', outcome: 'ok', time });
      const events = at.map((time, seq) => ({ event: 'mark', time, seq }) as const);
      const encoded = (pieces: readonly Uint8Array[]): Uint8Array => {
        const encoder = madeEncoder();
        encoder.begin(HEADER);
        encodeInOrder(encoder, pieces, trace.names, events);
        return encoder.take();
      };
      const all = trace.slice(1);
      const place = Math.min(cut, records.length) * RECORD_BYTES;
      const parts = [all.subarray(0, place), all.subarray(place)].filter(({ length }) => length > 0);
      expect(Buffer.from(encoded(parts))).toEqual(Buffer.from(encoded([all])));
    }),
  );
});
