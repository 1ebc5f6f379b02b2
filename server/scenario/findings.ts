/** Misuse by a driver that the trace of a run shows, each kind of it once, with the access that did it first. */

import type { TraceOutcome } from '#bus/trace.ts';
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
    const words = WORDS[record.outcome];
    if (words === undefined || !recording.byDriver(record)) continue;
    const what = `${recording.requester(record)} ${record.op === 'read' ? 'read' : 'wrote'} ${printC45(record.at)} of ${recording.device(record)}, which ${words}`;
    const known = seen.get(what);
    if (known !== undefined) known.count++;
    else if (seen.size < LIMIT) seen.set(what, { text: what, seq: record.seq, count: 1 });
  }
  return [...seen.values()].map(({ text, seq, count }) => `${text} (#${seq}${count > 1 ? `, ${count} times` : ''})`);
};
