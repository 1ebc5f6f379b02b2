/** Where one browser stands in the trace: it reads on from the ring, so nothing is queued for it. */
import type { TraceBatch } from '#bus/api.ts';
import { RECORD_BYTES, type Trace, type TraceNames } from '#bus/trace.ts';

export interface FeedCursorOptions {
  /** Newest sequence number the browser has; without it the browser gets recent history. */
  readonly since?: number | undefined;
  /** Only these devices. */
  readonly devices?: ReadonlySet<string> | undefined;
}

/** What a browser that has nothing yet is given. */
const HISTORY = 100_000;
/** Most records of one batch. */
const BATCH = 8192;
/** Farther behind than this, a browser has lost the race: it goes on from near the newest. */
const BEHIND = 131_072;
const NEAR = 8192;

type NamesFrom = TraceBatch['names']['from'];

export class FeedCursor {
  /** Records after `since` that are no longer kept. */
  readonly gap: number;
  readonly #trace: Trace;
  readonly #devices: ReadonlySet<string> | undefined;
  #from: NamesFrom = { devices: 0, requesters: 0, texts: 0 };
  #next: number;
  #dropped = 0;
  #untold = 0;

  constructor(trace: Trace, { since, devices }: FeedCursorOptions = {}) {
    this.#trace = trace;
    this.#devices = devices;
    const resumes = since !== undefined && since <= trace.last;
    this.#next = resumes ? Math.max(since + 1, trace.first) : Math.max(trace.first, trace.last - HISTORY + 1);
    this.gap = resumes ? this.#next - since - 1 : 0;
  }

  /** Records skipped because the browser was too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The next batch; undefined when there is nothing new. */
  next(): TraceBatch | undefined {
    const { last, first } = this.#trace;
    if (last - this.#next + 1 > BEHIND) this.#skipTo(last - NEAR + 1);
    else if (this.#next < first) this.#skipTo(first);
    if (this.#next > last) return undefined;
    const all = this.#trace.slice(this.#next, BATCH);
    this.#next += all.length / RECORD_BYTES;
    const records = this.#devices === undefined ? all : this.#mine(all);
    if (records.length === 0 && this.#untold === 0) return undefined;
    const dropped = this.#untold;
    this.#untold = 0;
    return { captured: last, dropped, records, names: this.#newNames() };
  }

  #skipTo(seq: number): void {
    this.#untold += seq - this.#next;
    this.#dropped += seq - this.#next;
    this.#next = seq;
  }

  #mine(all: Uint8Array): Uint8Array {
    const { devices } = this.#trace.names;
    const out = new Uint8Array(all.length);
    let length = 0;
    for (let at = 0; at < all.length; at += RECORD_BYTES) {
      if (this.#devices?.has(devices[all[at + 4] ?? 0] ?? '') !== true) continue;
      out.set(all.subarray(at, at + RECORD_BYTES), length);
      length += RECORD_BYTES;
    }
    return out.subarray(0, length);
  }

  #newNames(): TraceBatch['names'] {
    const from = this.#from;
    const { devices, requesters, texts }: TraceNames = this.#trace.names;
    this.#from = { devices: devices.length, requesters: requesters.length, texts: texts.length };
    return {
      from,
      devices: devices.slice(from.devices),
      requesters: requesters.slice(from.requesters),
      texts: texts.slice(from.texts),
    };
  }
}
