/** Misuse by a driver, and firmware gone astray, that the trace of a run shows: each kind once, with what did it first. */

import type { TraceOutcome, TraceRecord } from '#bus/trace.ts';
import { printC45 } from '#datasheets/c45.ts';
import type { Recording } from './recording.ts';

const WORDS: Partial<Readonly<Record<TraceOutcome, string>>> = {
  ignored: 'is read-only: nothing changed',
  unmodelled: 'is nothing this model knows',
  refused: 'was refused',
};

/** More kinds than this say no more than these. */
const LIMIT = 50;

export const findings = (recording: Recording): readonly string[] => {
  const seen = new Map<string, { readonly text: string; readonly seq: number; count: number }>();
  for (let i = 0; i < recording.count; i++) {
    const record = recording.at(i);
    const what = sentence(recording, record);
    if (what === undefined) continue;
    const known = seen.get(what);
    if (known !== undefined) known.count++;
    else if (seen.size < LIMIT) seen.set(what, { text: what, seq: record.seq, count: 1 });
  }
  return [...seen.values()].map(({ text, seq, count }) => `${text} (#${seq}${count > 1 ? `, ${count} times` : ''})`);
};

const sentence = (recording: Recording, record: TraceRecord): string | undefined => {
  const who = recording.requester(record);
  if (recording.isMisuse(record)) return `${who} on ${recording.device(record)}: ${recording.text(record)}`;
  const words = WORDS[record.outcome];
  if (words === undefined || !recording.byDriver(record) || (record.op !== 'read' && record.op !== 'write'))
    return undefined;
  const verb = record.op === 'read' ? 'read' : 'wrote';
  return `${who} ${verb} ${printC45(record.at)} of ${recording.device(record)}, which ${words}`;
};
