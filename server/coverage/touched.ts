/** What one run touched of the datasheets of its devices, counted from its records. */
import { BLOCK_OPS, BLOCK_STATUSES } from '#bus/block.ts';
import { FILTER_REQUESTER } from '#bus/filters/gate-of.ts';
import { spanOfText } from '#bus/span-rows.ts';
import {
  ACCESS_OPS,
  FIRMWARE_REQUESTER,
  RECORD_BYTES,
  type TraceNames,
  type TraceRecord,
  unpackRecord,
} from '#bus/trace.ts';
import { decodeField } from '#regmap/codec.ts';
import { type Field, fieldMask } from '#regmap/declare.ts';
import { nameAt } from '#regmap/names.ts';
import type { BenchSpec, DeviceKind } from '#server/bench-spec.ts';
import { PARTS, type Part } from '#server/scenario/parts.ts';
import { type Category, enter, fall, rise } from './sheet.ts';

export interface RunRecords {
  readonly bench: BenchSpec;
  readonly records: Uint8Array;
  readonly names: TraceNames;
}

/** How often, by category and name; of each kind of device on the bench. */
export type Touched = ReadonlyMap<DeviceKind, ReadonlyMap<Category, ReadonlyMap<string, number>>>;

export const touchedBy = ({ bench, records, names }: RunRecords): Touched => {
  const counters = new Map(Object.entries(bench).map(([device, spec]) => [device, new Counter(spec.device)]));
  for (const [device, spec] of Object.entries(bench))
    if ('attributes' in spec)
      for (const name of Object.keys(spec.attributes ?? {})) counters.get(device)?.add('attributes', name);
  for (let at = 0; at < records.length; at += RECORD_BYTES) {
    const record = unpackRecord(records, at);
    counters.get(names.devices[record.device] ?? '')?.take(record, names);
  }
  const all = new Map<DeviceKind, Map<Category, Map<string, number>>>();
  for (const { kind, counts } of counters.values()) merge(all, kind, counts);
  return all;
};

/** Adds the counts of one run to those of others. */
export const merge = (
  into: Map<DeviceKind, Map<Category, Map<string, number>>>,
  kind: DeviceKind,
  counts: ReadonlyMap<Category, ReadonlyMap<string, number>>,
): void => {
  const of = into.get(kind) ?? new Map<Category, Map<string, number>>();
  into.set(kind, of);
  for (const [category, names] of counts) {
    const sums = of.get(category) ?? new Map<string, number>();
    of.set(category, sums);
    for (const [name, count] of names) sums.set(name, (sums.get(name) ?? 0) + count);
  }
};

/** One place of a part, looked up once. */
interface Place {
  /** Register or memory; undefined where there is neither. */
  readonly name: string | undefined;
  readonly fields: readonly (readonly [name: string, field: Field])[];
}

/** Counts what one device is touched by. */
class Counter {
  readonly kind: DeviceKind;
  readonly counts = new Map<Category, Map<string, number>>();
  readonly #part: Part;
  readonly #block: boolean;
  readonly #places = new Map<number, Place>();
  /** The value last seen at an address. */
  readonly #levels = new Map<number, number>();

  constructor(kind: DeviceKind) {
    this.kind = kind;
    this.#part = PARTS[kind];
    this.#block = Object.keys(this.#part.registers).length === 0;
  }

  add(category: Category, name: string): void {
    const names = this.counts.get(category) ?? new Map<string, number>();
    this.counts.set(category, names);
    names.set(name, (names.get(name) ?? 0) + 1);
  }

  take(record: TraceRecord, names: TraceNames): void {
    const { op, outcome } = record;
    if (op === 'fault') {
      // faults of the bus have names of their own, and some are the same
      const own = names.requesters[record.requester] !== FILTER_REQUESTER;
      if (own && outcome === 'on') this.#known('faults', firstWord(names, record));
    } else if (op === 'note' && outcome === 'ok') this.#note(record, names);
    else if (op === 'done') this.add('operations', `answer ${BLOCK_STATUSES[record.old >>> 24] ?? 'IOERR'}`);
    else if (!ACCESS_OPS.has(op)) return;
    else if (this.#block) this.#request(record);
    else if (op === 'span_read' || op === 'span_write')
      this.add(
        'operations',
        `${op === 'span_read' ? 'read' : 'write'} ${spanOfText(names.texts[record.aux] ?? '').span}`,
      );
    else if (outcome === 'ok' || outcome === 'kept' || outcome === 'ignored')
      this.#access(record, names.requesters[record.requester] === FIRMWARE_REQUESTER);
  }

  /** The device's own firmware moves fields but touches nothing in anybody's name. */
  #access({ op, at, value, old }: TraceRecord, firmware: boolean): void {
    const { name, fields } = this.#place(at);
    if (name === undefined) return;
    const known = this.#levels.get(at);
    const before = op === 'write' ? old : known;
    this.#levels.set(at, value);
    if (!firmware) {
      this.add('operations', `${op} ${name}`);
      if (Object.hasOwn(this.#part.registers, name)) this.add('registers', name);
    }
    for (const [field, of] of fields) {
      const changed = before === undefined ? 0 : (before ^ value) & fieldMask(of);
      if (!firmware && (op === 'read' || changed !== 0)) this.add('fields', `${name}.${field}`);
      if (changed === 0 && !(before === undefined && of.names !== undefined)) continue;
      const now = decodeField(of, value);
      if (of.boolean) this.add('transitions', (now === true ? rise : fall)(`${name}.${field}`));
      else if (typeof now === 'string') this.add('transitions', enter(`${name}.${field}`, now));
    }
  }

  #request({ op, old }: TraceRecord): void {
    const operation = op === 'zone' ? (BLOCK_OPS[(old >>> 24) & 0x0f] ?? op) : op;
    this.add('operations', operation);
  }

  /** A control that was turned, or an attribute that was written. */
  #note(record: TraceRecord, names: TraceNames): void {
    const word = firstWord(names, record);
    const [attribute = '', value] = word.split('=', 2);
    if (value === undefined) this.#known('controls', word);
    else this.#known('attributes', attribute);
  }

  #known(category: 'faults' | 'controls' | 'attributes', name: string): void {
    if (Object.hasOwn(this.#part[category], name)) this.add(category, name);
  }

  #place(at: number): Place {
    const known = this.#places.get(at);
    if (known !== undefined) return known;
    const { registers, spans } = this.#part;
    const name = nameAt(registers, at) ?? spans.find((span) => at >= span.at && at < span.at + span.length)?.name;
    const place = { name, fields: Object.entries(registers[name ?? '']?.fields ?? {}) };
    this.#places.set(at, place);
    return place;
  }
}

const firstWord = (names: TraceNames, { aux }: TraceRecord): string => (names.texts[aux] ?? '').split(' ', 1)[0] ?? '';
