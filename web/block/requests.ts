/** The newest requests to a block device among the trace records, each with its answer. */
import { BLOCK_OPS, BLOCK_STATUSES, type BlockOp, type BlockStatus } from '#bus/block.ts';
import { TRACE_OPS, type TraceRecord, unpackTag } from '#bus/trace.ts';
import type { TraceRing } from '../store/trace-ring.ts';

export interface SeenRequest {
  readonly seq: number;
  /** Lab nanoseconds at which it was handed over. */
  readonly time: number;
  readonly requester: string;
  readonly op: BlockOp;
  readonly tag: number;
  readonly hctx: number;
  readonly sector: number;
  readonly sectors: number;
  readonly fua: boolean;
  readonly noUnmap: boolean;
  /** Null while in flight, and for one whose answer was lost. */
  readonly answer: { readonly status: BlockStatus; readonly latencyNs: number; readonly seq: number } | null;
}

/** Records looked at, however few requests are among them. */
const FARTHEST = 20_000;

const COMMANDS: ReadonlySet<number> = new Set(
  (['read', 'write', 'flush', 'discard', 'write_zeroes', 'zone'] as const).map((op) => TRACE_OPS.indexOf(op)),
);
const DONE = TRACE_OPS.indexOf('done');

/** Newest first, at most `most`. */
export const newestRequests = (ring: TraceRing, device: string, most: number): readonly SeenRequest[] => {
  const index = ring.names.devices.indexOf(device);
  const answers = new Map<number, TraceRecord>();
  const found: SeenRequest[] = [];
  if (index < 0) return found;
  const last = Math.max(ring.begin, ring.end - FARTHEST);
  for (let position = ring.end - 1; position >= last && found.length < most; position--) {
    const offset = ring.offsetOf(position);
    if (ring.view.getUint8(offset + 4) !== index) continue;
    const op = ring.view.getUint8(offset + 6);
    if (op !== DONE && !COMMANDS.has(op)) continue;
    const record = ring.at(position);
    if (record === undefined) break;
    const slot = record.old & 0xffffff;
    if (op === DONE) answers.set(slot, record);
    else {
      found.push(requestOf(record, ring.names.requesters[record.requester] ?? '', answers.get(slot)));
      answers.delete(slot);
    }
  }
  return found;
};

/** A command's record in words of the block layer. */
export const requestOf = (record: TraceRecord, requester: string, done?: TraceRecord): SeenRequest => {
  const { tag, hctx, detail } = unpackTag(record.old);
  return {
    seq: record.seq,
    time: record.time,
    requester,
    op: BLOCK_OPS[detail & 0x0f] ?? 'read',
    tag,
    hctx,
    // an answer has its latency where a command has the sector's upper bits
    sector: (record.op === 'done' ? 0 : record.aux * 2 ** 32) + record.at,
    sectors: record.value,
    fua: (detail & 0x80) !== 0,
    noUnmap: (detail & 0x40) !== 0,
    answer: done === undefined ? null : { status: statusOf(done), latencyNs: done.aux, seq: done.seq },
  };
};

export const statusOf = (done: TraceRecord): BlockStatus => BLOCK_STATUSES[unpackTag(done.old).detail] ?? 'IOERR';
