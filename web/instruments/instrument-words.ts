/** Rows of bus faults that fired and of accesses that were held: which access, and what was done to it. */
import type { TraceRecord } from '#bus/trace.ts';
import { placeOf, printAt, type Sheet } from '../filter/sheets.ts';

/** Who such rows are recorded under. */
const OF_INSTRUMENTS: ReadonlySet<string> = new Set(['filter', 'breakpoint']);

export interface InstrumentWords {
  readonly address: string;
  readonly name: string;
  readonly change: string;
  readonly decoded: string;
}

/** Undefined for any other row. */
export const instrumentWords = (
  { op, outcome, at, old, value }: TraceRecord,
  requester: string,
  text: string,
  sheet: Sheet | undefined,
): InstrumentWords | undefined => {
  const about = outcome === 'ok' || outcome === 'held';
  if (!OF_INSTRUMENTS.has(requester) || !about || (op !== 'fault' && op !== 'note')) return undefined;
  if (sheet?.block === true) return { address: '', name: text, change: '', decoded: said(op, `sector ${at}`) };
  const place = placeOf(sheet, at);
  const digits = (place.register?.width ?? 16) / 4;
  const hex = (n: number): string => n.toString(16).toUpperCase().padStart(digits, '0');
  return {
    address: printAt(sheet, at),
    name: place.name ?? '',
    change: old === value ? '' : `${hex(old)} → ${hex(value)}`,
    decoded: said(op, text),
  };
};

const said = (op: TraceRecord['op'], text: string): string => (op === 'fault' ? `fired: ${text}` : text);
