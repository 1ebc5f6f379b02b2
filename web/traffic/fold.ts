/** Records made into the items of the table: one each, bursts of consecutive addresses folded into one, gaps where some are missing. */
import type { TraceNames, TraceRecord } from '#bus/trace.ts';
import type { Sheet } from '../filter/sheets.ts';
import { Burst } from './burst.ts';
import { Cursor, type Records } from './records.ts';
import { isSpanOp } from './span-words.ts';

/** Records that are not here: `lost` never came, `aged` were overwritten before they could be shown. */
export interface Gap {
  readonly kind: 'gap';
  readonly why: 'lost' | 'aged';
  readonly count: number;
  readonly position: number;
}

/** A number is the position of one record. */
export type Item = number | Burst | Gap;

/** So many consecutive accesses make a burst; a driver's own register sequences stay readable below that. */
export const MIN_BURST = 16;

export interface FoldOptions {
  readonly test: (record: TraceRecord, names: TraceNames) => boolean;
  readonly sheetOf: (device: string) => Sheet | undefined;
}

/** Fed with positions in order, once each; cheap enough for 100,000 records a second. */
export class Fold {
  readonly #options: FoldOptions;
  /** By device. */
  readonly #runs: (Run | undefined)[] = [];
  #items: Item[] = [];
  #head = 0;
  #trimmed = 0;
  #next: number;
  #matched = 0;
  #seen = 0;
  #cursor: Cursor | undefined;
  #cursorOf: DataView | undefined;

  constructor(options: FoldOptions, from = 0) {
    this.#options = options;
    this.#next = from;
  }

  /** Items now shown. */
  get length(): number {
    return this.#items.length - this.#head;
  }
  /** Serial number of the first item: item `i` has serial `firstSerial + i`, for as long as it lives. */
  get firstSerial(): number {
    return this.#trimmed;
  }
  /** Records that passed the filter, and all that were looked at. */
  get matched(): number {
    return this.#matched;
  }
  get seen(): number {
    return this.#seen;
  }
  /** The first position not yet fed. */
  get next(): number {
    return this.#next;
  }

  item(index: number): Item | undefined {
    return this.#items[this.#head + index];
  }

