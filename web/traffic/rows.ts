/** The rows of the table: the items of a fold, with the opened bursts laid out between them. */
import { Burst, positionIn, type Window } from './burst.ts';
import { type Fold, firstOf, type Gap } from './fold.ts';

export type Row =
  | { readonly kind: 'record'; readonly position: number; readonly depth: 0 | 1 | 2 }
  | { readonly kind: 'burst'; readonly burst: Burst; readonly open: boolean }
  | { readonly kind: 'window'; readonly burst: Burst; readonly window: Window; readonly open: boolean }
  | { readonly kind: 'gap'; readonly gap: Gap };

/** What a person has opened. */
export type Opened = ReadonlySet<Burst | Window>;

export interface Rows {
  readonly count: number;
  at(index: number): Row | undefined;
  /** The row that shows a position, or the nearest after it. */
  indexOf(position: number): number;
}

/** Costs as much as there are opened bursts, whatever the number of rows. */
export const rowsOf = (fold: Fold, opened: Opened): Rows => {
  const open = [...opened]
    .filter((entry) => entry instanceof Burst)
    .map((burst) => ({ burst, index: burst.serial - fold.firstSerial, extra: extraRows(burst, opened) }))
    .filter(({ index, burst }) => index >= 0 && fold.item(index) === burst)
    .sort((a, b) => a.index - b.index);
  const extra = open.reduce((sum, entry) => sum + entry.extra, 0);
  return {
    count: fold.length + extra,
    at: (index) => {
      let item = index;
      for (const entry of open) {
        if (item <= entry.index) break;
        if (item <= entry.index + entry.extra) return inside(entry.burst, item - entry.index - 1, opened);
        item -= entry.extra;
      }
      return rowOf(fold, item, opened);
    },
    indexOf: (position) => {
      const item = fold.indexOf(position);
      const above = open.filter((entry) => entry.index < item).reduce((sum, entry) => sum + entry.extra, 0);
      const own = open.find((entry) => entry.index === item);
      return item + above + (own === undefined ? 0 : insideIndex(own.burst, position, opened));
    },
  };
};

/** Opens or closes one entry. */
export const toggled = (opened: Opened, entry: Burst | Window): Opened => {
  const next = new Set(opened);
  if (!next.delete(entry)) next.add(entry);
  return next;
};

const rowOf = (fold: Fold, index: number, opened: Opened): Row | undefined => {
  const item = fold.item(index);
  if (item === undefined) return undefined;
  if (typeof item === 'number') return { kind: 'record', position: item, depth: 0 };
  return item instanceof Burst ? { kind: 'burst', burst: item, open: opened.has(item) } : { kind: 'gap', gap: item };
};

/** A burst of one window opens straight to its accesses; of several, to its windows first. */
const extraRows = (burst: Burst, opened: Opened): number => {
  const [only, ...more] = burst.windows;
  if (only === undefined) return 0;
  if (more.length === 0) return only.count;
  return burst.windows.reduce((sum, window) => sum + 1 + (opened.has(window) ? window.count : 0), 0);
};

const inside = (burst: Burst, nth: number, opened: Opened): Row | undefined => {
  const [only, ...more] = burst.windows;
  if (only === undefined) return undefined;
  if (more.length === 0) return { kind: 'record', position: positionIn(only, nth), depth: 1 };
  let left = nth;
  for (const window of burst.windows) {
    const open = opened.has(window);
    if (left === 0) return { kind: 'window', burst, window, open };
    left--;
    if (open && left < window.count) return { kind: 'record', position: positionIn(window, left), depth: 2 };
    if (open) left -= window.count;
  }
  return undefined;
};

/** How far below the burst's own row a position stands; 0 where it is folded away. */
const insideIndex = (burst: Burst, position: number, opened: Opened): number => {
  let row = 1;
  const single = burst.windows.length === 1;
  for (const window of burst.windows) {
    const nth = nthOf(window, position);
    if (!single) {
      if (nth !== undefined && !opened.has(window)) return row;
      row++;
    }
    if (nth !== undefined) return row + nth;
    if (single || opened.has(window)) row += window.count;
  }
  return 0;
};

const nthOf = (window: Window, position: number): number | undefined => {
  const stretch = window.starts.findLastIndex((start) => start <= position);
  if (stretch < 0) return undefined;
  const nth = window.before[stretch]! + position - window.starts[stretch]!;
  return nth < (window.before[stretch + 1] ?? window.count) ? nth : undefined;
};

/** The first position a row stands for. */
export const positionOfRow = (row: Row): number => {
  switch (row.kind) {
    case 'record':
      return row.position;
    case 'burst':
      return row.burst.position;
    case 'window':
      return row.window.starts[0] ?? row.burst.position;
    case 'gap':
      return firstOf(row.gap);
  }
};

/** True when two rows show the same of the same records. */
export const showsSame = (a: Row, b: Row): boolean => {
  if (a === b) return true;
  switch (a.kind) {
    case 'record':
      return b.kind === 'record' && a.position === b.position && a.depth === b.depth;
    case 'burst':
      return b.kind === 'burst' && a.burst === b.burst && a.open === b.open;
    case 'window':
      return b.kind === 'window' && a.window === b.window && a.open === b.open;
    case 'gap':
      return b.kind === 'gap' && a.gap === b.gap;
  }
};
