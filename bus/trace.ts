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
/** Who notes about all NBD clients of a device are recorded under; each client's requests are its own. */
export const NBD_REQUESTER = 'nbd';
/** An NBD client by its number: the lowest that is free, so that the names are as many as clients at once. */
export const nbdRequester = (client: number): string => `${NBD_REQUESTER}:${client}`;
export const isNbdRequester = (requester: string): boolean =>
  requester === NBD_REQUESTER || requester.startsWith(`${NBD_REQUESTER}:`);

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
   * most 2^32-1. Memory spans: index of the span's name, see `spanOfText`. `irq`, `fault` and `note`: index of their text.
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
  const at = bytes.byteOffset + offset;
  const view = viewOf(bytes.buffer);
  return {
    seq: view.getUint32(at, true),
    device: view.getUint8(at + 4),
    requester: view.getUint8(at + 5),
    op: TRACE_OPS[view.getUint8(at + 6)] ?? 'note',
    outcome: TRACE_OUTCOMES[view.getUint8(at + 7)] ?? 'failed',
    time: view.getFloat64(at + 8, true),
    at: view.getUint32(at + 16, true),
    value: view.getUint32(at + 20, true),
    old: view.getUint32(at + 24, true),
    aux: view.getUint32(at + 28, true),
  };
};

/** Who looks at one record mostly looks at its neighbours next: a view for each would cost more than the record. */
const viewOf = (buffer: ArrayBufferLike): DataView => {
  if (latest.buffer !== buffer) latest = new DataView(buffer);
  return latest;
};
let latest: DataView = new DataView(new ArrayBuffer(0));

/** Places in the lists; nearly all records have one of those asked for first, and a search costs as much as the record. */
const codeOf = (op: TraceOp): number => (op === 'read' ? 0 : op === 'write' ? 1 : TRACE_OPS.indexOf(op));
const endOf = (outcome: TraceOutcome): number => (outcome === 'ok' ? 0 : TRACE_OUTCOMES.indexOf(outcome));

/** Told of each new packed record: a view that is valid during the call. */
type Tap = (record: Uint8Array) => void;

interface Every {
  readonly count: number;
  readonly due: () => void;
  /** Sequence number of the record after which it is due. */
  at: number;
}

