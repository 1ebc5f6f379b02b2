import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabError } from '#bus/errors.ts';
import { RECORD_BYTES, Trace } from '#bus/trace.ts';
import { readRecording } from './decode.ts';
import { RecordingEncoder } from './encode.ts';
import { access, anyEntry, bytesOf, HEADER, madeEncoder, sectionOf } from './made-section.ts';
import { sectionBlock } from './pcapng.ts';
import { encodeSections, onlyDevices } from './sections.ts';

const log = (time: number, text: string) => ({ event: 'log', time, level: 'info' as const, facility: 'lab', text });

test('what is written is read back: records, names, events in their places', () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { maxLength: 30 }), fc.array(fc.string(), { maxLength: 10 }), (entries, texts) => {
      const trace = new Trace(64);
      for (const entry of entries) trace.record(entry);
      const section = sectionOf(
        entries,
        texts.map((text, i) => log(i, text)),
      );
      expect(section.records).toEqual(trace.slice(1));
      // names that no record uses yet are not in the file
      if (entries.length > 0) expect(section.names).toEqual(trace.names);
      expect(section.events.map(({ event }) => event)).toEqual(texts.map((text, i) => log(i, text)));
      expect(section.events.map(({ after }) => after)).toEqual(texts.map((_, i) => Math.min(i + 1, entries.length)));
      expect(section.header).toMatchObject(HEADER);
      expect(section.devices).toContainEqual({ name: 'nullb0', kind: 'nullb', port: 'block' });
    }),
  );
});

test('a file of the sections that were read is read the same again', () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { maxLength: 30 }), fc.array(fc.string(), { maxLength: 5 }), (entries, texts) => {
      const { sections } = readRecording(
        bytesOf(
          entries,
          texts.map((text, i) => log(i, text)),
        ),
      );
      expect(readRecording(encodeSections([...sections, ...sections]))).toEqual({
        sections: [...sections, ...sections],
        cutBytes: 0,
      });
    }),
  );
});

test('a file cut off anywhere opens up to the cut', () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { minLength: 1, maxLength: 12 }), fc.nat(), (entries, place) => {
      const last = { event: 'end', time: 0, reason: 'over' };
      const whole = bytesOf(
        entries,
        entries.map((_, i) => (i === entries.length - 1 ? last : log(i, 'said'))),
      );
      const all = readRecording(whole).sections[0]!;
      const cut = whole.subarray(0, place % whole.length);
      try {
        const { sections, cutBytes } = readRecording(cut);
        const { records, complete } = sections[0]!;
        expect(records).toEqual(all.records.subarray(0, records.length));
        expect(complete).toBe(false);
        expect(cutBytes).toBeLessThan(4096);
      } catch (error) {
        // only before the header is there
        expect(error).toBeInstanceOf(LabError);
        expect((error as LabError).message).toMatch(/cut off before|is empty/);
        expect(cut.length).toBeLessThan(whole.length - entries.length * RECORD_BYTES);
      }
    }),
    { numRuns: 300 },
  );
});

