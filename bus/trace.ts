/** The trace: one fixed 32-byte record for everything that happened on a bus, kept in a ring. */

/**
 * What a record is about. The first five are everybody's. `flush` to `zone` are commands to block devices, as `read` and
 * `write` are there, and `done` is the answer to one; `span_read` and `span_write` move a run of memory behind registers.
 */
export const TRACE_OPS = [
  'read',
  'write',
  'irq',
  'fault',
  'note',
  'flush',
  'discard',
  'write_zeroes',
  'zone',
  'done',
  'span_read',
  'span_write',
] as const;
export type TraceOp = (typeof TRACE_OPS)[number];

/** What somebody asked of a device, of all ops. */
export const ACCESS_OPS: ReadonlySet<TraceOp> = new Set([
  'read',
  'write',
  'flush',
  'discard',
  'write_zeroes',
  'zone',
  'span_read',
  'span_write',
]);

/**
 * How an access ended: `ok`; `undriven` nobody answered (FFFFh); `kept` stored without effect; `ignored` a write that
 * changes nothing (read-only); `unmodelled` an address the model does not know; `refused` not let through; `held` at a
 * breakpoint; `failed` the bus itself failed; `on` and `off` for faults that are switched, `ok` for a bus fault that fired.
 */
export const TRACE_OUTCOMES = [
  'ok',
  'undriven',
  'kept',
  'ignored',
  'unmodelled',
  'refused',
  'held',
  'failed',
  'on',
  'off',
] as const;
export type TraceOutcome = (typeof TRACE_OUTCOMES)[number];

/** Who accesses are recorded under that a device's own firmware makes. */
export const FIRMWARE_REQUESTER = 'micro';
/** Who the requests of NBD clients are recorded under. */
export const NBD_REQUESTER = 'nbd';

/** Bytes of one record, little endian: seq u32, device u8, requester u8, op u8, outcome u8, time f64, at, value, old, aux u32. */
export const RECORD_BYTES = 32;

export interface TraceRecord {
  /** Counts from 1 without a hole. */
  readonly seq: number;
  /** Indexes into the names. */
  readonly device: number;
  readonly requester: number;
  readonly op: TraceOp;
  readonly outcome: TraceOutcome;
  /** Nanoseconds since the lab began. */
  readonly time: number;
  /** Register address; for MDIO, DEVAD in bits 20:16. Memory spans: offset of the first byte. Blocks: sector, low 32 bits. */
  readonly at: number;
  /** Memory spans: bytes, in one record. Blocks: sectors. */
  readonly value: number;
  /** Writes: the value before. Reads: the value the bus last saw there. Memory spans: FNV-1a of the bytes. Blocks: see `packTag`. */
  readonly old: number;
  /**
   * Accesses: nanoseconds on the wire. Block commands: the sector's upper bits. `done`: nanoseconds since the command, at
   * most 2^32-1. Memory spans: index of the span's name. `irq`, `fault` and `note`: index of their text.
   */
  readonly aux: number;
}

/** What a block record says besides place and length: which slot, and how it was asked or how it ended. */
export interface TagWord {
  /** Low 16 bits. */
  readonly tag: number;
  /** Bits 23:16; `NO_QUEUE` where the request came another way than the bus. */
  readonly hctx: number;
  /** Bits 31:24. Commands: bit 7 FUA, bit 6 no-unmap, bits 3:0 the operation's place in BLOCK_OPS. `done`: the status's place in BLOCK_STATUSES. */
  readonly detail: number;
}

/** The queue of requests that use none of the bus's. Their tag is the low 16 bits of their number. */
export const NO_QUEUE = 0xff;

export const packTag = ({ tag, hctx, detail }: TagWord): number =>
  ((detail << 24) | ((hctx & 0xff) << 16) | (tag & 0xffff)) >>> 0;
export const unpackTag = (old: number): TagWord => ({
  tag: old & 0xffff,
  hctx: (old >>> 16) & 0xff,
  detail: old >>> 24,
});

/** Names behind the indexes of a record. Lists only grow; an index never changes its meaning. */
export interface TraceNames {
  readonly devices: readonly string[];
  readonly requesters: readonly string[];
  readonly texts: readonly string[];
}

/** What happened, by name: what is given to `record`. */
export interface TraceEntry {
  readonly device: string;
  readonly requester: string;
  readonly op: TraceOp;
  readonly outcome: TraceOutcome;
  readonly time: number;
  readonly at?: number;
  readonly value?: number;
  readonly old?: number;
  readonly wireNs?: number;
  readonly text?: string;
}

