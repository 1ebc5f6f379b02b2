/** What the table shows as a file: CSV with a heading, or JSON Lines, one object a record. */
import type { TraceNames, TraceRecord } from '#bus/trace.ts';
import { csvCell } from '#recording/lines.ts';
import { COLUMNS } from '#recording/words.ts';
import type { Sheet } from '../filter/sheets.ts';
import { isBlockRecord } from './block-words.ts';
import { Burst, positionIn } from './burst.ts';
import type { Fold } from './fold.ts';
import type { Records } from './records.ts';
import { wordsOf } from './words.ts';

export const EXPORTS = ['csv', 'jsonl'] as const;
export type ExportFormat = (typeof EXPORTS)[number];

const PIECE = 5000;

/** Pieces of the file, each with how far it is, so that a page can go on between them. */
export function* exported(
  fold: Fold,
  records: Records,
  sheetOf: (device: string) => Sheet | undefined,
  format: ExportFormat,
): Generator<{ readonly text: string; readonly done: number; readonly of: number }> {
  const of = fold.matched;
  let lines: string[] = format === 'csv' ? [COLUMNS.join(',')] : [];
  let done = 0;
  for (const position of positions(fold)) {
    const record = records.at(position);
    if (record === undefined) continue;
    lines.push(line(record, records.names, sheetOf, format));
    if (++done % PIECE !== 0) continue;
    yield { text: `${lines.join('\n')}\n`, done, of };
    lines = [];
  }
  yield { text: lines.length === 0 ? '' : `${lines.join('\n')}\n`, done, of };
}

function* positions(fold: Fold): Generator<number> {
  for (let i = 0; i < fold.length; i++) {
    const item = fold.item(i);
    if (typeof item === 'number') yield item;
    else if (item instanceof Burst)
      for (const window of item.windows) for (let nth = 0; nth < window.count; nth++) yield positionIn(window, nth);
  }
}

const line = (
  record: TraceRecord,
  names: TraceNames,
  sheetOf: (device: string) => Sheet | undefined,
  format: ExportFormat,
): string => {
  const { device, requester, address, name, decoded, latency } = wordsOf(record, names, sheetOf, 'hex');
  const block = isBlockRecord(record, sheetOf(device));
  const access = address !== '' || block;
  const { seq, op, outcome } = record;
  const row = {
    seq,
    time_s: Number((record.time / 1e9).toFixed(9)),
    device,
    requester,
    op,
    address: access && address !== '' ? address : null,
    register: name === '' ? null : name,
    value: access ? record.value : null,
    old: access && !block ? record.old : null,
    decoded,
    outcome,
    latency_us: access && latency !== '' ? record.aux / 1000 : null,
  } satisfies Record<(typeof COLUMNS)[number], unknown>;
  return format === 'jsonl' ? JSON.stringify(row) : COLUMNS.map((column) => csvCell(row[column])).join(',');
};