  /** Takes every record up to `to`, exclusive, and lets go of what the records no longer hold. */
  feed(records: Records, to = records.end): void {
    const { begin, names, gaps } = records;
    if (this.#next < begin) {
      if (this.#next > 0 && this.length > 0) this.#pushGap('aged', begin - this.#next, begin);
      this.#next = begin;
    }
    for (const [device, run] of this.#runs.entries()) run?.learn(this.#options.sheetOf(names.devices[device] ?? ''));
    const cursor = this.#cursorFor(records.view);
    let gap = gaps.findIndex(({ position }) => position >= this.#next);
    while (this.#next < to) {
      const position = this.#next++;
      while (gap >= 0 && gap < gaps.length && gaps[gap]!.position === position) {
        this.#pushGap('lost', gaps[gap]!.missing, position);
        gap++;
      }
      this.#seen++;
      cursor.moveTo(records.offsetOf(position));
      if (!this.#options.test(cursor, names)) continue;
      this.#matched++;
      this.#take(cursor, position, records);
    }
    this.#trim(begin);
  }

  /** The index of the item that holds a position, or of the first after it. */
  indexOf(position: number): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (lastOf(this.item(middle)!) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #take(cursor: Cursor, position: number, records: Records): void {
    const { device, opIndex, at } = cursor;
    if (opIndex > 1 && !isSpanOp(opIndex)) {
      this.#items.push(position);
      return;
    }
    const run = this.#runs[device];
    if (run === undefined || !run.continues(opIndex, cursor.requester, at, cursor.value)) {
      // most runs are short: their place is used again, but for one that a burst has taken
      if (run !== undefined && run.burst === null) run.begin(opIndex, cursor.requester, at, position, cursor.value);
      else {
        const sheet = run === undefined ? this.#options.sheetOf(records.names.devices[device] ?? '') : run.sheet;
        this.#runs[device] = new Run(opIndex, cursor.requester, at, position, sheet, cursor.value);
      }
      this.#items.push(position);
      return;
    }
    run.expect(at);
    if (run.burst !== null) {
      run.burst.add(cursor, position);
      return;
    }
    run.singles.push(position);
    this.#items.push(position);
    if (run.singles.length === MIN_BURST) this.#fold(run, records);
  }

  /** The singles of a run leave the end of the list and one burst takes the place of the first. */
  #fold(run: Run, records: Records): void {
    const burst = new Burst(run.sheet);
    const cursor = this.#cursorFor(records.view);
    for (const single of run.singles) burst.add(cursor.moveTo(records.offsetOf(single)), single);
    const singles = new Set(run.singles);
    let from = this.#items.length;
    for (let left = singles.size; left > 0 && from > this.#head; )
      if (singles.has(this.#items[--from] as number)) left--;
    const rest = this.#items.slice(from).filter((item) => !singles.has(item as number));
    this.#items.length = from;
    this.#items.push(burst, ...rest);
    for (let i = from; i < this.#items.length; i++) {
      const item = this.#items[i];
      if (item instanceof Burst) item.serial = this.#trimmed + i - this.#head;
    }
    run.burst = burst;
    run.singles.length = 0;
  }

  #pushGap(why: Gap['why'], count: number, position: number): void {
    this.#runs.length = 0;
    this.#items.push({ kind: 'gap', why, count, position });
  }

  #trim(begin: number): void {
    while (this.#head < this.#items.length && lastOf(this.#items[this.#head]!) < begin) {
      this.#head++;
      this.#trimmed++;
    }
    if (this.#head > 65_536 && this.#head > this.#items.length / 2) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }

  #cursorFor(view: DataView): Cursor {
    if (this.#cursor === undefined || this.#cursorOf !== view) {
      this.#cursor = new Cursor(view);
      this.#cursorOf = view;
    }
    return this.#cursor;
  }
}

/** The first and last position an item stands for. */
export const firstOf = (item: Item): number => (typeof item === 'number' ? item : item.position);
export const lastOf = (item: Item): number =>
  typeof item === 'number' ? item : item instanceof Burst ? item.last : item.position;

/** Accesses of one requester to consecutive addresses of one device, as long as they go on. */
class Run {
  #op: number;
  #requester: number;
  #at: number;
  #sheet: Sheet | undefined;
  #carriedOn: ReadonlyMap<number, number>;
  readonly singles: number[];
  /** Of a span: its length. */
  #bytes: number;
  burst: Burst | null = null;

  constructor(op: number, requester: number, at: number, position: number, sheet: Sheet | undefined, bytes: number) {
    this.#op = op;
    this.#requester = requester;
    this.#at = at;
    this.singles = [position];
    this.#sheet = sheet;
    this.#carriedOn = carriedOn(sheet);
    this.#bytes = bytes;
  }

  get sheet(): Sheet | undefined {
    return this.#sheet;
  }

  /** What a device is may be known later than its first access. */
  learn(sheet: Sheet | undefined): void {
    if (sheet === this.#sheet) return;
    this.#sheet = sheet;
    this.#carriedOn = carriedOn(sheet);
  }

  /** Another run, at the same device. */
  begin(op: number, requester: number, at: number, position: number, bytes: number): void {
    this.#op = op;
    this.#requester = requester;
    this.#at = at;
    this.singles.length = 1;
    this.singles[0] = position;
    this.#bytes = bytes;
  }

  continues(op: number, requester: number, at: number, bytes: number): boolean {
    // sectors are no addresses: each request stands for itself
    if (op !== this.#op || requester !== this.#requester || this.#sheet?.block === true) return false;
    if (isSpanOp(op)) return bytes === this.#bytes && at >= this.#at + bytes && at <= this.#at + MOST_PITCH_BYTES;
    return at === this.#at + 1 || (this.#carriedOn.size > 0 && at === this.#carriedOn.get(this.#at));
  }

  expect(at: number): void {
    this.#at = at;
  }
}

/** Rows of a picture are never further apart: 8192 pixels of 8 bytes. */
const MOST_PITCH_BYTES = 65_536;

/** Where a memory goes on after the last address of one window: the first of the next window with the same name. */
const carriedOn = (sheet: Sheet | undefined): ReadonlyMap<number, number> => {
  if (sheet === undefined) return NOWHERE;
  const known = carried.get(sheet);
  if (known !== undefined) return known;
  const found = new Map<number, number>();
  for (const { name, at, length, offset } of sheet.spans) {
    const next = sheet.spans.find((other) => other.name === name && other.offset === offset + length);
    if (next !== undefined) found.set(at + length - 1, next.at);
  }
  carried.set(sheet, found);
  return found;
};
const carried = new WeakMap<Sheet, ReadonlyMap<number, number>>();
const NOWHERE: ReadonlyMap<number, number> = new Map();
