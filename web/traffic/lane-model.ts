/** What the lanes show of a stretch of time: accesses by the bin, interrupts, link, faults and scenario steps. */

import type { TraceNames } from '#bus/trace.ts';
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
  const link: LinkBox[] = [];
  const cursor = new Cursor(records.view);
  const { names, begin, end } = records;
  const linkAt = linkRegisters(names, sheetOf);
  const perBin = bins / (to - from);
  for (let position = begin; position < end; position++) {
    const { time, opIndex, device } = cursor.moveTo(records.offsetOf(position));
    if (time > to) break;
    const inside = time >= from;
    if (opIndex <= 1) {
      if (inside) {
        const bin = Math.min(bins - 1, Math.floor((time - from) * perBin));
        if (opIndex === 0) reads[bin]!++;
        else writes[bin]!++;
      }
      const register = linkAt[device];
      if (register !== undefined && opIndex === 0 && cursor.at === register.at)
        readLink(link, time, names.devices[device] ?? '', (cursor.value & register.mask) !== 0);
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
    else if (cursor.op === 'note') notes.next(time, text);
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
    link: link.filter(inSight),
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

const readLink = (link: LinkBox[], time: number, device: string, up: boolean): void => {
  const last = link.findLastIndex((box) => box.device === device);
  const before = link[last];
  if (before?.up === up) return;
  if (before !== undefined) link[last] = { ...before, to: time };
  link.push({ from: time, to: null, device, up, text: `${device} ${up ? 'up' : 'down'}` });
};

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
