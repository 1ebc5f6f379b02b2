/** What a move of device memory says in words: one record a span, or a burst of them that walks through the memory. */
import { spanOfText } from '#bus/span-rows.ts';
import { TRACE_OPS, type TraceNames, type TraceOp, type TraceRecord } from '#bus/trace.ts';
import { bytesText } from '../block/panel.ts';
import { printOffset } from '../parts.ts';
import type { Burst } from './burst.ts';
import { type BurstWords, count, duration, type RecordWords } from './words.ts';

export const isSpanRecord = ({ op }: TraceRecord): boolean => op === 'span_read' || op === 'span_write';

/** The same by the number of the operation in a packed record. */
export const isSpanOp = (op: number): boolean => op === SPAN_READ || op === SPAN_WRITE;
const SPAN_READ = TRACE_OPS.indexOf('span_read');
const SPAN_WRITE = TRACE_OPS.indexOf('span_write');

export const spanWords = (record: TraceRecord, names: TraceNames): RecordWords => {
  const { span, rows, pitchBytes } = spanOfText(names.texts[record.aux] ?? 'memory');
  const rowBytes = rows === 0 ? 0 : record.value / rows;
  const shape = rows === 1 ? '' : `, ${count(rows)} rows of ${count(rowBytes)}, one every ${count(pitchBytes)}`;
  const last = record.at + Math.max(0, (rows - 1) * pitchBytes + rowBytes - 1);
  return {
    device: names.devices[record.device] ?? '',
    requester: names.requesters[record.requester] ?? '',
    address: `+${printOffset(record.at)}`,
    name: span,
    doc: `${count(record.value)} bytes from offset ${count(record.at)} on${shape}, in one access`,
    value: `${count(record.value)} B`,
    change: '',
    decoded: `${record.op === 'span_write' ? 'written' : 'read'} to ${printOffset(last)}, FNV-1a ${record.old.toString(16).padStart(8, '0')}`,
    remark: true,
    result: record.outcome,
    latency: '',
  };
};

/** `Rows of memory written` `64 spans, 16.4 kB, 1.2 ms`. */
export const spanBurstWords = (burst: Burst): BurstWords => {
  const [window] = burst.windows;
  const verb = wrote(burst.op) ? 'written' : 'read';
  return {
    title: `Memory ${verb} row by row`,
    rest: `${count(burst.count)} spans, ${bytesText(burst.bytes)}, ${duration(burst.until - burst.time)}`,
    range: `+${printOffset(window?.at ?? 0)} … +${printOffset(burst.lastByte)}`,
  };
};

const wrote = (op: TraceOp): boolean => op === 'span_write';
