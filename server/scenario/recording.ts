/** The trace of one run: every record of its devices, and one hash over all of them. */
import { createHash } from 'node:crypto';
import {
  ACCESS_OPS,
  FIRMWARE_REQUESTER,
  isNbdRequester,
  RECORD_BYTES,
  TRACE_OPS,
  type Trace,
  type TraceNames,
  type TraceRecord,
  unpackRecord,
} from '#bus/trace.ts';

/** Records kept for looking at; the hash goes on beyond. */
const KEPT = 1 << 20;
const CHUNK_RECORDS = 2048;

const LAB_REQUESTERS: ReadonlySet<string> = new Set(['scenario', 'dashboard', 'lab', '']);
/** A lab, or one of its NBD clients: anything else on a device's bus is its driver. */
export const isLabRequester = (requester: string): boolean =>
  LAB_REQUESTERS.has(requester) || isNbdRequester(requester);

const ACCESSES: ReadonlySet<number | undefined> = new Set([...ACCESS_OPS].map((op) => TRACE_OPS.indexOf(op)));

export class Recording {
  readonly #trace: Trace;
  readonly #devices: ReadonlySet<string>;
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  readonly #hash = createHash('sha256');
  readonly #end: () => void;
  #hashed = 0;
  #count = 0;
  #accesses = 0;

  /** Records what happens to these devices from now on. */
  constructor(trace: Trace, devices: readonly string[]) {
    this.#trace = trace;
    this.#devices = new Set(devices);
    this.#end = trace.tap((record) => this.#take(record));
  }

  /** Records so far; an index below it is a place in the run. */
  get count(): number {
    return Math.min(this.#count, KEPT);
  }

  /** Reads, writes and other requests so far. */
  get accesses(): number {
    return this.#accesses;
  }

  get names(): TraceNames {
    const { devices, requesters, texts } = this.#trace.names;
    return { devices: [...devices], requesters: [...requesters], texts: [...texts] };
  }

  at(index: number): TraceRecord {
    const chunk = this.#chunks[Math.floor(index / CHUNK_RECORDS)];
    if (chunk === undefined || index >= this.count) throw new RangeError(`record ${index} of ${this.count}`);
    return unpackRecord(chunk, (index % CHUNK_RECORDS) * RECORD_BYTES);
  }

  device(record: TraceRecord): string {
    return this.#trace.names.devices[record.device] ?? '';
  }

  requester(record: TraceRecord): string {
    return this.#trace.names.requesters[record.requester] ?? '';
  }

  /** What a note, a fault or an interrupt says. */
  text(record: TraceRecord): string {
    return this.#trace.names.texts[record.aux] ?? '';
  }

  /** True for a request that a driver made. */
  byDriver(record: TraceRecord): boolean {
    const who = this.requester(record);
    return ACCESS_OPS.has(record.op) && !isLabRequester(who) && who !== FIRMWARE_REQUESTER;
  }

  /** True for a note about something a driver, or a device's firmware, should not have done. */
  isMisuse(record: TraceRecord): boolean {
    return record.op === 'note' && record.outcome === 'refused' && !isLabRequester(this.requester(record));
  }

  /** Ends the recording. */
  close(): void {
    this.#end();
  }

  /** SHA-256 over every record and every name; ends the recording. */
  hash(): string {
    this.close();
    this.#hashUpTo(this.#count);
    return this.#hash.update(JSON.stringify(this.names)).digest('hex');
  }

  /** All kept records, packed. */
  packed(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.count * RECORD_BYTES);
    for (const [i, chunk] of this.#chunks.entries()) {
      const offset = i * CHUNK_RECORDS * RECORD_BYTES;
      out.set(chunk.subarray(0, out.length - offset), offset);
    }
    return out;
  }

  #take(record: Uint8Array): void {
    const { op, device } = { op: record[6], device: record[4] ?? 0 };
    if (!this.#devices.has(this.#trace.names.devices[device] ?? '')) return;
    if (ACCESSES.has(op)) this.#accesses++;
    const slot = this.#count % CHUNK_RECORDS;
    if (this.#count >= KEPT) {
      this.#hash.update(record);
      this.#hashed = ++this.#count;
      return;
    }
    if (slot === 0) {
      this.#hashUpTo(this.#count);
      this.#chunks.push(new Uint8Array(CHUNK_RECORDS * RECORD_BYTES));
    }
    this.#chunks.at(-1)?.set(record, slot * RECORD_BYTES);
    this.#count++;
  }

  /** Whole chunks at a time: a hash update costs more than its bytes. */
  #hashUpTo(count: number): void {
    while (this.#hashed < Math.min(count, KEPT)) {
      const chunk = this.#chunks[Math.floor(this.#hashed / CHUNK_RECORDS)];
      const begin = this.#hashed % CHUNK_RECORDS;
      const end = Math.min(CHUNK_RECORDS, begin + count - this.#hashed);
      if (chunk === undefined) return;
      this.#hash.update(chunk.subarray(begin * RECORD_BYTES, end * RECORD_BYTES));
      this.#hashed += end - begin;
    }
  }
}
