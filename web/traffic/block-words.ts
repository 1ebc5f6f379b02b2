/** What a record of a block device says in words: a request, or the answer to one. */
import { SECTOR_BYTES } from '#bus/block.ts';
import { NO_QUEUE, type TraceNames, type TraceOp, type TraceRecord, unpackTag } from '#bus/trace.ts';
import { bytesText } from '../block/panel.ts';
import { requestOf, statusOf } from '../block/requests.ts';
import type { Sheet } from '../filter/sheets.ts';
import type { RecordWords } from './words.ts';

/** Only block devices have these. */
const BLOCK_ONLY: ReadonlySet<TraceOp> = new Set(['flush', 'discard', 'write_zeroes', 'zone', 'done']);

export const isBlockRecord = ({ op }: TraceRecord, sheet: Sheet | undefined): boolean =>
  BLOCK_ONLY.has(op) || (sheet?.block === true && (op === 'read' || op === 'write'));

export const blockWords = (record: TraceRecord, names: TraceNames): RecordWords => {
  const device = names.devices[record.device] ?? '';
  const requester = names.requesters[record.requester] ?? '';
  const { tag, hctx } = unpackTag(record.old);
  const slot = hctx === NO_QUEUE ? `request ${tag}` : `tag ${tag}, queue ${hctx}`;
  const common = { device, requester, change: '', doc: '', remark: false };
  if (record.op === 'done') {
    const status = statusOf(record);
    const odd = record.outcome === 'ok' || status !== 'OK' ? '' : `: ${ODD[record.outcome] ?? record.outcome}`;
    return {
      ...common,
      address: sectorText(record.at),
      name: 'answer',
      value: '',
      decoded: `${slot}${odd}`,
      result: status === 'OK' ? record.outcome : status,
      latency: (record.aux / 1000).toFixed(1),
    };
  }
  const { op, sector, sectors, fua, noUnmap } = requestOf(record, requester);
  const parts = [
    ...(sectors === 0 ? [] : [bytesText(sectors * SECTOR_BYTES)]),
    slot,
    ...(fua ? ['through the cache (FUA)'] : []),
    ...(noUnmap ? ['zeroes stay allocated'] : []),
  ];
  return {
    ...common,
    doc: sectors === 0 ? op : `${op} of ${sectors} sectors from sector ${sector}`,
    address: PLACELESS.has(op) ? '' : sectorText(sector),
    name: op,
    value: sectors === 0 ? '' : sectors.toLocaleString('en-US'),
    decoded: parts.join(', '),
    result: record.outcome,
    latency: '',
  };
};

export const sectorText = (sector: number): string => `s ${sector.toLocaleString('en-US')}`;

/** These go to the whole device. */
const PLACELESS: ReadonlySet<string> = new Set(['flush', 'zone_reset_all']);

const ODD: Readonly<Record<string, string>> = {
  ignored: 'nobody waits for it',
  refused: 'no request has this tag',
  failed: 'the bus failed',
};
