/** What a cell of the table would ask for as a filter. */

import { isWord, quote } from '#bus/query/token.ts';
import { type TraceNames, type TraceRecord, unpackTag } from '#bus/trace.ts';
import { requestOf, statusOf } from '../block/requests.ts';
import { isAccess } from '../filter/columns.ts';
import { placeOf, printAt, type Sheet } from '../filter/sheets.ts';
import { isBlockRecord } from './block-words.ts';
import type { ColumnName } from './table-row.tsx';

/** Null where a cell says nothing that could be asked for. */
export const clauseOf = (
  column: ColumnName,
  record: TraceRecord,
  names: TraceNames,
  sheetOf: (device: string) => Sheet | undefined,
): string | null => {
  const device = names.devices[record.device] ?? '';
  const hex = (value: number): string => `0x${value.toString(16)}`;
  if (isBlockRecord(record, sheetOf(device))) {
    const asked = blockClause(column, record);
    if (asked !== undefined) return asked;
  }
  switch (column) {
    case 'device':
      return device === '' ? null : `dev == ${word(device)}`;
    case 'requester': {
      const requester = names.requesters[record.requester] ?? '';
      return requester === '' ? null : `requester == ${word(requester)}`;
    }
    case 'op':
      return `op == ${record.op}`;
    case 'result':
      return `outcome == ${record.outcome}`;
    case '#':
      return `seq >= ${record.seq}`;
    case 'time':
    case 'delta':
      return `time >= ${(record.time / 1e9).toFixed(9)}`;
    case 'register': {
      if (!isAccess(record)) return `text == ${quote(names.texts[record.aux] ?? '')}`;
      const sheet = sheetOf(device);
      const { name, register, span } = placeOf(sheet, record.at);
      return `reg == ${(register === null ? span?.name : name) ?? printAt(sheet, record.at)}`;
    }
    case 'value':
      return isAccess(record) ? `value == ${hex(record.value)}` : null;
    case 'change':
      return isAccess(record) ? (record.value === record.old ? null : 'changed') : null;
    case 'decoded':
      return isAccess(record) ? null : `text contains ${quote(names.texts[record.aux] ?? '')}`;
    case 'latency':
      return isAccess(record) ? `latency >= ${record.aux / 1000}` : null;
  }
};

/** Undefined where a block record is asked for like any other. */
const blockClause = (column: ColumnName, record: TraceRecord): string | null | undefined => {
  const { tag, hctx } = unpackTag(record.old);
  switch (column) {
    case 'register':
      return `sector == ${requestOf(record, '').sector}`;
    case 'value':
      return `sectors == ${record.value}`;
    case 'decoded':
      return `hctx == ${hctx} && tag == ${tag}`;
    case 'result':
      return record.op === 'done' ? `status == ${statusOf(record)}` : `outcome == ${record.outcome}`;
    case 'latency':
      return record.op === 'done' ? `latency >= ${record.aux / 1000}` : null;
    case 'change':
      return null;
    default:
      return undefined;
  }
};

const word = (name: string): string => (isWord(name) ? name : quote(name));
