/** One folded burst: consecutive accesses by one requester, in one or more windows of addresses. */
import type { TraceOp } from '#bus/trace.ts';
import { placeOf, type Sheet } from '../filter/sheets.ts';
import { ImageSum, type SumVerdict } from './image-sum.ts';
import type { Cursor } from './records.ts';
import { isSpanRecord } from './span-words.ts';

/** Consecutive addresses without a jump, and where their records are. */
export interface Window {
  readonly at: number;
  readonly firstSeq: number;
  readonly time: number;
  count: number;
  until: number;
  /** Accesses that ended otherwise than `ok`. */
  unusual: number;
  /** Stretches of consecutive positions: where each begins, and how many accesses of the window came before it. */
  readonly starts: number[];
  readonly before: number[];
}

export class Burst {
  readonly kind = 'burst';
  readonly windows: Window[] = [];
  readonly #sheet: Sheet | undefined;
  #sum: ImageSum | null = null;
  #last = -1;
  #bytes = 0;
  #lastByte = 0;
  /** Where it stands among the items of its fold. */
  serial = 0;
  op: TraceOp = 'write';
  device = 0;
  requester = 0;
  count = 0;
  position = 0;

  constructor(sheet: Sheet | undefined) {
    this.#sheet = sheet;
  }

  get last(): number {
    return this.#last;
  }
  get firstSeq(): number {
    return this.windows[0]?.firstSeq ?? 0;
  }
  get time(): number {
    return this.windows[0]?.time ?? 0;
  }
  /** When its newest access was made. */
  get until(): number {
    return this.windows.at(-1)?.until ?? 0;
  }
  get unusual(): number {
    return this.windows.reduce((sum, { unusual }) => sum + unusual, 0);
  }
  /** Null when it is no program image, or not all of it was seen. */
  get sum(): SumVerdict | null {
    return this.#sum?.verdict ?? null;
  }
  /** True when this is a program going into the memory a program lives in. */
  get isUpload(): boolean {
    return this.#sum !== null;
  }
  /** True when each record is a move of memory, of which this one walks through a picture. */
  get isSpans(): boolean {
    return this.op === 'span_write' || this.op === 'span_read';
  }
  /** Of spans: all that was moved, and the highest offset of it. */
  get bytes(): number {
    return this.#bytes;
  }
  get lastByte(): number {
    return this.#lastByte;
  }
  get sheet(): Sheet | undefined {
    return this.#sheet;
  }

  add(record: Cursor, position: number): void {
    const { at, time, seq } = record;
    let window = this.windows.at(-1);
    if (window === undefined) this.#begin(record, position);
    const spans = isSpanRecord(record); // one window, whatever lies between them
    if (window === undefined || (!spans && at !== window.at + window.count)) {
      window = { at, firstSeq: seq, time, count: 0, until: time, unusual: 0, starts: [], before: [] };
      this.windows.push(window);
      window.starts.push(position);
      window.before.push(0);
    } else if (position !== this.#last + 1) {
      window.starts.push(position);
      window.before.push(window.count);
    }
    window.count++;
    window.until = time;
    if (record.outcomeIndex !== 0) window.unusual++;
    this.count++;
    this.#last = position;
    if (spans) {
      this.#bytes += record.value;
      this.#lastByte = Math.max(this.#lastByte, at + record.value - 1);
    }
    if (this.#sum !== null) this.#addToSum(at, record.value);
  }

  #begin(record: Cursor, position: number): void {
    this.op = record.op;
    this.device = record.device;
    this.requester = record.requester;
    this.position = position;
    const image = this.#sheet?.image;
    const { span } = placeOf(this.#sheet, record.at);
    if (image !== undefined && span?.name === image.span && record.op === 'write') this.#sum = new ImageSum(image);
  }

  #addToSum(at: number, value: number): void {
    const { span } = placeOf(this.#sheet, at);
    if (span !== null) this.#sum?.add(span.offset + at - span.at, value & 0xff);
  }
}

/** The position of the nth access of a window. */
export const positionIn = (window: Window, nth: number): number => {
  let [low, high] = [0, window.starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (window.before[middle]! <= nth) low = middle;
    else high = middle - 1;
  }
  return window.starts[low]! + nth - window.before[low]!;
};
