/** The rows of the diff table: lanes under each other, equal stretches folded, what is opened laid out between. */
import { type LaneDiff, NO_RECORD, type RecordingDiff } from '#recording/diff.ts';
import { differencesIn, stretchesOf } from '#recording/diff-fold.ts';

/** Rows shown around each difference. */
export const CONTEXT = 3;

export type DiffRow =
  | { readonly kind: 'lane'; readonly lane: LaneDiff; readonly nth: number }
  | { readonly kind: 'fold'; readonly lane: LaneDiff; readonly fold: Fold; readonly open: boolean }
  | { readonly kind: 'pair'; readonly lane: LaneDiff; readonly place: Place };

/** A row of a lane. */
export interface Place {
  readonly nth: number;
  readonly row: number;
}

/** Equal rows of one lane. */
export interface Fold {
  readonly nth: number;
  readonly from: number;
  readonly to: number;
}

interface Block {
  readonly top: number;
  readonly nth: number;
  /** Rows of the lane; of a lane's head, none. */
  readonly from: number;
  readonly to: number;
  readonly is: 'lane' | 'fold' | 'rows';
  readonly open: boolean;
}

/** Opened folds, each as `nth from`. */
export type OpenFolds = ReadonlySet<string>;
export const foldKey = ({ nth, from }: Fold): string => `${nth} ${from}`;

export class DiffRows {
  /** Those with differences first. */
  readonly lanes: readonly LaneDiff[];
  readonly count: number;
  readonly #blocks: readonly Block[];
  readonly #starts: readonly Int32Array[];

  constructor({ lanes }: Pick<RecordingDiff, 'lanes'>, opened: OpenFolds) {
    this.lanes = [...lanes].sort((a, b) => Number(isSame(a)) - Number(isSame(b)));
    this.#starts = this.lanes.map(({ kinds }) => differencesIn(kinds));
    const blocks: Block[] = [];
    let top = 0;
    for (const [nth, { kinds }] of this.lanes.entries()) {
      blocks.push({ top: top++, nth, from: 0, to: 0, is: 'lane', open: true });
      for (const { from, to, folded } of stretchesOf(kinds, CONTEXT)) {
        const open = folded && opened.has(foldKey({ nth, from, to }));
        if (folded) blocks.push({ top: top++, nth, from, to, is: 'fold', open });
        if (folded && !open) continue;
        blocks.push({ top, nth, from, to, is: 'rows', open: true });
        top += to - from;
      }
    }
    this.#blocks = blocks;
    this.count = top;
  }

  at(index: number): DiffRow | undefined {
    if (index < 0 || index >= this.count) return undefined;
    const block = this.#last((of) => of.top <= index);
    const lane = block === undefined ? undefined : this.lanes[block.nth];
    if (block === undefined || lane === undefined) return undefined;
    const { nth, from, to, open } = block;
    switch (block.is) {
      case 'lane':
        return { kind: 'lane', lane, nth };
      case 'fold':
        return { kind: 'fold', lane, fold: { nth, from, to }, open };
      case 'rows':
        return { kind: 'pair', lane, place: { nth, row: from + index - block.top } };
    }
  }

  /** The row that shows a place, or the fold it is in. */
  indexOf({ nth, row }: Place): number {
    const block = this.#last((of) => of.nth < nth || (of.nth === nth && of.from <= row));
    if (block === undefined) return 0;
    return block.is === 'rows' ? block.top + Math.max(0, Math.min(block.to - 1, row) - block.from) : block.top;
  }

  /** Stretches that differ, in all lanes. */
  get differences(): number {
    return this.#starts.reduce((sum, { length }) => sum + length, 0);
  }

  /** Where the nth stretch that differs begins, counted from 0. */
  difference(which: number): Place | undefined {
    let left = which;
    for (const [nth, starts] of this.#starts.entries()) {
      const row = starts[left];
      if (left >= 0 && row !== undefined) return { nth, row };
      left -= starts.length;
    }
    return undefined;
  }

  /** How many stretches that differ begin before a place, or at it. */
  differencesUpTo({ nth, row }: Place): number {
    let count = 0;
    for (const [lane, starts] of this.#starts.entries()) {
      if (lane > nth) break;
      count += lane < nth ? starts.length : countUpTo(starts, row);
    }
    return count;
  }

  /** The place a row stands for; of a lane's head the lane's beginning. */
  placeAt(index: number): Place {
    const row = this.at(index);
    if (row === undefined) return { nth: index < 0 ? 0 : this.lanes.length, row: -1 };
    if (row.kind === 'pair') return row.place;
    return row.kind === 'fold' ? { nth: row.fold.nth, row: row.fold.from } : { nth: row.nth, row: -1 };
  }

  #last(is: (block: Block) => boolean): Block | undefined {
    let [low, high] = [0, this.#blocks.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (is(this.#blocks[middle]!)) low = middle + 1;
      else high = middle;
    }
    return this.#blocks[low - 1];
  }
}

export const isSame = ({ equal, kinds }: LaneDiff): boolean => equal === kinds.length;

/** The records of a row in their sections; null where one has none. */
export const recordsOf = (lane: LaneDiff, row: number): { readonly a: number | null; readonly b: number | null } => {
  const [a = NO_RECORD, b = NO_RECORD] = [lane.a[row], lane.b[row]];
  return { a: a === NO_RECORD ? null : a, b: b === NO_RECORD ? null : b };
};

const countUpTo = (starts: Int32Array, row: number): number => {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= row) low = middle + 1;
    else high = middle;
  }
  return low;
};
