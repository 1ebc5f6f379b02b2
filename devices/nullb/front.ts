/** The block layer in front of the queues for who has no tags of his own: splits, waits for room, tries again, times out. */
import { type BlockCommand, type BlockCompletion, type BlockOp, type BlockStatus, SECTOR_BYTES } from '#bus/block.ts';
import type { Clock, Deadline } from '#bus/clock.ts';
import { NULL_BLK } from '#datasheets/null-blk.ts';

export interface BlockRequest {
  readonly op: BlockOp;
  readonly sector: number;
  readonly sectors: number;
  readonly fua?: boolean;
  readonly noUnmap?: boolean;
  /** Payload of a write: the front only reads it, but until the answer. */
  readonly data?: Uint8Array;
}

export interface BlockAnswer {
  readonly status: BlockStatus;
  /** Of a read: all of it, zeroes where the device left the buffer as it was. Of a report: its descriptors. */
  readonly data?: Uint8Array;
  /** Where an append was placed. */
  readonly sector?: number;
}

export interface FrontParts {
  readonly clock: Clock;
  /** Hands a command to the device. */
  readonly submit: (command: BlockCommand, answer: (completion: BlockCompletion) => void) => void;
  /** Requests it may have in flight. */
  readonly depth: number;
  readonly queues: () => number;
  readonly maxSectors: number;
  /** No part crosses a multiple of this; 0: no such border. */
  readonly chunkSectors: number;
  /** When a request that was throttled may try again; undefined: it was not the throttle. */
  readonly throttledUntil: () => number | undefined;
}

interface Whole {
  readonly request: BlockRequest;
  readonly done: (answer: BlockAnswer) => void;
  left: number;
  status: BlockStatus;
  sector: number | undefined;
  /** What was read, or reported. */
  found: Uint8Array | undefined;
}

interface Part {
  readonly whole: Whole;
  readonly sector: number;
  readonly sectors: number;
  startedAt: number;
  over: boolean;
}

export class Front {
  readonly #parts: FrontParts;
  /** First in, first out; `#head` is the next one. */
  #waiting: Part[] = [];
  #head = 0;
  /** In the order they were started, which is the order in which they time out. */
  readonly #started = new Set<Part>();
  #timeout: Deadline | null = null;
  #retry: Deadline | null = null;
  /** Nothing is started before the retry. */
  #throttled = false;
  #pumping = false;
  #count = 0;

  constructor(parts: FrontParts) {
    this.#parts = parts;
  }

  get inFlight(): number {
    return this.#started.size;
  }
  get waiting(): number {
    return this.#waiting.length - this.#head;
  }

  /** `done` is called exactly once, perhaps before this returns. */
  request(request: BlockRequest, done: (answer: BlockAnswer) => void): void {
    const { op, sector, sectors } = request;
    const spans = this.#split(op, sector, sectors);
    const whole: Whole = {
      request,
      done,
      left: spans.length,
      status: 'OK',
      sector: undefined,
      found: undefined,
    };
    for (const [start, length] of spans)
      this.#waiting.push({ whole, sector: start, sectors: length, startedAt: 0, over: false });
    this.#pump();
  }

  /** There may be room again. */
  wake(): void {
    this.#pump();
  }

