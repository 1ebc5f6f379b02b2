/** The breakpoint a person means who presses B on a row: the same access again. */
import { spanOfText } from '#bus/span-rows.ts';
import { NO_QUEUE, type TraceNames, type TraceRecord, unpackTag } from '#bus/trace.ts';
import { isAccess, isBlock } from '../filter/columns.ts';
import { type Lab, placeOf, printAt, type Sheet } from '../filter/sheets.ts';

export interface Wish {
  readonly device: string;
  readonly when: string;
}

/** Null for a row that is no access. */
export const wishOf = (
  record: TraceRecord,
  names: TraceNames,
  lab: Lab,
  sheetOf: (device: string) => Sheet | undefined,
): Wish | null => {
  const device = names.devices[record.device] ?? '';
  if (device === '') return null;
  if (isBlock(record, names, lab)) {
    if (unpackTag(record.old).hctx === NO_QUEUE) return null; // it came another way than the bus
    return {
      device,
      when: record.op === 'done' ? 'done' : `${record.op} sector == ${record.aux * 2 ** 32 + record.at}`,
    };
  }
  if (record.op === 'span_read' || record.op === 'span_write')
    return { device, when: `${record.op} span == ${spanOfText(names.texts[record.aux] ?? '').span}` };
  if (!isAccess(record)) return null;
  const sheet = sheetOf(device);
  const place = placeOf(sheet, record.at);
  const name = place.register === null ? printAt(sheet, record.at) : place.name;
  const value = record.op === 'write' ? ` == 0x${record.value.toString(16).padStart(4, '0')}` : '';
  return { device, when: `${record.op} ${name}${value}` };
};
