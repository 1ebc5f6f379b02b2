/** Misuse by a driver, and firmware gone astray, that the trace of a run shows: each kind once, with what did it first. */

import type { TraceRecord } from '#bus/trace.ts';
import { printC45 } from '#datasheets/c45.ts';
import { nameAt } from '#regmap/names.ts';
import type { BenchSpec, DeviceKind } from '#server/bench-spec.ts';
import type { StrictClass } from './model.ts';
import { PARTS } from './parts.ts';
import type { Recording } from './recording.ts';
import { classOf } from './strict-class.ts';

/** What an access of that class is. */
const WORDS: Readonly<Record<StrictClass, string>> = {
  'read-only': 'is read-only: nothing changed',
  unmapped: 'is nothing this model knows',
  reserved: 'has a reserved bit set by that',
  undocumented: 'no source names',
  misuse: 'was refused',
};

/** More kinds than this say no more than these. */
const LIMIT = 50;

export const findings = (recording: Recording, bench: BenchSpec): readonly string[] => {
  const seen = new Map<string, { readonly text: string; readonly seq: number; count: number }>();
  for (let i = 0; i < recording.count; i++) {
    const record = recording.at(i);
    const what = sentence(recording, record, bench);
    if (what === undefined) continue;
    const known = seen.get(what);
    if (known !== undefined) known.count++;
    else if (seen.size < LIMIT) seen.set(what, { text: what, seq: record.seq, count: 1 });
  }
  return [...seen.values()].map(({ text, seq, count }) => `${text} (#${seq}${count > 1 ? `, ${count} times` : ''})`);
};

const sentence = (recording: Recording, record: TraceRecord, bench: BenchSpec): string | undefined => {
  const device = recording.device(record);
  const spec = bench[device];
  const found = spec === undefined ? undefined : classOf(PARTS[spec.device], recording, record);
  if (found === undefined) return undefined;
  if (record.op === 'note') return misuseText(recording, record);
  const who = recording.requester(record);
  const verb = record.op === 'read' ? 'read' : 'wrote';
  return `${who} ${verb} ${placeText(spec?.device, record.at)} of ${device}, which ${WORDS[found]} [${found}]`;
};

/** `3.D7FDh` where there is a management bus, `FRAME_CRC` or `1FFCh` where registers are in memory. */
const placeText = (kind: DeviceKind | undefined, at: number): string => {
  if (kind !== 'display') return printC45(at);
  return nameAt(PARTS[kind].registers, at) ?? `${at.toString(16).toUpperCase()}h`;
};

/** A note about a misuse, without its number: `bad-pitch on card1: scanout: …`. */
export const misuseText = (recording: Recording, record: TraceRecord): string =>
  `${recording.requester(record)} on ${recording.device(record)}: ${recording.text(record)}`;
