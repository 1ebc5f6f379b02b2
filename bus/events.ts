/** What a device tells its owner unasked: numbered, so that a repeated event is dropped and a missing one is asked for. */
import { LabError } from './errors.ts';
import { MAX_BODY_BYTES } from './message.ts';

/** What is told; the numbers are on the wire. */
export const EVENT = { completions: 1, resized: 2, removed: 3 } as const;
export type EventKind = keyof typeof EVENT;

export interface DeviceEvent {
  readonly kind: EventKind;
  /** Counts the events of one lease from 1. */
  readonly seq: number;
  readonly body: Uint8Array;
}

/** Events kept for whoever missed one. */
const KEEP_COUNT = 4096;
const KEEP_BYTES = 16 << 20;
/** seq u32, kind u8, reserved 3, length u32, body. */
const HEAD_BYTES = 12;

/** The device's end: numbers events of one lease and keeps the latest. */
export class EventStream {
  readonly #kept: DeviceEvent[] = [];
  #bytes = 0;
  #last = 0;

  /** Number of the latest event. */
  get last(): number {
    return this.#last;
  }

  add(kind: EventKind, body: Uint8Array): DeviceEvent {
    const event: DeviceEvent = { kind, seq: ++this.#last, body };
    this.#kept.push(event);
    this.#bytes += body.length;
    while (this.#kept.length > KEEP_COUNT || (this.#bytes > KEEP_BYTES && this.#kept.length > 1))
      this.#bytes -= this.#kept.shift()?.body.length ?? 0;
    return event;
  }

  /** A new lease counts anew. */
  reset(): void {
    this.#kept.length = 0;
    this.#bytes = 0;
    this.#last = 0;
  }

  /** Events from a number on, as many as go in one message. Throws ESTALE when the first of them is no longer kept. */
  from(seq: number): readonly DeviceEvent[] {
    const oldest = this.#kept[0]?.seq ?? this.#last + 1;
    if (seq < oldest)
      throw new LabError('ESTALE', `events from ${seq} were asked for; from ${oldest} on they are kept`);
    const found: DeviceEvent[] = [];
    let bytes = 0;
    for (const event of this.#kept.slice(seq - oldest)) {
      bytes += HEAD_BYTES + event.body.length;
      if (bytes > MAX_BODY_BYTES && found.length > 0) break;
      found.push(event);
    }
    return found;
  }
}

/** The driver's end: passes events on in order, each once. */
export class EventOrder {
  readonly #pass: (event: DeviceEvent) => void;
  readonly #early = new Map<number, DeviceEvent>();
  #next = 1;

  constructor(pass: (event: DeviceEvent) => void) {
    this.#pass = pass;
  }

  /** The number that is waited for. */
  get next(): number {
    return this.#next;
  }

  /** True while events after the one waited for are here already. */
  get gap(): boolean {
    return this.#early.size > 0;
  }

  /** A lease begins after event `last`. */
  begin(last: number): void {
    this.#early.clear();
    this.#next = last + 1;
  }

  /** Takes an event in; those that are due are passed on. */
  take(event: DeviceEvent): void {
    if (event.seq < this.#next) return; // heard before
    if (event.seq > this.#next) {
      if (this.#early.size < KEEP_COUNT) this.#early.set(event.seq, event);
      return;
    }
    for (let due: DeviceEvent | undefined = event; due !== undefined; due = this.#early.get(this.#next)) {
      this.#early.delete(due.seq);
      this.#next = due.seq + 1;
      this.#pass(due);
    }
  }

  /** Gives up what cannot be had any more and goes on with what is here; how many are lost. */
  skip(): number {
    const first = Math.min(...this.#early.keys());
    if (!Number.isFinite(first)) return 0;
    const lost = first - this.#next;
    this.#next = first;
    const event = this.#early.get(first);
    if (event !== undefined) this.take(event);
    return lost;
  }
}

export const encodeEvents = (events: readonly DeviceEvent[]): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(events.reduce((sum, { body }) => sum + HEAD_BYTES + body.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { seq, kind, body } of events) {
    view.setUint32(at, seq);
    view.setUint8(at + 4, EVENT[kind]);
    view.setUint32(at + 8, body.length);
    bytes.set(body, at + HEAD_BYTES);
    at += HEAD_BYTES + body.length;
  }
  return bytes;
};

/** Throws EPROTO for what is no sequence of events. */
export const decodeEvents = (bytes: Uint8Array): readonly DeviceEvent[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const events: DeviceEvent[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < HEAD_BYTES)
      throw new LabError('EPROTO', `${bytes.length - at} bytes after the last event; its head takes ${HEAD_BYTES}`);
    const kind = eventKinds.get(view.getUint8(at + 4));
    const seq = view.getUint32(at);
    const length = view.getUint32(at + 8);
    at += HEAD_BYTES;
    if (kind === undefined) throw new LabError('EPROTO', 'an event of a kind that is unknown');
    if (bytes.length - at < length)
      throw new LabError('EPROTO', `an event of ${length} bytes with ${bytes.length - at} of them behind it`);
    events.push({ kind, seq, body: bytes.subarray(at, at + length) });
    at += length;
  }
  return events;
};

const eventKinds = new Map<number, EventKind>(Object.entries(EVENT).map(([kind, code]) => [code, kind as EventKind]));