/** Records by sequence number, oldest overwritten first; who watches sees each record as it is made, or many at a time. */
export class Trace {
  readonly capacity: number;
  readonly #ring: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #devices = new Names(255);
  readonly #requesters = new Names(255);
  readonly #texts = new Names(100_000);
  /** By op: a record that nobody taps costs no call. */
  readonly #taps: (readonly Tap[])[] = TRACE_OPS.map(() => []);
  /** What taps are shown, unless one of them makes a record in turn. */
  readonly #shown = new Uint8Array(RECORD_BYTES);
  readonly #shownView = new DataView(this.#shown.buffer);
  #showing = false;
  readonly #every = new Set<Every>();
  /** The nearest of them; looked at for each record, so one number. */
  #due = Number.POSITIVE_INFINITY;
  #last = 0;
  /** Where the next record goes in the ring. */
  #offset = 0;

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
    const { device, requester, op, outcome, time, at = 0, value = 0, old = 0, wireNs = 0, text } = entry;
    const lane = this.lane(device, requester);
    const aux = text === undefined ? wireNs : this.#texts.index(text);
    return this.access(lane, op, outcome, time, at, value, old, aux);
  }

  /** What a requester does at a device, in one number. */
  lane(device: string, requester: string): number {
    return this.#devices.index(device) | (this.#requesters.index(requester) << 8);
  }

  /** As `record`, for a bus that keeps its lane: most records are accesses, and an object for each is half their cost. */
  access(
    lane: number,
    op: TraceOp,
    outcome: TraceOutcome,
    time: number,
    at: number,
    value: number,
    old: number,
    aux: number,
  ): number {
    const seq = ++this.#last;
    const offset = this.#offset;
    const next = offset + RECORD_BYTES;
    this.#offset = next === this.#ring.length ? 0 : next;
    const view = this.#view;
    const code = codeOf(op);
    view.setUint32(offset, seq, true);
    view.setUint32(offset + 4, lane | (code << 16) | (endOf(outcome) << 24), true);
    view.setFloat64(offset + 8, time, true);
    view.setUint32(offset + 16, at, true);
    view.setUint32(offset + 20, value, true);
    view.setUint32(offset + 24, old, true);
    view.setUint32(offset + 28, aux, true);
    const taps = this.#taps[code];
    if (taps !== undefined && taps.length > 0) this.#show(taps, offset);
    if (seq >= this.#due) this.#tellDue();
    return seq;
  }

  /** Packed records with seq >= `since`, at most `limit`, oldest first; starts at `first` when `since` is gone. A copy. */
  slice(since: number, limit = this.capacity): Uint8Array<ArrayBuffer> {
    const pieces = this.pieces(since, limit);
    const out = new Uint8Array(pieces.reduce((bytes, { length }) => bytes + length, 0));
    let at = 0;
    for (const piece of pieces) {
      out.set(piece, at);
      at += piece.length;
    }
    return out;
  }

  /** As `slice`, as they stand in the ring, in two pieces at most: valid until the next record is made. */
  pieces(since: number, limit = this.capacity): readonly Uint8Array<ArrayBuffer>[] {
    const from = Math.max(since, this.first);
    const count = Math.max(0, Math.min(limit, this.#last - from + 1));
    const start = (from - 1) % this.capacity;
    const head = Math.min(count, this.capacity - start);
    const pieces = [
      this.#ring.subarray(start * RECORD_BYTES, (start + head) * RECORD_BYTES),
      this.#ring.subarray(0, (count - head) * RECORD_BYTES),
    ];
    return pieces.filter(({ length }) => length > 0);
  }

  /** One record, or undefined when it is gone or not yet made. */
  at(seq: number): TraceRecord | undefined {
    return seq < this.first || seq > this.#last
      ? undefined
      : unpackRecord(this.#ring, ((seq - 1) % this.capacity) * RECORD_BYTES);
  }

  /** Calls `tap` with each new record, or with those of some ops; the returned function ends it. */
  tap(tap: Tap, ops: readonly TraceOp[] = TRACE_OPS): () => void {
    const own: Tap = (record) => tap(record);
    // other lists each time: one that is being gone through stays as it is
    for (const op of ops) this.#heard(op, (taps) => [...taps, own]);
    return () => {
      for (const op of ops) this.#heard(op, (taps) => taps.filter((one) => one !== own));
    };
  }

  /** Calls `due` after every `count` records, for who reads many at a time from the ring; the returned function ends it. */
  every(count: number, due: () => void): () => void {
    const one: Every = { count, due, at: this.#last + count };
    this.#every.add(one);
    this.#look();
    return () => {
      this.#every.delete(one);
      this.#look();
    };
  }

  #heard(op: TraceOp, change: (taps: readonly Tap[]) => readonly Tap[]): void {
    const place = TRACE_OPS.indexOf(op);
    this.#taps[place] = change(this.#taps[place] ?? []);
  }

  #show(taps: readonly Tap[], offset: number): void {
    const first = !this.#showing;
    this.#showing = true;
    try {
      const record = first ? this.#copied(offset) : this.#ring.slice(offset, offset + RECORD_BYTES);
      for (const tap of taps) tap(record);
    } finally {
      if (first) this.#showing = false;
    }
  }

  /** A new view for each record would cost more than the record. */
  #copied(offset: number): Uint8Array {
    for (let at = 0; at < RECORD_BYTES; at += 4)
      this.#shownView.setUint32(at, this.#view.getUint32(offset + at, true), true);
    return this.#shown;
  }

  #tellDue(): void {
    for (const one of [...this.#every]) {
      if (this.#last < one.at) continue;
      one.at = this.#last + one.count;
      one.due();
    }
    this.#look();
  }

  #look(): void {
    this.#due = Math.min(...[...this.#every].map(({ at }) => at)); // Infinity when there is none
  }
}

/** Index 0 is the empty name; when full, the last index stands for all the rest. */
class Names {
  readonly #byName = new Map<string, number>([['', 0]]);
  readonly #limit: number;
  list: readonly string[] = [''];
  /** Mostly it is the same as the last time. */
  #latest = '';
  #latestIndex = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  index(name: string): number {
    if (name === this.#latest) return this.#latestIndex;
    this.#latestIndex = this.#byName.get(name) ?? this.#add(name);
    this.#latest = name;
    return this.#latestIndex;
  }

  #add(name: string): number {
    if (this.list.length >= this.#limit) return this.#limit - 1;
    const index = this.list.length;
    this.#byName.set(name, index);
    (this.list as string[]).push(index === this.#limit - 1 ? '(more names)' : name);
    return index;
  }
}
