/** What a filter can ask of an access besides its registers: the columns of the traffic table. */

import { TRACE_OPS, TRACE_OUTCOMES, type TraceNames, type TraceRecord } from '#bus/trace.ts';
import { mmdOf } from '#datasheets/c45.ts';
import { type Lab, placeOf, sheetOf } from './sheets.ts';

export const isAccess = (record: TraceRecord): boolean => record.op === 'read' || record.op === 'write';

/** `unit`: the factor from the unit a bare number has to the record's own. */
export interface NumberColumn {
  readonly kind: 'number';
  readonly doc: string;
  readonly accessOnly: boolean;
  readonly unitNs?: number;
  readonly of: (record: TraceRecord) => number;
}
export interface WordColumn {
  readonly kind: 'word';
  readonly doc: string;
  /** A closed set of values, or names that come and go. */
  readonly values?: readonly string[];
  readonly of: (record: TraceRecord, names: TraceNames, lab: Lab) => string;
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
};

export const COLUMNS: Readonly<Record<string, Column>> = {
  dev: { kind: 'word', doc: 'device', of: (record, names) => names.devices[record.device] ?? '' },
  op: { kind: 'word', doc: 'read, write, irq, fault or note', values: TRACE_OPS, of: (record) => record.op },
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
    doc: 'microseconds on the wire',
    accessOnly: true,
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
