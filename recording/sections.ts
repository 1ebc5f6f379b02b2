/** Sections made of sections: some of the devices only, and the bytes of a file again. */
import { RECORD_BYTES, type TraceRecord } from '#bus/trace.ts';
import { type RecordedSection, recordAt } from './decode.ts';
import { RecordingEncoder } from './encode.ts';
import { isEvent } from './format.ts';

/** What concerns these devices; the kernel log and the steps are everybody's. */
export const onlyDevices = (section: RecordedSection, devices: ReadonlySet<string>): RecordedSection => {
  const wanted = section.names.devices.map((name) => devices.has(name));
  const records = new Uint8Array(section.records.length);
  /** Records kept of the first so many. */
  const kept = new Uint32Array(section.count + 1);
  let count = 0;
  for (let i = 0; i < section.count; i++) {
    const at = i * RECORD_BYTES;
    if (wanted[section.records[at + 4] ?? 0] === true)
      records.set(section.records.subarray(at, at + RECORD_BYTES), count++ * RECORD_BYTES);
    kept[i + 1] = count;
  }
  const { header, events } = section;
  return {
    ...section,
    header: {
      ...header,
      bench: Object.fromEntries(Object.entries(header.bench).filter(([name]) => devices.has(name))),
    },
    devices: section.devices.filter(({ name }) => devices.has(name)),
    records: records.subarray(0, count * RECORD_BYTES),
    count,
    events: events
      .filter(({ event }) => !('device' in event) || devices.has(String(event.device)))
      .map(({ event, after }) => ({ event, after: kept[after] ?? count })),
  };
};

/** Those records of a section that are wanted, with their sequence numbers as they are. */
export const onlyRecords = (
  section: RecordedSection,
  wanted: (index: number, record: TraceRecord) => boolean,
): RecordedSection => {
  const records = new Uint8Array(section.records.length);
  let count = 0;
  for (let i = 0; i < section.count; i++) {
    if (!wanted(i, recordAt(section, i))) continue;
    const at = i * RECORD_BYTES;
    records.set(section.records.subarray(at, at + RECORD_BYTES), count++ * RECORD_BYTES);
  }
  return { ...section, records: records.subarray(0, count * RECORD_BYTES), count, events: [] };
};

/** A file of these sections, whole where the one they came from was cut off. */
export const encodeSections = (sections: readonly RecordedSection[]): Uint8Array<ArrayBuffer> => {
  const pieces = sections.map((section) => {
    const { header, devices, records, names, events, pictures } = section;
    const drawn = new Set<number>();
    const byName = new Map(devices.map((device) => [device.name, device]));
    const encoder = new RecordingEncoder((name) => byName.get(name) ?? { name, kind: '', port: 'mdio' });
    encoder.begin(header);
    let from = 0;
    for (const { event, after } of events) {
      encoder.records(records.subarray(from * RECORD_BYTES, after * RECORD_BYTES), names);
      encoder.event(event);
      if (isEvent(event, 'frame') && event.picture !== null && !drawn.has(event.picture)) {
        const file = pictures.get(event.picture);
        if (file !== undefined) encoder.picture(event.device, event.picture, event.time, file);
        drawn.add(event.picture);
      }
      from = after;
    }
    encoder.records(records.subarray(from * RECORD_BYTES), names);
    return encoder.take();
  });
  const out = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
};
