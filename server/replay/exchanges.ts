/** What one driver asked of one device and what it got, read back from a trace: bus faults undone, so that it is the driver's view. */
import { FILTER_REQUESTER } from '#bus/filters/gate-of.ts';
import { ACCESS_OPS, type TraceOp, type TraceRecord } from '#bus/trace.ts';
import { type RecordedSection, recordAt } from '#recording/decode.ts';
import { effectOf } from './lost-accesses.ts';

/** One access, as the driver made it. */
export interface Exchange {
  /** Of its record in the section. */
  readonly index: number;
  readonly op: TraceOp;
  readonly at: number;
  /** What was written; what was read, as the driver saw it. Spans: bytes. Requests: sectors. */
  readonly value: number;
  /** Of a span: a checksum of its bytes. Of a request: its tag word. */
  readonly old: number;
  /** Of a span: its name in the texts. Of a request: the upper bits of its sector. */
  readonly aux: number;
  /** Nanoseconds since the lab began: of the answer, but for the time on the wire. */
  readonly time: number;
  readonly wireNs: number;
  /** `driven` is what a PHY does at the turnaround; `failed` is the bus; `refused` broke a rule of the port. */
  readonly end: 'driven' | 'undriven' | 'failed' | 'refused';
}

/** What the device said by itself: an interrupt line that changed, or an answer to a request. */
export interface OwnWord {
  readonly index: number;
  readonly record: TraceRecord;
  /** Exchanges that came before it. */
  readonly after: number;
}

/** Everything of one device, in order. */
export interface DriverSide {
  readonly exchanges: readonly Exchange[];
  readonly own: readonly OwnWord[];
}

/** `drivers` are how those of the device are named in the trace. */
export const driverSide = (section: RecordedSection, device: string, drivers: ReadonlySet<string>): DriverSide => {
  const { names } = section;
  const nth = names.devices.indexOf(device);
  const isDriver = names.requesters.map((name) => drivers.has(name));
  const block = section.devices.some(({ name, port }) => name === device && port === 'block');
  const side = new Side(section, block);
  for (let i = 0; i < section.count; i++) {
    const record = recordAt(section, i);
    if (record.device !== nth) continue;
    if (record.op === 'fault') side.fault(record);
    else if (record.op === 'irq' || (record.op === 'done' && isDriver[record.requester] === true)) side.said(i, record);
    else if (block && isDriver[record.requester] === true && isBreach(record)) side.breach(i, record);
    else if (ACCESS_OPS.has(record.op) && isDriver[record.requester] === true && record.outcome !== 'refused')
      side.access(i, record);
  }
  return side;
};

/** A note that names a request; one about the driver itself names none. */
const isBreach = ({ op, outcome, at, value, old }: TraceRecord): boolean =>
  op === 'note' && outcome === 'refused' && (at | value | old) !== 0;

const ALTERATIONS: ReadonlySet<string> = new Set(['all-ones', 'wrong-value', 'stuck-bit', 'bit-flip', 'flip']);

class Side implements DriverSide {
  readonly exchanges: Exchange[] = [];
  readonly own: OwnWord[] = [];
  readonly #section: RecordedSection;
  readonly #block: boolean;
  /** What is about to happen to the next access. */
  #written: number | undefined;
  #address: number | undefined;
  #badTurnaround = false;
  #twice = false;
  /** Rows that are no access of their own: done twice, or later than asked for. */
  readonly #echoes: { readonly op: TraceOp; readonly at: number }[] = [];

  constructor(section: RecordedSection, block: boolean) {
    this.#section = section;
    this.#block = block;
  }

  said(index: number, record: TraceRecord): void {
    this.own.push({ index, record, after: this.exchanges.length });
  }

  /** Noise on the wire has a row before the write it spoils, and behind the read. */
  fault(record: TraceRecord): void {
    if (this.#block) return; // the rows of requests are as the driver made them
    const effect = this.#effect(record);
    const last = this.exchanges.at(-1);
    if (effect === 'reorder') {
      const { at, value, old, time } = record;
      this.exchanges.push({ index: -1, op: 'write', at, value, old, aux: 0, time, wireNs: 0, end: 'driven' });
      this.#echoes.push({ op: 'write', at });
    } else if (effect === 'lost-address') this.#address = record.at;
    else if (effect === 'turnaround') this.#badTurnaround = true;
    else if (effect === 'duplicate') this.#twice = true;
    else if (effect !== undefined && ALTERATIONS.has(effect)) {
      const seen =
        last?.op === 'read' && last.at === record.at && last.value === record.old && last.time === record.time;
      if (seen) this.exchanges[this.exchanges.length - 1] = { ...last, value: record.value };
      else this.#written ??= record.old;
    }
  }

  breach(index: number, { op, at, value, old, aux, time }: TraceRecord): void {
    this.exchanges.push({ index, op, at, value, old, aux, time, wireNs: 0, end: 'refused' });
  }

  access(index: number, record: TraceRecord): void {
    const { op, at, value, old, aux, time, outcome } = record;
    const echo = this.#echoes.findIndex((one) => one.op === op && one.at === at);
    if (echo >= 0) {
      this.#echoes.splice(echo, 1);
      return;
    }
    const span = op === 'span_read' || op === 'span_write';
    this.exchanges.push({
      index,
      op,
      at: this.#address ?? at,
      value: op === 'write' ? (this.#written ?? value) : value,
      old,
      aux,
      time,
      wireNs: this.#block || span ? 0 : aux,
      end: outcome === 'failed' ? 'failed' : outcome === 'undriven' || this.#badTurnaround ? 'undriven' : 'driven',
    });
    if (this.#twice) this.#echoes.push({ op, at });
    this.#written = undefined;
    this.#address = undefined;
    this.#badTurnaround = false;
    this.#twice = false;
  }

  /** Of a bus fault that fired, or of noise that a scenario made; undefined for a fault of the device. */
  #effect({ requester, outcome, aux }: TraceRecord): string | undefined {
    const { requesters, texts } = this.#section.names;
    const text = texts[aux] ?? '';
    if (requesters[requester] === FILTER_REQUESTER) return outcome === 'ok' ? effectOf(text) : undefined;
    if (text.startsWith('flip bit ')) return 'flip';
    return text.startsWith('address frame lost') ? 'lost-address' : undefined;
  }
}
