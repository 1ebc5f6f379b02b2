/** Events a client reads: flips done, vblanks, sequences, and their bytes (drm.h). */
import { LabError } from '#bus/errors.ts';
import type { VblankStamp } from './vblank.ts';

export const EVENT_TYPE = { vblank: 1, flip: 2, sequence: 3 } as const;
export type EventType = keyof typeof EVENT_TYPE;
export const EVENT_BYTES = 32;

export interface DrmEvent extends VblankStamp {
  readonly type: EventType;
  readonly userData: bigint;
  readonly crtcId: number;
}

/** drm_event_vblank, or drm_event_crtc_sequence. */
export const encodeEvent = ({ type, userData, crtcId, count, timeNs }: DrmEvent): Uint8Array => {
  const view = new DataView(new ArrayBuffer(EVENT_BYTES));
  view.setUint32(0, EVENT_TYPE[type], true);
  view.setUint32(4, EVENT_BYTES, true);
  view.setBigUint64(8, BigInt.asUintN(64, userData), true);
  if (type === 'sequence') {
    view.setBigInt64(16, BigInt(Math.round(timeNs)), true);
    view.setBigUint64(24, BigInt(count), true);
  } else {
    const micros = Math.floor(timeNs / 1000);
    view.setUint32(16, Math.floor(micros / 1e6), true);
    view.setUint32(20, micros % 1e6, true);
    view.setUint32(24, count % 2 ** 32, true);
    view.setUint32(28, crtcId, true);
  }
  return new Uint8Array(view.buffer);
};

/** Bytes of events a client may have coming and unread (drm_file.event_space). */
const EVENT_SPACE_BYTES = 4096;

/** What one client has coming to it. Space is taken when an event is promised, and given back when it is read. */
export class EventQueue {
  readonly #ready: DrmEvent[] = [];
  #spaceBytes = EVENT_SPACE_BYTES;
  #listener: ((event: DrmEvent) => void) | undefined;
  #closed = false;

  /** ENOMEM when the client has too many unread. */
  promise(type: EventType, userData: bigint): PromisedEvent {
    if (this.#spaceBytes < EVENT_BYTES)
      throw new LabError('ENOMEM', `${EVENT_SPACE_BYTES / EVENT_BYTES} events are unread or on their way: read them`);
    this.#spaceBytes -= EVENT_BYTES;
    let open = true;
    const settle = (event?: DrmEvent): void => {
      if (!open) return;
      open = false;
      if (event === undefined || this.#closed || this.#listener !== undefined) this.#spaceBytes += EVENT_BYTES;
      if (event === undefined || this.#closed) return;
      if (this.#listener === undefined) this.#ready.push(event);
      else this.#listener(event);
    };
    return {
      send: (crtcId, { count, timeNs }) => settle({ type, userData, crtcId, count, timeNs }),
      cancel: () => settle(),
    };
  }

  /** The oldest event; undefined when there is none (EAGAIN of a nonblocking read). */
  next(): DrmEvent | undefined {
    const event = this.#ready.shift();
    if (event !== undefined) this.#spaceBytes += EVENT_BYTES;
    return event;
  }

  /** As many whole events as fit, as bytes. */
  read(maxBytes: number): Uint8Array {
    const count = Math.min(this.#ready.length, Math.floor(maxBytes / EVENT_BYTES));
    const bytes = new Uint8Array(count * EVENT_BYTES);
    for (let i = 0; i < count; i++) {
      const event = this.next();
      if (event !== undefined) bytes.set(encodeEvent(event), i * EVENT_BYTES);
    }
    return bytes;
  }

  /** Told at once instead of being kept. */
  listen(listener: (event: DrmEvent) => void): void {
    this.#listener = listener;
    for (let event = this.next(); event !== undefined; event = this.next()) listener(event);
  }

  close(): void {
    this.#closed = true;
    this.#ready.length = 0;
  }
}

export interface PromisedEvent {
  send(crtcId: number, stamp: VblankStamp): void;
  cancel(): void;
}
