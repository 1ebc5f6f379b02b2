/** Trace records by position, live or frozen: what tables, folds and lanes read without making an object per record. */
import {
  TRACE_OPS,
  TRACE_OUTCOMES,
  type TraceNames,
  type TraceOp,
  type TraceOutcome,
  type TraceRecord,
} from '#bus/trace.ts';
import type { TraceGap, TraceRing } from '../store/trace-ring.ts';

/** Positions `begin` up to `end`, exclusive; a position never changes its record. */
export interface Records {
  readonly begin: number;
  readonly end: number;
  readonly names: TraceNames;
  readonly gaps: readonly TraceGap[];
  readonly view: DataView;
  offsetOf(position: number): number;
  at(position: number): TraceRecord | undefined;
  seqAt(position: number): number;
  positionOf(seq: number): number;
}

/** One record at a time, read in place: a TraceRecord that costs nothing to move. */
export class Cursor implements TraceRecord {
  readonly #view: DataView;
  #offset = 0;

  constructor(view: DataView) {
    this.#view = view;
  }

  moveTo(offset: number): this {
    this.#offset = offset;
    return this;
  }

  get seq(): number {
    return this.#view.getUint32(this.#offset, true);
  }
  get device(): number {
    return this.#view.getUint8(this.#offset + 4);
  }
  get requester(): number {
    return this.#view.getUint8(this.#offset + 5);
  }
  get opIndex(): number {
    return this.#view.getUint8(this.#offset + 6);
  }
  get op(): TraceOp {
    return TRACE_OPS[this.opIndex] ?? 'note';
  }
  get outcomeIndex(): number {
    return this.#view.getUint8(this.#offset + 7);
  }
  get outcome(): TraceOutcome {
    return TRACE_OUTCOMES[this.outcomeIndex] ?? 'failed';
  }
  get time(): number {
    return this.#view.getFloat64(this.#offset + 8, true);
  }
  get at(): number {
    return this.#view.getUint32(this.#offset + 16, true);
  }
  get value(): number {
    return this.#view.getUint32(this.#offset + 20, true);
  }
  get old(): number {
    return this.#view.getUint32(this.#offset + 24, true);
  }
  get aux(): number {
    return this.#view.getUint32(this.#offset + 28, true);
  }
}

/** What the ring holds now, kept while the live one goes on: a view that stands still loses nothing it shows. */
export const frozen = (ring: TraceRing): Records => {
  const { buffer, byteOffset, byteLength } = ring.view;
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
  const view = new DataView(bytes);
  const { begin, end, gaps, capacity, names } = ring;
  const offsetOf = (position: number): number => ring.offsetOf(position % capacity);
  const cursor = new Cursor(view);
  const seqAt = (position: number): number => cursor.moveTo(offsetOf(position)).seq;
  return {
    begin,
    end,
    gaps,
    names,
    view,
    offsetOf,
    seqAt,
    at: (position) => {
      if (position < begin || position >= end) return undefined;
      const { seq, device, requester, op, outcome, time, at, value, old, aux } = cursor.moveTo(offsetOf(position));
      return { seq, device, requester, op, outcome, time, at, value, old, aux };
    },
    positionOf: (seq) => {
      let [low, high] = [begin, end];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (seqAt(middle) < seq) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
};
