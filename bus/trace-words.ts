/** Block requests and memory spans of the trace in words, for every list that shows them. */
import { BLOCK_OPS, BLOCK_STATUSES } from './block.ts';
import { NO_QUEUE, type TraceNames, type TraceOp, type TraceRecord, unpackTag } from './trace.ts';

const COMMANDS: ReadonlySet<TraceOp> = new Set(['flush', 'discard', 'write_zeroes', 'zone']);
const FUA = 0x80;
const NO_UNMAP = 0x40;
const OP_MASK = 0x0f;

/** `8 sectors at 4096, queue 0 tag 3, FUA`, `zone_reset of 1 sectors at 0, queue 0 tag 1`; undefined for a record about something else. */
export const blockWords = (record: TraceRecord, blockDevice: boolean): string | undefined => {
  const { op, at, value, old, aux } = record;
  const { tag, hctx, detail } = unpackTag(old);
  const slot = hctx === NO_QUEUE ? `request ${tag}` : `queue ${hctx} tag ${tag}`;
  if (op === 'done') {
    const range = value === 0 ? '' : `${value} sectors at ${at}, `;
    return `${BLOCK_STATUSES[detail] ?? 'IOERR'}, ${range}${slot}, ${duration(aux)}`;
  }
  if (!COMMANDS.has(op) && !(blockDevice && (op === 'read' || op === 'write'))) return undefined;
  const range = value === 0 ? '' : `${value} sectors at ${aux * 2 ** 32 + at}`;
  const zoned = op === 'zone' ? `${BLOCK_OPS[detail & OP_MASK] ?? op}${range === '' ? '' : ' of '}` : '';
  const what = `${zoned}${range}`;
  return `${what === '' ? slot : `${what}, ${slot}`}${(detail & FUA) === 0 ? '' : ', FUA'}${(detail & NO_UNMAP) === 0 ? '' : ', no unmap'}`;
};

/** `4096 bytes of vram at 0`; undefined for a record about something else. */
export const spanWords = ({ op, at, value, aux }: TraceRecord, { texts }: TraceNames): string | undefined =>
  op === 'span_read' || op === 'span_write' ? `${value} bytes of ${texts[aux] ?? 'memory'} at ${at}` : undefined;

/** The note about requests without rows. Their number is the record's value, so that the list of texts stays short. */
export const LEFT_OUT = 'requests of NBD clients not shown';

/** `12345 requests of NBD clients not shown`; other records as their text is. */
export const textOf = ({ op, aux, value }: TraceRecord, { texts }: TraceNames): string => {
  const text = texts[aux] ?? '';
  return op === 'note' && text === LEFT_OUT ? `${value} ${text}` : text;
};

const duration = (ns: number): string => {
  if (ns < 1e3) return `${ns} ns`;
  return ns < 1e6 ? `${(ns / 1e3).toFixed(1)} us` : `${(ns / 1e6).toFixed(3)} ms`;
};
