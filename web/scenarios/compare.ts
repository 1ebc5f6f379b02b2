/** Two runs side by side, blind to time: how far they agree, where they part, what comes then. */
import type { TraceNames, TraceRecord } from '#bus/trace.ts';

export interface Recording {
  readonly length: number;
  /** The nth record, from 0. */
  readonly at: (index: number) => TraceRecord;
  readonly names: TraceNames;
}

export interface ComparedLine {
  readonly side: 'both' | 'a' | 'b';
  readonly record: TraceRecord;
  readonly names: TraceNames;
}

export interface Comparison {
  /** Records from the beginning that are the same in both. */
  readonly same: number;
  readonly identical: boolean;
  /** When each goes its own way; null when it has ended there. */
  readonly partedA: TraceRecord | null;
  readonly partedB: TraceRecord | null;
  /** Some of the shared ones, then what each did, in one list. */
  readonly lines: readonly ComparedLine[];
  /** Records of each that are beyond the list. */
  readonly more: { readonly a: number; readonly b: number };
}

const SHARED_SHOWN = 2;
const LOOKED_AT = 160;

export const compared = (a: Recording, b: Recording): Comparison => {
  const shorter = Math.min(a.length, b.length);
  let same = 0;
  while (same < shorter && keyOf(a.at(same), a.names) === keyOf(b.at(same), b.names)) same++;
  const [tailA, tailB] = [tail(a, same), tail(b, same)];
  const lines: ComparedLine[] = [];
  for (let i = Math.max(0, same - SHARED_SHOWN); i < same; i++)
    lines.push({ side: 'both', record: a.at(i), names: a.names });
  lines.push(...unified(a, b, tailA, tailB));
  return {
    same,
    identical: same === a.length && same === b.length,
    partedA: tailA[0] ?? null,
    partedB: tailB[0] ?? null,
    lines,
    more: { a: a.length - same - tailA.length, b: b.length - same - tailB.length },
  };
};

const tail = (recording: Recording, from: number): readonly TraceRecord[] =>
  Array.from({ length: Math.min(LOOKED_AT, recording.length - from) }, (_, i) => recording.at(from + i));

/** What makes two records the same: everything but when, and but how long the wire took. */
const keyOf = (record: TraceRecord, names: TraceNames): string => {
  const access = record.op === 'read' || record.op === 'write';
  return [
    record.op,
    record.outcome,
    names.devices[record.device],
    names.requesters[record.requester],
    record.at,
    record.value,
    record.old,
    access ? '' : names.texts[record.aux],
  ].join('\u0000');
};

/** Longest common subsequence of the two tails; at a difference what A did stands before what B did. */
const unified = (
  a: Recording,
  b: Recording,
  tailA: readonly TraceRecord[],
  tailB: readonly TraceRecord[],
): readonly ComparedLine[] => {
  const keysA = tailA.map((record) => keyOf(record, a.names));
  const keysB = tailB.map((record) => keyOf(record, b.names));
  const common = commonLengths(keysA, keysB);
  const lines: ComparedLine[] = [];
  let [i, j] = [0, 0];
  while (i < tailA.length || j < tailB.length) {
    if (i < tailA.length && j < tailB.length && keysA[i] === keysB[j]) {
      lines.push({ side: 'both', record: tailA[i]!, names: a.names });
      i++;
      j++;
    } else if (j >= tailB.length || (i < tailA.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push({ side: 'a', record: tailA[i]!, names: a.names });
      i++;
    } else {
      lines.push({ side: 'b', record: tailB[j]!, names: b.names });
      j++;
    }
  }
  return lines;
};

/** `[i][j]`: length of the longest common subsequence of what follows i and j. */
const commonLengths = (a: readonly string[], b: readonly string[]): readonly Uint16Array[] => {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i]![j] = a[i] === b[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
  return lengths;
};
