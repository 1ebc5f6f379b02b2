/** A record in words: one row of a table, with the names the datasheets have for it. */
import { ACCESS_OPS, type TraceNames, type TraceRecord } from '#bus/trace.ts';
import { blockWords, spanWords, textOf } from '#bus/trace-words.ts';
import { printC45 } from '#datasheets/c45.ts';
import { DISPLAY } from '#datasheets/display.ts';
import { QT2025_ALL, QT2025_SPANS } from '#datasheets/qt2025.ts';
import { describe } from '#regmap/codec.ts';
import type { Table } from '#regmap/declare.ts';
import { nameAt } from '#regmap/names.ts';
import type { RecordedSection } from './decode.ts';
import type { RecordedDevice } from './format.ts';

/** Named as the columns of the dashboard's export. */
export interface Row {
  readonly seq: number;
  readonly time_s: number;
  readonly device: string;
  readonly requester: string;
  readonly op: string;
  readonly address: string | null;
  readonly register: string | null;
  readonly value: number | null;
  readonly old: number | null;
  readonly decoded: string;
  readonly outcome: string;
  readonly latency_us: number | null;
}

export const COLUMNS: readonly (keyof Row)[] = [
  'seq',
  'time_s',
  'device',
  'requester',
  'op',
  'address',
  'register',
  'value',
  'old',
  'decoded',
  'outcome',
  'latency_us',
];

interface Sheet {
  readonly registers: Table;
  readonly spans: readonly {
    readonly name: string;
    readonly at: number;
    readonly length: number;
    readonly offset: number;
  }[];
}

const SHEETS: Readonly<Record<string, Sheet>> = {
  qt2025: { registers: QT2025_ALL, spans: QT2025_SPANS },
  display: { registers: DISPLAY, spans: [] },
};
const NO_SHEET: Sheet = { registers: {}, spans: [] };

/** Words for the records of one section. */
export class SectionWords {
  readonly #names: TraceNames;
  readonly #devices: ReadonlyMap<string, RecordedDevice>;

  constructor({ names, devices }: Pick<RecordedSection, 'names' | 'devices'>) {
    this.#names = names;
    this.#devices = new Map(devices.map((device) => [device.name, device]));
  }

  row(record: TraceRecord): Row {
    const { seq, op, outcome, value, old, aux, time } = record;
    const device = this.#names.devices[record.device] ?? '';
    const face = this.#devices.get(device);
    const base = {
      seq,
      time_s: Number((time / 1e9).toFixed(9)),
      device,
      requester: this.#names.requesters[record.requester] ?? '',
      op,
      outcome,
    };
    const nothing = { address: null, register: null, value: null, old: null, latency_us: null };
    const words = blockWords(record, face?.port === 'block') ?? spanWords(record, this.#names);
    if (words !== undefined)
      return { ...base, ...nothing, value, decoded: words, latency_us: op === 'done' ? aux / 1000 : null };
    if (!ACCESS_OPS.has(op)) return { ...base, ...nothing, decoded: textOf(record, this.#names) };
    const { address, register, table } = this.#place(face, record.at);
    const known = register === null ? undefined : table[register];
    const changed = value !== old && (op === 'write' || old !== 0);
    const decoded = known === undefined ? '' : describe(known, value, ...(changed ? [old] : []));
    return { ...base, address, register, value, old, decoded, latency_us: aux / 1000 };
  }

  #place(device: RecordedDevice | undefined, at: number) {
    const { registers: table, spans } = SHEETS[device?.kind ?? ''] ?? NO_SHEET;
    const address = device?.port === 'mmio' ? `${hex(at)}h` : printC45(at);
    const span = spans.find((one) => at >= one.at && at < one.at + one.length);
    const inside = span === undefined ? null : `${span.name}+${hex(span.offset + at - span.at)}h`;
    return { address, register: nameAt(table, at) ?? inside, table };
  }
}

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(4, '0');
