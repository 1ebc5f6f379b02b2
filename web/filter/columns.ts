/** What a filter can ask of an access besides its registers: the columns of the traffic table. */

import { BLOCK_STATUSES } from '#bus/block.ts';
import { TRACE_OPS, TRACE_OUTCOMES, type TraceNames, type TraceRecord } from '#bus/trace.ts';
import { mmdOf } from '#datasheets/c45.ts';
import { type Lab, placeOf, sheetOf } from './sheets.ts';

export const isAccess = (record: TraceRecord): boolean => record.op === 'read' || record.op === 'write';

/** A request to a block device, or the answer to one. */
export const isBlock = ({ op, device }: TraceRecord, names: TraceNames, lab: Lab): boolean =>
  op === 'read' || op === 'write' ? known(names, lab, device).block : BLOCK_OPS_ONLY.has(op);

/** Kind of the device a record is of; undefined when nobody has said. */
export const kindOfRecord = ({ device }: TraceRecord, names: TraceNames, lab: Lab): string | undefined =>
  known(names, lab, device).kind;

interface Known {
  readonly kind: string | undefined;
  readonly block: boolean;
}
const known = (names: TraceNames, lab: Lab, device: number): Known => {
  if (asked.lab !== lab || asked.kindsFrom !== lab.kindsFrom || asked.devices !== names.devices)
    asked = { lab, kindsFrom: lab.kindsFrom, devices: names.devices, known: [] };
  const before = asked.known[device];
  if (before !== undefined) return before;
  const name = names.devices[device] ?? '';
  const found = { kind: lab.kindOf(name), block: sheetOf(lab, name)?.block === true };
  asked.known[device] = found;
  return found;
};
/** What devices are: asked once each while nothing new is known, not for each of a million records. */
let asked: {
  readonly lab: Lab | null;
  readonly kindsFrom: unknown;
  readonly devices: readonly string[];
  readonly known: Known[];
} = { lab: null, kindsFrom: undefined, devices: [], known: [] };
const BLOCK_OPS_ONLY: ReadonlySet<string> = new Set(['flush', 'discard', 'write_zeroes', 'zone', 'done']);

/** `unit`: the factor from the unit a bare number has to the record's own. */
export interface NumberColumn {
  readonly kind: 'number';
  readonly doc: string;
  readonly accessOnly: boolean;
  /** Asked of requests to block devices and of their answers only. */
  readonly blockOnly?: true;
  /** Answers of block devices have it as well. */
  readonly answersToo?: true;
  readonly unitNs?: number;
  readonly of: (record: TraceRecord) => number;
}
export interface WordColumn {
  readonly kind: 'word';
  readonly doc: string;
  /** A closed set of values, or names that come and go. */
  readonly values?: readonly string[];
  /** Asked of the answers of block devices only. */
  readonly answersOnly?: true;
  readonly of: (record: TraceRecord, names: TraceNames, lab: Lab) => string;
  /** Where the word is one of a list of names: its place there, and the list. */
  readonly listed?: {
    readonly place: (record: TraceRecord) => number;
    readonly list: (names: TraceNames) => readonly string[];
  };
}
export interface FlagColumn {
  readonly kind: 'flag';
  readonly doc: string;
  readonly of: (record: TraceRecord) => boolean;
}
export type Column = NumberColumn | WordColumn | FlagColumn;

const outcome: WordColumn = {
  kind: 'word',
  doc: 'how the access ended',
  values: TRACE_OUTCOMES,
  of: (record) => record.outcome,
};
const requester: WordColumn = {
  kind: 'word',
  doc: 'who made the access',
  of: (record, names) => names.requesters[record.requester] ?? '',
  listed: { place: (record) => record.requester, list: (names) => names.requesters },
};

export const COLUMNS: Readonly<Record<string, Column>> = {
  dev: {
    kind: 'word',
    doc: 'device',
    of: (record, names) => names.devices[record.device] ?? '',
    listed: { place: (record) => record.device, list: (names) => names.devices },
  },
  op: {
    kind: 'word',
    doc: 'read, write, irq, fault, note, or what block devices and memories know besides',
    values: TRACE_OPS,
    of: (record) => record.op,
  },
  mmd: { kind: 'number', doc: 'MMD number, DEVAD', accessOnly: true, of: (record) => mmdOf(record.at) },
  value: { kind: 'number', doc: 'value read or written', accessOnly: true, of: (record) => record.value },
  old: { kind: 'number', doc: 'value before', accessOnly: true, of: (record) => record.old },
  changed: { kind: 'flag', doc: 'the value differs from before', of: (r) => isAccess(r) && r.value !== r.old },
  requester,
  by: requester,
  outcome,
  result: outcome,
  text: {
    kind: 'word',
    doc: 'words of a note, fault or interrupt; the register name of an access',
    of: (record, names, lab) =>
      isAccess(record)
        ? (placeOf(sheetOf(lab, names.devices[record.device] ?? ''), record.at).name ?? '')
        : (names.texts[record.aux] ?? ''),
  },
  sector: {
    kind: 'number',
    doc: 'first sector of a request',
    accessOnly: false,
    blockOnly: true,
    of: (record) => (record.op === 'done' ? 0 : record.aux * 2 ** 32) + record.at,
  },
  sectors: { kind: 'number', doc: 'sectors of a request', accessOnly: false, blockOnly: true, of: (r) => r.value },
  tag: { kind: 'number', doc: 'tag of a request', accessOnly: false, blockOnly: true, of: (r) => r.old & 0xffff },
  hctx: {
    kind: 'number',
    doc: 'hardware queue of a request',
    accessOnly: false,
    blockOnly: true,
    of: (record) => (record.old >>> 16) & 0xff,
  },
  status: {
    kind: 'word',
    doc: 'how a block device answered',
    values: BLOCK_STATUSES,
    answersOnly: true,
    of: (record) => (record.op === 'done' ? (BLOCK_STATUSES[record.old >>> 24] ?? '') : ''),
  },
  seq: { kind: 'number', doc: 'sequence number, #', accessOnly: false, of: (record) => record.seq },
  time: {
    kind: 'number',
    doc: 'seconds since the lab began',
    accessOnly: false,
    unitNs: 1e9,
    of: (record) => record.time,
  },
  latency: {
    kind: 'number',
    doc: 'microseconds on the wire, or from a block request to its answer',
    accessOnly: true,
    answersToo: true,
    unitNs: 1e3,
    of: (record) => record.aux,
  },
};

/** Short spellings of an op, as the table prints them. */
export const OP_ALIASES: Readonly<Record<string, string>> = {
  r: 'read',
  w: 'write',
  IRQ: 'irq',
  FAULT: 'fault',
  NOTE: 'note',
  R: 'read',
  W: 'write',
};
