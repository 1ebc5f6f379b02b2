/** What the lanes show of a stretch of time: accesses by the bin, interrupts, link, faults and scenario steps. */

import type { TraceNames } from '#bus/trace.ts';
import { LEFT_OUT } from '#bus/trace-words.ts';
import { fieldMask } from '#regmap/declare.ts';
import type { Sheet } from '../filter/sheets.ts';
import { Cursor, type Records } from './records.ts';

/** Lab nanoseconds. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}
export interface Tick {
  readonly time: number;
  readonly text: string;
}
/** `to` null: it goes on. */
export interface Box {
  readonly from: number;
  readonly to: number | null;
  readonly text: string;
}
export interface LinkBox extends Box {
  readonly device: string;
  readonly up: boolean;
}
export interface Lanes extends Stretch {
  readonly reads: Uint32Array;
  readonly writes: Uint32Array;
  readonly peak: number;
  readonly interrupts: readonly Tick[];
  /** As the bus read it: what drivers could know. */
  readonly link: readonly LinkBox[];
  readonly faults: readonly Box[];
  readonly notes: readonly Box[];
}

const MOST_TICKS = 400;

/** From the oldest record to the newest, at most `mostNs` of it. */
export const wholeStretch = (records: Records, mostNs: number): Stretch => {
  if (records.end <= records.begin) return { from: 0, to: 1e9 };
  const cursor = new Cursor(records.view);
  const newest = cursor.moveTo(records.offsetOf(records.end - 1)).time;
  const oldest = cursor.moveTo(records.offsetOf(records.begin)).time;
  const from = Math.max(oldest, newest - mostNs);
  return { from, to: Math.max(newest, from + 1e6) };
};

export const lanesOf = (
  records: Records,
  { from, to }: Stretch,
  bins: number,
  sheetOf: (device: string) => Sheet | undefined,
  steps: readonly Box[] = [],
): Lanes => {
  const [reads, writes] = [new Uint32Array(bins), new Uint32Array(bins)];
  const interrupts: Tick[] = [];
  const faults = new Boxes();
  const notes = new Boxes();
  const link = new Links();
  const cursor = new Cursor(records.view);
  const { names, begin, end } = records;
  const linkAt = linkRegisters(names, sheetOf);
  const perBin = bins / (to - from);
  const binOf = (time: number): number => Math.min(bins - 1, Math.floor((time - from) * perBin));
  for (let position = begin; position < end; position++) {
    const { time, opIndex, device } = cursor.moveTo(records.offsetOf(position));
    if (time > to) break;
    const inside = time >= from;
    if (opIndex <= 1) {
      if (inside) {
        const bin = binOf(time);
        if (opIndex === 0) reads[bin]!++;
        else writes[bin]!++;
      }
      const register = linkAt[device];
      if (register !== undefined && opIndex === 0 && cursor.at === register.at)
        link.read(names.devices[device] ?? '', (cursor.value & register.mask) !== 0, time, inside ? binOf(time) : -1);
      continue;
    }
    const text = names.texts[cursor.aux] ?? '';
    // a line that rises is an interrupt, one that falls is not
    if (cursor.op === 'irq' && cursor.outcome !== 'off') {
      if (inside && interrupts.length < MOST_TICKS) interrupts.push({ time, text });
    } else if (cursor.op === 'fault' && cursor.outcome === 'ok') {
      if (inside) faults.tick(time, text); // a bus fault that fired
    } else if (cursor.op === 'fault')
      faults.switch(`${device} ${text.split(' ')[0]}`, text, time, cursor.outcome !== 'off');
    else if (cursor.op === 'note' && text !== LEFT_OUT) notes.next(time, text); // a flood says four times a second what it left out
  }
  let peak = 0;
  for (let bin = 0; bin < bins; bin++) peak = Math.max(peak, reads[bin]! + writes[bin]!);
  const inSight = ({ from: begun, to: ended }: Box): boolean => begun <= to && (ended ?? to) >= from;
  return {
    from,
    to,
    reads,
    writes,
    peak,
    interrupts,
    link: link.all().filter(inSight),
    faults: faults.all.filter(inSight),
    notes: [...steps, ...notes.all].filter(inSight),
  };
};

/** The position of the record nearest to a time. */
export const nearestPosition = (records: Records, time: number): number => {
  const cursor = new Cursor(records.view);
  const timeAt = (position: number): number => cursor.moveTo(records.offsetOf(position)).time;
  let [low, high] = [records.begin, Math.max(records.begin, records.end - 1)];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timeAt(middle) < time) low = middle + 1;
    else high = middle;
  }
  return low > records.begin && Math.abs(timeAt(low - 1) - time) < Math.abs(timeAt(low) - time) ? low - 1 : low;
};

/** A round step for the axis, so that at most `most` labels stand on it. */
export const axisStep = ({ from, to }: Stretch, most: number): number => {
  const least = (to - from) / most;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= least) ?? 10 * power;
};

const linkRegisters = (names: TraceNames, sheetOf: (device: string) => Sheet | undefined) =>
  names.devices.map((device) => {
    const register = sheetOf(device)?.registers.PMA_STAT1;
    const field = register?.fields.LSTATUS;
    return register === undefined || field === undefined ? undefined : { at: register.at, mask: fieldMask(field) };
  });

/** Links by device. Of one that flaps faster than a bin is wide only the last box of each state is kept there: more is not seen. */
class Links {
  readonly #byDevice = new Map<string, { from: number; to: number | null; up: boolean; bin: number }[]>();

  read(device: string, up: boolean, time: number, bin: number): void {
    let boxes = this.#byDevice.get(device);
    if (boxes === undefined) {
      boxes = [];
      this.#byDevice.set(device, boxes);
    }
    const last = boxes.at(-1);
    if (last?.up === up) return;
    const before = boxes.at(-2);
    if (last !== undefined && before?.bin === bin && last.bin === bin) {
      // the state before the last comes again within the bin: the two become one box each
      boxes.pop();
      before.to = null;
      return;
    }
    if (last !== undefined) last.to = time;
    boxes.push({ from: time, to: null, up, bin });
  }

  /** In the order they began. */
  all(): readonly LinkBox[] {
    return [...this.#byDevice]
      .flatMap(([device, boxes]) =>
        boxes.map(({ from, to, up }): LinkBox => ({ from, to, device, up, text: `${device} ${up ? 'up' : 'down'}` })),
      )
      .sort((a, b) => a.from - b.from);
  }
}

/** Boxes that are opened and closed by what the records say. */
class Boxes {
  readonly #boxes: { from: number; to: number | null; text: string; key: string }[] = [];
  #ticks = 0;

  get all(): readonly Box[] {
    return this.#boxes;
  }

  switch(key: string, text: string, time: number, on: boolean): void {
    const open = this.#boxes.findLast((box) => box.key === key && box.to === null);
    if (open !== undefined) open.to = time;
    if (on) this.#boxes.push({ from: time, to: null, text, key });
    // it was on before the oldest record
    else if (open === undefined) this.#boxes.push({ from: Number.NEGATIVE_INFINITY, to: time, text, key });
  }

  /** At one moment. */
  tick(time: number, text: string): void {
    if (this.#ticks++ < MOST_TICKS) this.#boxes.push({ from: time, to: time, text, key: '' });
  }

  next(time: number, text: string): void {
    const last = this.#boxes.at(-1);
    if (last !== undefined) last.to = time;
    this.#boxes.push({ from: time, to: null, text, key: '' });
  }
}