/** The record at a byte offset. */
export const unpackRecord = (bytes: Uint8Array, offset = 0): TraceRecord => {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, RECORD_BYTES);
  return {
    seq: view.getUint32(0, true),
    device: view.getUint8(4),
    requester: view.getUint8(5),
    op: TRACE_OPS[view.getUint8(6)] ?? 'note',
    outcome: TRACE_OUTCOMES[view.getUint8(7)] ?? 'failed',
    time: view.getFloat64(8, true),
    at: view.getUint32(16, true),
    value: view.getUint32(20, true),
    old: view.getUint32(24, true),
    aux: view.getUint32(28, true),
  };
};

/** Records by sequence number, oldest overwritten first; taps see every record as it is made. */
export class Trace {
  readonly capacity: number;
  readonly #ring: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #devices = new Names(255);
  readonly #requesters = new Names(255);
  readonly #texts = new Names(100_000);
  readonly #taps = new Set<(record: Uint8Array) => void>();
  #last = 0;

  constructor(capacity = 1 << 18) {
    this.capacity = capacity;
    this.#ring = new Uint8Array(capacity * RECORD_BYTES);
    this.#view = new DataView(this.#ring.buffer);
  }

  /** Sequence number of the newest record; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Sequence number of the oldest record still kept. */
  get first(): number {
    return Math.max(1, this.#last - this.capacity + 1);
  }

  get names(): TraceNames {
    return { devices: this.#devices.list, requesters: this.#requesters.list, texts: this.#texts.list };
  }

  /** Appends and returns the sequence number. */
  record(entry: TraceEntry): number {
    const seq = ++this.#last;
    const offset = ((seq - 1) % this.capacity) * RECORD_BYTES;
    const view = this.#view;
    view.setUint32(offset, seq, true);
    view.setUint8(offset + 4, this.#devices.index(entry.device));
    view.setUint8(offset + 5, this.#requesters.index(entry.requester));
    view.setUint8(offset + 6, TRACE_OPS.indexOf(entry.op));
    view.setUint8(offset + 7, TRACE_OUTCOMES.indexOf(entry.outcome));
    view.setFloat64(offset + 8, entry.time, true);
    view.setUint32(offset + 16, entry.at ?? 0, true);
    view.setUint32(offset + 20, entry.value ?? 0, true);
    view.setUint32(offset + 24, entry.old ?? 0, true);
    view.setUint32(offset + 28, entry.text === undefined ? (entry.wireNs ?? 0) : this.#texts.index(entry.text), true);
    if (this.#taps.size > 0) {
      const bytes = this.#ring.subarray(offset, offset + RECORD_BYTES);
      for (const tap of this.#taps) tap(bytes);
    }
    return seq;
  }

  /** Packed records with seq >= `since`, at most `limit`, oldest first; starts at `first` when `since` is gone. A copy. */
  slice(since: number, limit = this.capacity): Uint8Array<ArrayBuffer> {
    const from = Math.max(since, this.first);
    const count = Math.max(0, Math.min(limit, this.#last - from + 1));
    const out = new Uint8Array(count * RECORD_BYTES);
    const start = (from - 1) % this.capacity;
    const head = Math.min(count, this.capacity - start);
    out.set(this.#ring.subarray(start * RECORD_BYTES, (start + head) * RECORD_BYTES));
    out.set(this.#ring.subarray(0, (count - head) * RECORD_BYTES), head * RECORD_BYTES);
    return out;
  }

  /** One record, or undefined when it is gone or not yet made. */
  at(seq: number): TraceRecord | undefined {
    return seq < this.first || seq > this.#last
      ? undefined
      : unpackRecord(this.#ring, ((seq - 1) % this.capacity) * RECORD_BYTES);
  }

  /** Calls `tap` with each new packed record (a view, valid during the call); the returned function ends it. */
  tap(tap: (record: Uint8Array) => void): () => void {
    this.#taps.add(tap);
    return () => void this.#taps.delete(tap);
  }
}

/** Index 0 is the empty name; when full, the last index stands for all the rest. */
class Names {
  readonly #byName = new Map<string, number>([['', 0]]);
  readonly #limit: number;
  list: readonly string[] = [''];

  constructor(limit: number) {
    this.#limit = limit;
  }

  index(name: string): number {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (this.list.length >= this.#limit) return this.#limit - 1;
    const index = this.list.length;
    this.#byName.set(name, index);
    (this.list as string[]).push(index === this.#limit - 1 ? '(more names)' : name);
    return index;
  }
}
