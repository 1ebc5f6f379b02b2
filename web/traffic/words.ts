/** What an access says in words: addresses with their names, values in a radix, what changed, how it ended. */

import type { TraceNames, TraceOutcome, TraceRecord } from '#bus/trace.ts';
import { textOf } from '#bus/trace-words.ts';
import { describe } from '#regmap/codec.ts';
import { fieldMask, type Register } from '#regmap/declare.ts';
import { isAccess } from '../filter/columns.ts';
import { type Place, placeOf, printAt, type Sheet } from '../filter/sheets.ts';
import { instrumentWords } from '../instruments/instrument-words.ts';
import { blockWords, isBlockRecord } from './block-words.ts';
import type { Burst, Window } from './burst.ts';
import { isSpanRecord, spanBurstWords, spanWords } from './span-words.ts';

export type Radix = 'hex' | 'bin' | 'fields';

export interface RecordWords {
  readonly device: string;
  readonly requester: string;
  readonly address: string;
  readonly name: string;
  readonly doc: string;
  readonly value: string;
  /** Empty when nothing changed or nothing is known. */
  readonly change: string;
  readonly decoded: string;
  /** The decoded text is a remark on the access, not the meaning of its value. */
  readonly remark: boolean;
  readonly result: string;
  readonly latency: string;
}

/** Only for what is on screen: decoding every record of a busy bus would cost more than the bus. */
export const wordsOf = (
  record: TraceRecord,
  names: TraceNames,
  sheetOf: (device: string) => Sheet | undefined,
  radix: Radix,
): RecordWords => {
  const device = names.devices[record.device] ?? '';
  if (isBlockRecord(record, sheetOf(device))) return blockWords(record, names);
  const requester = names.requesters[record.requester] ?? '';
  if (isSpanRecord(record)) return spanWords(record, names);
  if (!isAccess(record)) {
    const text = textOf(record, names);
    const result = record.op === 'fault' ? record.outcome : '';
    const name = record.op === 'note' ? 'note' : text;
    const done = instrumentWords(record, requester, text, sheetOf(device));
    if (done !== undefined) return { ...NOTHING, device, requester, ...done, result: record.outcome };
    const said =
      record.op === 'note' ? text : NOT_ACCESS[record.op === 'irq' ? 'irq' : record.outcome === 'off' ? 'off' : 'on'];
    return { ...NOTHING, device, requester, name, decoded: said, result };
  }
  const sheet = sheetOf(device);
  const place = placeOf(sheet, record.at);
  const remark = REMARKS[record.outcome];
  return {
    device,
    requester,
    address: printAt(sheet, record.at),
    name: place.name ?? '',
    doc: place.register?.doc ?? place.span?.doc ?? '',
    value: printValue(record.value, place, radix),
    change: hasOld(record) ? `${printPlain(record.old, place, radix)} → ${printPlain(record.value, place, radix)}` : '',
    decoded: remark ?? meaning(record, place),
    remark: remark !== undefined,
    result: record.outcome,
    latency: micros(record.aux),
  };
};

/** A write shows what it changes; a read shows what the value means, or what changed since the bus last saw it. */
const meaning = (record: TraceRecord, { register }: Place): string => {
  if (register === null) return '';
  return hasOld(record) ? describe(register, record.value, record.old) : describe(register, record.value);
};

// the old value of a read is 0 until the bus has seen one, which says nothing
const hasOld = ({ op, value, old }: TraceRecord): boolean => value !== old && (op === 'write' || old !== 0);

/** `A5h`, `0000 0001 0010 0011`, by the width of the place. */
export const printValue = (value: number, place: Place, radix: Radix): string =>
  radix === 'bin' ? nibbles(value, widthOf(place)) : `${printPlain(value, place, 'hex')}h`;

const printPlain = (value: number, place: Place, radix: Radix): string =>
  radix === 'bin'
    ? nibbles(value, widthOf(place))
    : value
        .toString(16)
        .toUpperCase()
        .padStart(widthOf(place) / 4, '0');

const widthOf = ({ register, span }: Place): number => register?.width ?? (span === null ? 16 : 8);

export const nibbles = (value: number, width: number): string =>
  (
    value
      .toString(2)
      .padStart(width, '0')
      .match(/.{1,4}(?=(?:.{4})*$)/g) ?? []
  ).join(' ');

/** `51.2` from nanoseconds: the column's unit is the microsecond. */
export const micros = (ns: number): string => (ns / 1000).toFixed(1);

/** `1.257 s`, `51.2 µs`: three or four figures and the unit that suits. */
export const duration = (ns: number): string => {
  if (ns >= 1e9) return `${(ns / 1e9).toFixed(3)} s`;
  if (ns >= 1e6) return `${(ns / 1e6).toFixed(1)} ms`;
  return `${(ns / 1e3).toFixed(1)} µs`;
};

