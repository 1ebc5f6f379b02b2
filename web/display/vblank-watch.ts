/** Vertical blanks and flips of one display as its driver dealt with them, read off the trace. */
import { TRACE_OPS, type TraceOp } from '#bus/trace.ts';
import { DISPLAY } from '#datasheets/display.ts';
import { fieldMask } from '#regmap/declare.ts';
import type { TraceRing } from '../store/trace-ring.ts';

/** A vertical blank whose interrupt the driver served. */
export interface Served {
  readonly count: number;
  /** Lab nanoseconds: when it began, by the display's own stamp, and when the driver read that. */
  readonly stampNs: number;
  readonly seenNs: number;
}

export interface Flip {
  /** Lab nanoseconds of the write that asked for it; null when that is no longer in the trace. */
  readonly askedNs: number | null;
  /** Lab nanoseconds and vertical blank at which it was on the screen; null while it is pending. */
  readonly done: { readonly atNs: number; readonly count: number } | null;
  /** Without waiting for a vertical blank. */
  readonly torn: boolean;
}

/** While the driver has the interrupt of vertical blanks let through. */
export interface Listening {
  readonly fromNs: number;
  readonly toNs: number | null;
}

const KEPT = 1024;
/** Records looked at when a page is opened. */
const LOOK_BACK = 20_000;

const VBLANK = fieldMask(DISPLAY.INT_STATUS.fields.VBLANK);
const FLIP_DONE = fieldMask(DISPLAY.INT_STATUS.fields.FLIP_DONE);
const GO = fieldMask(DISPLAY.FLIP.fields.GO);
const NOW = fieldMask(DISPLAY.FLIP.fields.NOW);
const op = (name: TraceOp): number => TRACE_OPS.indexOf(name);
const [READ, WRITE] = [op('read'), op('write')];
const HIGH = 2 ** 32;

export class VblankWatch {
  readonly #device: string;
  readonly #served: Served[] = [];
  readonly #flips: Flip[] = [];
  readonly #listening: Listening[] = [];
  #next = -1;
  #epoch = -1;
  #status = 0;
  #flipCount = 0;
  #stamp = { lo: 0, hi: 0, timeLo: 0 };
  #anchor: { readonly count: number; readonly stampNs: number } | null = null;

  constructor(device: string) {
    this.#device = device;
  }

  /** Newest last, as the other lists. */
  get served(): readonly Served[] {
    return this.#served;
  }
  get flips(): readonly Flip[] {
    return this.#flips;
  }
  get listening(): readonly Listening[] {
    return this.#listening;
  }
  /** A vertical blank and its exact time, as the driver last read them. */
  get anchor(): { readonly count: number; readonly stampNs: number } | null {
    return this.#anchor;
  }

  /** Takes what is new in the ring. */
  take(ring: TraceRing): void {
    if (this.#epoch !== ring.epoch) this.#forget(ring);
    const device = ring.names.devices.indexOf(this.#device);
    const { view } = ring;
    for (let p = Math.max(this.#next, ring.begin); p < ring.end; p++) {
      const offset = ring.offsetOf(p);
      if (view.getUint8(offset + 4) !== device) continue;
      const op = view.getUint8(offset + 6);
      if (op !== READ && op !== WRITE) continue;
      const [at, value] = [view.getUint32(offset + 16, true), view.getUint32(offset + 20, true)];
      const timeNs = view.getFloat64(offset + 8, true);
      if (op === READ) this.#read(at, value, timeNs);
      else this.#wrote(at, value, timeNs);
    }
    this.#next = ring.end;
    for (const list of [this.#served, this.#flips, this.#listening])
      if (list.length > KEPT * 1.25) list.splice(0, list.length - KEPT);
  }

  /** Flips that were done in the second before. */
  flipsPerSecond(nowNs: number): number {
    let many = 0;
    for (let i = this.#flips.length - 1; i >= 0; i--) {
      const at = this.#flips[i]?.done?.atNs;
      if (at !== undefined && at <= nowNs - 1e9) break;
      if (at !== undefined) many++;
    }
    return many;
  }

  #forget(ring: TraceRing): void {
    this.#epoch = ring.epoch;
    this.#next = Math.max(ring.begin, ring.end - LOOK_BACK);
    for (const list of [this.#served, this.#flips, this.#listening]) list.length = 0;
    this.#anchor = null;
  }

  /** Drivers read status, flip count and the four words of the stamp in one go. */
  #read(at: number, value: number, timeNs: number): void {
    switch (at) {
      case DISPLAY.INT_STATUS.at:
        this.#status = value;
        break;
      case DISPLAY.FLIP_COUNT.at:
        this.#flipCount = value;
        break;
      case DISPLAY.VBLANK_COUNT_LO.at:
        this.#stamp.lo = value;
        break;
      case DISPLAY.VBLANK_COUNT_HI.at:
        this.#stamp.hi = value;
        break;
      case DISPLAY.VBLANK_TIME_LO.at:
        this.#stamp.timeLo = value;
        break;
      case DISPLAY.VBLANK_TIME_HI.at:
        this.#stamped(value * HIGH + this.#stamp.timeLo, timeNs);
        break;
    }
  }

  #stamped(stampNs: number, seenNs: number): void {
    const count = this.#stamp.hi * HIGH + this.#stamp.lo;
    const status = this.#status;
    this.#status = 0;
    this.#anchor = { count, stampNs };
    if ((status & VBLANK) !== 0 && this.#served.at(-1)?.count !== count) this.#served.push({ count, stampNs, seenNs });
    if ((status & FLIP_DONE) === 0) return;
    const behind = (count - this.#flipCount) >>> 0;
    this.#flipped({ atNs: seenNs, count: behind < 1000 ? count - behind : count });
  }

  #flipped(done: NonNullable<Flip['done']>): void {
    const pending = this.#flips.at(-1);
    if (pending !== undefined && pending.done === null) this.#flips[this.#flips.length - 1] = { ...pending, done };
    else if (pending?.torn !== true && pending?.done?.count !== done.count)
      this.#flips.push({ askedNs: null, done, torn: false });
  }

  #wrote(at: number, value: number, timeNs: number): void {
    const count = this.#anchor?.count ?? 0;
    if (at === DISPLAY.FLIP.at && (value & NOW) !== 0)
      this.#flips.push({ askedNs: timeNs, done: { atNs: timeNs, count }, torn: true });
    else if (at === DISPLAY.FLIP.at && (value & GO) !== 0) {
      const last = this.#flips.at(-1);
      if (last !== undefined && last.done === null) this.#flips.pop(); // both are one: the screen shows the newer
      this.#flips.push({ askedNs: timeNs, done: null, torn: false });
    } else if (at === DISPLAY.DISPI_Y_OFFSET.at) {
      this.#flips.push({ askedNs: timeNs, done: { atNs: timeNs, count }, torn: true });
    } else if (at === DISPLAY.INT_ENABLE.at) this.#listens((value & VBLANK) !== 0, timeNs);
  }

  #listens(on: boolean, timeNs: number): void {
    const last = this.#listening.at(-1);
    const open = last !== undefined && last.toNs === null;
    if (on && !open) this.#listening.push({ fromNs: timeNs, toNs: null });
    if (!on && open) this.#listening[this.#listening.length - 1] = { ...last, toNs: timeNs };
  }
}