test('a file with any byte changed is read or refused in one line, never anything else', () => {
  const whole = bytesOf(
    [access('read', 0x10002, 0x43, 1000), { ...access('read', 0, 0, 2000), op: 'note', text: 'a note' }],
    [log(5, 'said'), { event: 'gap', time: 6, missing: 3 }],
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (changes) => {
        const changed = whole.slice();
        for (const [at, byte] of changes) changed[at] = byte;
        try {
          readRecording(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(LabError);
          expect((error as LabError).code).toBe('EINVAL');
          expect((error as LabError).message).not.toContain('\n');
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('bytes of anything are refused in one line', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(() => readRecording(bytes)).toThrow(LabError);
    }),
  );
});

const patched = (at: number, word: number): Uint8Array => {
  const bytes = bytesOf([access('read', 0x10002, 0x43, 1000)]);
  new DataView(bytes.buffer).setUint32(at, word, true);
  return bytes;
};

test.each([
  ['nothing', new Uint8Array(), /is empty/],
  ['text', new TextEncoder().encode('not a recording at all'), /no pcapng/],
  ['somebody else’s pcapng', sectionBlock([[4, 'Dumpcap']]), /not a recording of Ferrolab/],
  ['big endian', patched(8, 0x4d3c2b1a), /big endian/],
  ['a hostile length', patched(4, 0xfffffff0), /damaged at byte 0: a block of 4294967280 bytes/],
  ['a length of nothing', patched(4, 0), /damaged at byte 0: a block of 0 bytes/],
  ['lengths that disagree', patched(4, 40), /begins with length 40 and ends with/],
])('%s is refused', (_, bytes, message) => {
  expect(() => readRecording(bytes)).toThrow(message);
});

test('a recording of a newer version names both versions', () => {
  const encoder = madeEncoder();
  encoder.begin({ ...HEADER, ferrolab: '9.9.9' });
  const bytes = Buffer.from(
    Buffer.from(encoder.take()).toString('latin1').replace('"format":1', '"format":2'),
    'latin1',
  );
  expect(() => readRecording(bytes)).toThrow(/newer Ferrolab \(9\.9\.9\): format 2; this one reads up to 1/);
});

test('thousands of new names at once are told in pieces', () => {
  const trace = new Trace(4096);
  for (let i = 0; i < 2500; i++) trace.record({ ...access('read', 0, 0, i), op: 'note', text: `text ${i}` });
  const encoder = madeEncoder();
  encoder.begin(HEADER);
  encoder.records(trace.slice(1), trace.names);
  const [section] = readRecording(encoder.take()).sections;
  expect(section?.names).toEqual(trace.names);
  expect(section?.records).toEqual(trace.slice(1));
});

test('a device that takes the name of another kind has an interface of its own', () => {
  const trace = new Trace(4);
  let kind = 'qt2025';
  const encoder = new RecordingEncoder((name) => ({ name, kind, port: kind === 'nullb' ? 'block' : 'mdio' }));
  encoder.begin({ ...HEADER, bench: { one: {} } });
  trace.record({ ...access('read', 1, 1, 1), device: 'one' });
  encoder.records(trace.slice(1), trace.names);
  kind = 'nullb';
  encoder.replaced('one');
  trace.record({ ...access('read', 2, 2, 2), device: 'one' });
  encoder.records(trace.slice(2), trace.names);
  const [section] = readRecording(encoder.take()).sections;
  expect(section).toMatchObject({ count: 2, devices: [{ name: 'one', kind: 'nullb', port: 'block' }] });
});

test('a gap is told with its number', () => {
  const events = [
    { event: 'gap', time: 1, missing: 1234 },
    { event: 'gap', time: 2, missing: 6 },
  ];
  expect(sectionOf([], events)).toMatchObject({ missing: 1240, complete: false });
});

test('some of the devices are a section of their own', () => {
  const block = { ...access('read', 8, 8, 20), device: 'nullb0' };
  const section = sectionOf(
    [access('read', 1, 1, 10), block, access('write', 2, 2, 30)],
    [log(10, 'one'), log(20, 'two'), log(30, 'three')],
  );
  const only = onlyDevices(section, new Set(['phy0']));
  expect(only.count).toBe(2);
  expect(only.devices.map(({ name }) => name)).toEqual(['phy0']);
  expect(only.events.map(({ after }) => after)).toEqual([1, 1, 2]);
  expect(readRecording(encodeSections([only])).sections[0]).toMatchObject({ count: 2 });
});

test('a packet carries the time of its record on the clock of the file', () => {
  const startedAt = '2026-01-02T03:04:05.678Z';
  const bytes = bytesOf([access('read', 1, 1, 5_000_000_001)], [], { mode: 'live', startedAt });
  const view = new DataView(bytes.buffer);
  const at = bytes.length - 64;
  const ns = (BigInt(view.getUint32(at + 12, true)) << 32n) | BigInt(view.getUint32(at + 16, true));
  expect(ns).toBe(BigInt(Date.parse(startedAt)) * 1_000_000n + 5_000_000_001n);
});