/** `3.170 204`: seconds to the microsecond, the thousandths set apart. */
export const seconds = (ns: number): string => {
  const sign = ns < 0 ? '−' : '';
  const micro = Math.round(Math.abs(ns) / 1000);
  const rest = String(micro % 1_000_000).padStart(6, '0');
  return `${sign}${Math.floor(micro / 1_000_000)}.${rest.slice(0, 3)} ${rest.slice(3)}`;
};

const COUNT = new Intl.NumberFormat('en-US');
export const count = (n: number): string => COUNT.format(n);

export interface BurstWords {
  readonly title: string;
  readonly rest: string;
  readonly range: string;
}

/** `Firmware upload` `24,543 writes, two ranges, 1.257 s`. */
export const burstWords = (burst: Burst): BurstWords => {
  if (burst.isSpans) return spanBurstWords(burst);
  const [first] = burst.windows;
  const { span } = placeOf(burst.sheet, first?.at ?? 0);
  const title = burst.isUpload
    ? 'Firmware upload'
    : `${span?.name ?? 'Registers'} ${burst.op === 'write' ? 'written' : 'read'} in a row`;
  const ranges =
    burst.windows.length === 1
      ? windowRange(first!, burst.sheet)
      : `${NUMERALS[burst.windows.length] ?? burst.windows.length} ranges`;
  return {
    title,
    rest: `${count(burst.count)} ${burst.op}s, ${ranges}, ${duration(burst.until - burst.time)}`,
    range: burst.windows.map((window) => windowRange(window, burst.sheet)).join(', '),
  };
};

/** `3.8000h … 3.BFFFh`. */
export const windowRange = ({ at, count: length }: Window, sheet: Sheet | undefined): string =>
  length === 1 ? printAt(sheet, at) : `${printAt(sheet, at)} … ${printAt(sheet, at + length - 1)}`;

const NUMERALS: Readonly<Record<number, string>> = { 2: 'two', 3: 'three', 4: 'four' };

export interface FieldLine {
  readonly name: string;
  readonly bits: string;
  readonly doc: string;
  readonly now: string;
  readonly was: string | null;
}

/** The fields of a register, highest bit first, with what changed; reserved bits are the last line. */
export const fieldLines = (register: Register, value: number, old: number | null): readonly FieldLine[] => {
  const fields = Object.entries(register.fields).sort(([, a], [, b]) => b.hi - a.hi);
  const lines = fields.map(([name, field]): FieldLine => {
    const one: Register = { ...register, fields: { [name]: field } };
    const say = (raw: number): string =>
      describe(one, ~raw & fieldMask(field), raw)
        .split(' → ')[0]
        ?.slice(name.length + 1) ?? '';
    const code = (raw: number): string =>
      ((raw & fieldMask(field)) >>> field.lo).toString(2).padStart(field.hi - field.lo + 1, '0');
    const wide = field.hi - field.lo >= 16; // so many bits nobody reads one by one
    const print = (raw: number): string => (field.boolean || wide ? say(raw) : `${code(raw)} ${say(raw)}`.trim());
    const changed = old !== null && ((old ^ value) & fieldMask(field)) !== 0;
    return {
      name,
      bits: field.hi === field.lo ? String(field.hi) : `${field.hi}:${field.lo}`,
      doc: field.doc,
      now: print(value),
      was: changed ? print(old) : null,
    };
  });
  const known = fields.reduce((mask, [, field]) => (mask | fieldMask(field)) >>> 0, 0);
  const reserved = bitRanges(~known, register.width);
  if (reserved === '') return lines;
  const rest = (value & ~known) >>> 0;
  return [
    ...lines,
    {
      name: 'reserved',
      bits: reserved,
      doc: 'No meaning known',
      now: rest === 0 ? '0' : `${rest.toString(16).toUpperCase()}h`,
      was: null,
    },
  ];
};

const bitRanges = (mask: number, width: number): string => {
  const parts: string[] = [];
  for (let bit = width - 1; bit >= 0; bit--) {
    if (((mask >>> bit) & 1) === 0) continue;
    const hi = bit;
    while (bit > 0 && ((mask >>> (bit - 1)) & 1) === 1) bit--;
    parts.push(hi === bit ? String(hi) : `${hi}:${bit}`);
  }
  return parts.join(', ');
};

const NOTHING: RecordWords = {
  device: '',
  requester: '',
  address: '',
  name: '',
  doc: '',
  value: '',
  change: '',
  decoded: '',
  remark: false,
  result: '',
  latency: '',
};
const NOT_ACCESS = { irq: 'interrupt line', on: 'fault switched on', off: 'fault cleared' } as const;
const REMARKS: Partial<Readonly<Record<TraceOutcome, string>>> = {
  undriven: 'nobody drives the bus',
  kept: 'kept, without effect',
  ignored: 'read-only: nothing changes',
  unmodelled: 'not modelled: no datasheet knows it',
  refused: 'not let through',
  held: 'held at a breakpoint',
  failed: 'the bus failed',
};