  /** The device has gone: everything ends. */
  stop(status: BlockStatus): void {
    this.#timeout?.cancel();
    this.#retry?.cancel();
    this.#timeout = null;
    this.#retry = null;
    this.#throttled = false;
    const waiting = this.#waiting.slice(this.#head);
    this.#waiting = [];
    this.#head = 0;
    for (const part of [...this.#started, ...waiting]) this.#end(part, { status });
  }

  #split(op: BlockOp, sector: number, sectors: number): readonly (readonly [number, number])[] {
    const { maxSectors, chunkSectors } = this.#parts;
    const moves = op === 'read' || op === 'write' || op === 'write_zeroes';
    const most = op === 'read' || op === 'write' ? maxSectors : NULL_BLK.maxDiscardSectors;
    if (!(moves || op === 'discard') || !Number.isSafeInteger(sector) || !(sectors > 0)) return [[sector, sectors]];
    const spans: [number, number][] = [];
    for (let at = sector; at < sector + sectors; ) {
      const border = chunkSectors === 0 ? Number.POSITIVE_INFINITY : chunkSectors - (at % chunkSectors);
      const length = Math.min(sector + sectors - at, most, border);
      spans.push([at, length]);
      at += length;
    }
    return spans;
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#head < this.#waiting.length && this.#started.size < this.#parts.depth && !this.#throttled)
        if (!this.#start(this.#waiting[this.#head]!)) break;
    } finally {
      this.#pumping = false;
      if (this.#head > 1024 || this.#head === this.#waiting.length) {
        this.#waiting.splice(0, this.#head);
        this.#head = 0;
      }
    }
  }

  /** False: the device asked to try again. */
  #start(part: Part): boolean {
    const { clock, submit, queues } = this.#parts;
    const { request } = part.whole;
    this.#head++;
    part.startedAt = clock.now();
    this.#started.add(part);
    const from = (part.sector - request.sector) * SECTOR_BYTES;
    const data = request.data?.subarray(from, from + part.sectors * SECTOR_BYTES);
    const number = this.#count++;
    let answered = false;
    let again = false;
    submit(
      {
        op: request.op,
        sector: part.sector,
        sectors: part.sectors,
        hctx: number % queues(),
        tag: number % 0x10000,
        generation: number % 2 ** 32,
        ...(request.fua === true ? { fua: true } : {}),
        ...(request.noUnmap === true ? { noUnmap: true } : {}),
        ...(data === undefined ? {} : { data }),
      },
      (completion) => {
        // the device may say it twice, or after the time is over
        if (answered || part.over) return;
        answered = true;
        if (completion.status === 'RESOURCE' || completion.status === 'DEV_RESOURCE') {
          again = true;
          this.#later(part);
        } else this.#end(part, completion);
      },
    );
    if (!part.over && !again) this.#watch();
    return !again;
  }

  /** Goes back to the head of the line. */
  #later(part: Part): void {
    this.#started.delete(part);
    if (this.#head > 0) this.#waiting[--this.#head] = part;
    else this.#waiting.unshift(part);
    const { clock, throttledUntil } = this.#parts;
    const until = throttledUntil();
    this.#throttled = until !== undefined;
    this.#retry?.cancel();
    // Linux runs the queue again at the next completion, or after this long
    this.#retry = clock.after(until === undefined ? NULL_BLK.resourceDelayNs : until - clock.now(), () => {
      this.#retry = null;
      this.#throttled = false;
      this.#pump();
    });
  }

  #end(part: Part, { status, data, sector }: BlockAnswer): void {
    if (part.over) return;
    part.over = true;
    this.#started.delete(part);
    const { whole } = part;
    if (status !== 'OK' && whole.status === 'OK') whole.status = status;
    if (sector !== undefined) whole.sector = sector;
    if (data !== undefined) this.#gather(part, data);
    if (--whole.left === 0) whole.done(answerOf(whole));
    this.#pump();
  }

  #gather(part: Part, data: Uint8Array): void {
    const { whole } = part;
    if (whole.request.op !== 'read' || part.sectors === whole.request.sectors) {
      whole.found = data;
      return;
    }
    whole.found ??= new Uint8Array(whole.request.sectors * SECTOR_BYTES);
    whole.found.set(data, (part.sector - whole.request.sector) * SECTOR_BYTES);
  }

  #watch(): void {
    if (this.#timeout !== null) return;
    const oldest = this.#started.values().next().value;
    if (oldest === undefined) return;
    const { clock } = this.#parts;
    this.#timeout = clock.after(oldest.startedAt + NULL_BLK.timeoutNs - clock.now(), () => {
      this.#timeout = null;
      const until = clock.now() - NULL_BLK.timeoutNs;
      for (const part of [...this.#started]) {
        if (part.startedAt > until) break;
        this.#end(part, { status: 'TIMEOUT' });
      }
      this.#watch();
    });
  }
}

const answerOf = ({ request, status, sector, found }: Whole): BlockAnswer => {
  const data =
    status === 'OK' && request.op === 'read' ? (found ?? new Uint8Array(request.sectors * SECTOR_BYTES)) : found;
  return { status, ...(data === undefined ? {} : { data }), ...(sector === undefined ? {} : { sector }) };
};
