/** The newest trace records in the browser: packed, in one typed array, with gaps remembered. */
import type { TraceBatch } from '#bus/api.ts';
import { RECORD_BYTES, type TraceNames, type TraceRecord, unpackRecord } from '#bus/trace.ts';

/** A hole in the sequence: `missing` records before the record at `position`. */
export interface TraceGap {
  readonly position: number;
  readonly missing: number;
}

/** A million rows, 32 MiB: memory that is asked for when it is written. */
const KEPT = 1 << 20;

/**
 * Records have *positions*: a count from 0 that never changes while the page lives, though the oldest records go.
 * Kept are positions `begin` up to `end`, exclusive.
 */
export class TraceRing {
  readonly capacity: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #listeners = new Set<() => void>();
  readonly #names = { devices: [''], requesters: [''], texts: [''] };
  #gaps: TraceGap[] = [];
  #end = 0;
  #floor = 0;
  #lastSeq = 0;
  #epoch = 0;

  constructor(capacity = KEPT, bytes = new Uint8Array(capacity * RECORD_BYTES)) {
    this.capacity = capacity;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, capacity * RECORD_BYTES);
  }

  /** A full ring of these very bytes, which nobody changes any more. */
  static of(records: Uint8Array, names: TraceNames): TraceRing {
    const count = Math.floor(records.byteLength / RECORD_BYTES);
    const all = { records, names: { from: { devices: 0, requesters: 0, texts: 0 }, ...names } };
    if (count > 0 && records.buffer instanceof ArrayBuffer) {
      const ring = new TraceRing(count, new Uint8Array(records.buffer, records.byteOffset, count * RECORD_BYTES));
      if (ring.#adopt()) {
        ring.push({ ...all, records: new Uint8Array() });
        return ring;
      }
    }
    const ring = new TraceRing(Math.max(1, count));
    ring.push(all);
    return ring;
  }

  get begin(): number {
    return Math.max(this.#floor, this.#end - this.capacity);
  }
  get end(): number {
    return this.#end;
  }
  /** Sequence number of the newest record; 0 before the first. */
  get lastSeq(): number {
    return this.#lastSeq;
  }
  /** Changes when the ring was emptied: another lab session began. */
  get epoch(): number {
    return this.#epoch;
  }
  get names(): TraceNames {
    return this.#names;
  }
  /** Holes among what is kept, oldest first. */
  get gaps(): readonly TraceGap[] {
    return this.#gaps;
  }
  /** Packed records for readers that must not make an object per record; byte offsets from `offsetOf`. */
  get view(): DataView {
    return this.#view;
  }

  offsetOf(position: number): number {
    return (position % this.capacity) * RECORD_BYTES;
  }

  /** The record at a position, or undefined when it is gone or not yet made. */
  at(position: number): TraceRecord | undefined {
    return position < this.begin || position >= this.#end
      ? undefined
      : unpackRecord(this.#bytes, this.offsetOf(position));
  }

  seqAt(position: number): number {
    return this.#view.getUint32(this.offsetOf(position), true);
  }

  /** The first kept position whose sequence number is `seq` or later; `end` when there is none. */
  positionOf(seq: number): number {
    let low = this.begin;
    let high = this.#end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.seqAt(middle) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Takes a batch: names first, then the records not yet here. Returns the position of the first new one. */
  push({ records, names }: Pick<TraceBatch, 'records' | 'names'>): number {
    for (const list of ['devices', 'requesters', 'texts'] as const)
      for (const [i, name] of names[list].entries()) this.#names[list][names.from[list] + i] = name;
    const first = this.#end;
    const incoming = new DataView(records.buffer, records.byteOffset, records.byteLength);
    let from = 0; // where the stretch begins that is copied as one
    let offset = 0;
    for (; offset + RECORD_BYTES <= records.byteLength; offset += RECORD_BYTES) {
      const seq = incoming.getUint32(offset, true);
      if (seq === this.#lastSeq + 1) {
        this.#lastSeq = seq;
        continue;
      }
      this.#append(records.subarray(from, offset));
      from = offset;
      if (seq <= this.#lastSeq)
        from += RECORD_BYTES; // sent again after a reconnect
      else {
        if (this.#lastSeq > 0) this.#gaps.push({ position: this.#end, missing: seq - this.#lastSeq - 1 });
        this.#lastSeq = seq;
      }
    }
    this.#append(records.subarray(from, offset));
    const { begin } = this;
    if ((this.#gaps[0]?.position ?? begin) < begin) this.#gaps = this.#gaps.filter(({ position }) => position >= begin);
    if (this.#end > first) for (const listener of this.#listeners) listener();
    return first;
  }

  /** Takes what lies in its bytes for its records; false when they are not in their order. */
  #adopt(): boolean {
    let last = 0;
    for (let position = 0; position < this.capacity; position++) {
      const seq = this.seqAt(position);
      if (seq <= last) return false;
      if (last > 0 && seq > last + 1) this.#gaps.push({ position, missing: seq - last - 1 });
      last = seq;
    }
    this.#lastSeq = last;
    this.#end = this.capacity;
    return true;
  }

  /** Whole records; of more than fit the newest stay. */
  #append(records: Uint8Array): void {
    const count = records.length / RECORD_BYTES;
    const kept = Math.min(count, this.capacity);
    const first = this.#end + count - kept;
    const bytes = records.subarray((count - kept) * RECORD_BYTES);
    const offset = this.offsetOf(first);
    const upToEnd = Math.min(bytes.length, this.#bytes.length - offset);
    this.#bytes.set(bytes.subarray(0, upToEnd), offset);
    this.#bytes.set(bytes.subarray(upToEnd), 0);
    this.#end += count;
  }

  /** Forgets everything: the lab began anew and counts from 1 again. */
  reset(): void {
    this.#floor = this.#end;
    this.#lastSeq = 0;
    this.#gaps = [];
    this.#epoch++;
    for (const list of Object.values(this.#names)) list.splice(1);
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` after each batch that brought records, and after a reset. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
