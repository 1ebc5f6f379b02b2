/** What two aligned records say, with what differs between them marked. */
import type { TraceNames, TraceRecord } from '#bus/trace.ts';
import { fieldMask, type Register } from '#regmap/declare.ts';
import { isAccess } from '../filter/columns.ts';
import { placeOf, type Sheet } from '../filter/sheets.ts';
import { type FieldLine, fieldLines, type RecordWords, wordsOf } from '../traffic/words.ts';

/** One record, and where its words come from. */
export interface Said {
  readonly record: TraceRecord;
  readonly names: TraceNames;
  readonly sheetOf: (device: string) => Sheet | undefined;
}

export interface Piece {
  readonly text: string;
  readonly differs: boolean;
}

/** What of a pair's words is not the same in both. */
export interface Unlike {
  readonly value: boolean;
  readonly result: boolean;
  /** Fields of the register, highest first: `was` in A, `now` in B. Null where no datasheet knows the register. */
  readonly fields: readonly FieldLine[] | null;
}

export const wordsOfSaid = ({ record, names, sheetOf }: Said): RecordWords => wordsOf(record, names, sheetOf, 'hex');

/** The register both records are about; undefined when they are no accesses to one. */
export const registerOf = ({ record, names, sheetOf }: Said): Register | undefined => {
  const sheet = sheetOf(names.devices[record.device] ?? '');
  if (!isAccess(record) || sheet?.block === true) return undefined;
  return placeOf(sheet, record.at).register ?? undefined;
};

export const unlike = (a: Said, b: Said): Unlike => {
  const register = registerOf(b);
  const { value, outcome } = b.record;
  return {
    value: a.record.value !== value,
    result: a.record.outcome !== outcome,
    fields: register === undefined ? null : fieldLines(register, value, a.record.value),
  };
};

/** Bits of a value that no field of the register covers. */
export const undeclaredBits = (register: Register, value: number): number => {
  const known = Object.values(register.fields).reduce((mask, field) => (mask | fieldMask(field)) >>> 0, 0);
  return (value & ~known) >>> 0;
};

/** A text cut where it differs from another of the same length; of another length it differs as a whole. */
export const pieces = (text: string, other: string): readonly Piece[] => {
  if (text === other) return [{ text, differs: false }];
  if (text.length !== other.length) return [{ text, differs: true }];
  const found: Piece[] = [];
  for (let from = 0; from < text.length; ) {
    const differs = text[from] !== other[from];
    let to = from + 1;
    while (to < text.length && (text[to] !== other[to]) === differs) to++;
    found.push({ text: text.slice(from, to), differs });
    from = to;
  }
  return found;
};
