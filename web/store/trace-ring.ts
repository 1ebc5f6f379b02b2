/** The newest trace records in the browser: packed, in one typed array, with gaps remembered. */
import type { TraceBatch } from '#bus/api.ts';
import { RECORD_BYTES, type TraceNames, type TraceRecord, unpackRecord } from '#bus/trace.ts';

/** A hole in the sequence: `missing` records before the record at `position`. */
export interface TraceGap {
  readonly position: number;
  readonly missing: number;
}

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

  constructor(capacity = 200_000) {
    this.capacity = capacity;
    this.#bytes = new Uint8Array(capacity * RECORD_BYTES);
    this.#view = new DataView(this.#bytes.buffer);
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
    for (let offset = 0; offset + RECORD_BYTES <= records.byteLength; offset += RECORD_BYTES) {
      const seq = incoming.getUint32(offset, true);
      if (seq <= this.#lastSeq) continue; // sent again after a reconnect
      if (this.#lastSeq > 0 && seq > this.#lastSeq + 1)
        this.#gaps.push({ position: this.#end, missing: seq - this.#lastSeq - 1 });
      this.#bytes.set(records.subarray(offset, offset + RECORD_BYTES), this.offsetOf(this.#end));
      this.#end++;
      this.#lastSeq = seq;
    }
    const { begin } = this;
    if ((this.#gaps[0]?.position ?? begin) < begin) this.#gaps = this.#gaps.filter(({ position }) => position >= begin);
    if (this.#end > first) for (const listener of this.#listeners) listener();
    return first;
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
