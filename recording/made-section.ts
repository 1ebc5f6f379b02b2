/** Recordings for tests: random ones that hold together, and small ones made of entries. */
import fc from 'fast-check';
import { TRACE_OPS, TRACE_OUTCOMES, Trace, type TraceEntry } from '#bus/trace.ts';
import { type RecordedSection, readRecording } from './decode.ts';
import { RecordingEncoder } from './encode.ts';
import type { PortKind, RecordingEvent, RecordingHeader } from './format.ts';

export const HEADER: Omit<RecordingHeader, 'event' | 'format'> = {
  ferrolab: '1.2.3',
  mode: 'virtual',
  lab: null,
  startedAt: null,
  seed: 7,
  bench: { phy0: { device: 'qt2025', prtad: 3 }, nullb0: { device: 'nullb' }, card0: { device: 'display' } },
  datasheets: { qt2025: '0123456789ab' },
  scenario: { name: 'made', file: 'made.yaml', yaml: 'title: made' },
};

const FACES: Readonly<Record<string, readonly [kind: string, port: PortKind]>> = {
  phy0: ['qt2025', 'mdio'],
  nullb0: ['nullb', 'block'],
  card0: ['display', 'mmio'],
};

export const madeEncoder = (): RecordingEncoder =>
  new RecordingEncoder((name) => {
    const [kind, port] = FACES[name] ?? ['', 'mdio'];
    return { name, kind, port };
  });

/** The bytes of one section with these entries, each before the event at the same place. */
export const bytesOf = (
  entries: readonly TraceEntry[],
  events: readonly RecordingEvent[] = [],
  header: Partial<typeof HEADER> = {},
): Uint8Array<ArrayBuffer> => {
  const trace = new Trace(Math.max(1, entries.length));
  const encoder = madeEncoder();
  encoder.begin({ ...HEADER, ...header });
  for (let i = 0; i < Math.max(entries.length, events.length); i++) {
    const entry = entries[i];
    if (entry !== undefined) encoder.records(trace.slice(trace.record(entry)), trace.names);
    const event = events[i];
    if (event !== undefined) encoder.event(event);
  }
  return encoder.take();
};

export const sectionOf = (...given: Parameters<typeof bytesOf>): RecordedSection => {
  const [section] = readRecording(bytesOf(...given)).sections;
  if (section === undefined) throw new Error('no section');
  return section;
};

const u32 = fc.integer({ min: 0, max: 0xffffffff });
export const anyEntry: fc.Arbitrary<TraceEntry> = fc
  .record({
    device: fc.constantFrom('phy0', 'nullb0', 'card0'),
    requester: fc.constantFrom('qt2025', 'micro', 'lab', 'scenario'),
    op: fc.constantFrom(...TRACE_OPS),
    outcome: fc.constantFrom(...TRACE_OUTCOMES),
    time: fc.integer({ min: 0, max: 2 ** 50 }),
    at: u32,
    value: u32,
    old: u32,
    wireNs: u32,
    said: fc.string({ maxLength: 30 }),
  })
  .map(({ said, wireNs, ...entry }) =>
    ['irq', 'fault', 'note', 'span_read', 'span_write'].includes(entry.op)
      ? { ...entry, text: said }
      : { ...entry, wireNs },
  );

/** An MDIO access in virtual time, the wire at 2.5 MHz. */
export const access = (
  op: 'read' | 'write',
  at: number,
  value: number,
  time: number,
  of: Partial<TraceEntry> = {},
): TraceEntry => ({
  device: 'phy0',
  requester: 'qt2025',
  op,
  outcome: 'ok',
  time,
  at,
  value,
  old: 0,
  wireNs: 51_200,
  ...of,
});
