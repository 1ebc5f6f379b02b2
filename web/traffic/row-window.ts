/** Which rows of one fixed height are in sight: arithmetic, because the list grows by thousands between two pictures. */
import { type ReactElement, type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';
import { RowScroll } from './row-scroll.ts';

export interface RowWindow {
  readonly rowPx: number;
  readonly first: number;
  /** Exclusive. */
  readonly last: number;
  /**
   * For React: a row that comes takes the elements of one that goes, and one that stays keeps its own. Rows are to stand in the order of
   * their keys, so that no element moves in the page; where it is seen is said by `yOf`.
   */
  readonly keyOf: (index: number) => number;
  /** Height of the element the rows stand in. */
  readonly bodyPx: number;
  /** Where a row stands in it. */
  readonly yOf: (index: number) => number;
  readonly onScroll: () => void;
  /** Brings a row into sight: into the middle, or just so far as it takes. */
  readonly reveal: (index: number, how: 'middle' | 'nearest') => void;
}

const AROUND = 4;
const FALLBACK_ROW_PX = 22;
/** Beyond any end: the browser stops at the end. */
const END = 2 ** 30;

interface Place {
  readonly first: number;
  readonly heightPx: number;
  readonly rowPx: number;
  readonly shift: number;
}

export const inKeyOrder = (rows: readonly ReactElement[]): readonly ReactElement[] =>
  [...rows].sort((a, b) => Number(a.key) - Number(b.key));

/**
 * The scroller holds a head that stays, and the body. Renders again only when another row comes into sight: within a row the browser
 * scrolls by itself. `follows`: the end of the list stays in sight, and where that is needs no look at the screen.
 */
export const useRowWindow = (scroller: RefObject<HTMLElement | null>, count: number, follows = false): RowWindow => {
  const [place, setPlace] = useState<Place>({ first: 0, heightPx: 400, rowPx: FALLBACK_ROW_PX, shift: 0 });
  const scroll = useRef<RowScroll>(null);
  scroll.current ??= new RowScroll();
  const list = scroll.current;
  // what a scroll event finds: the newest, whenever it comes
  const now = useRef({ count, follows, rowPx: FALLBACK_ROW_PX, headPx: 0 });
  now.current.count = count;
  now.current.follows = follows;

  const take = useCallback(
    (heightPx: number): void => {
      const { rowPx } = now.current;
      const { shift } = list;
      const first = Math.floor(list.top / rowPx);
      setPlace((old) =>
        old.first === first && old.heightPx === heightPx && old.rowPx === rowPx && old.shift === shift
          ? old
          : { first, heightPx, rowPx, shift },
      );
    },
    [list],
  );
  const look = useCallback((): void => {
    const element = scroller.current;
    if (element === null) return;
    const heightPx = element.clientHeight - now.current.headPx;
    list.resize(now.current.count * now.current.rowPx, heightPx);
    const put = list.scrolled(element.scrollTop);
    if (put !== null) element.scrollTop = put;
    if (!now.current.follows) take(heightPx);
  }, [scroller, list, take]);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const measure = (): void => {
      now.current.rowPx = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row')) || FALLBACK_ROW_PX;
      now.current.headPx = element.firstElementChild?.clientHeight ?? 0;
      look();
      take(element.clientHeight - now.current.headPx);
    };
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, [scroller, look, take]);

  const { rowPx, heightPx } = place;
  list.resize(count * rowPx, heightPx);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a longer list ends elsewhere
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element !== null && follows) element.scrollTop = END;
  }, [scroller, follows, count, rowPx, heightPx]);
  const { bodyPx } = list;
  // from here on the place counts; and it is another when the list is another
  // biome-ignore lint/correctness/useExhaustiveDependencies: of another height a list stands elsewhere
  useLayoutEffect(() => {
    if (!follows) look();
  }, [follows, look, bodyPx]);

  const inSight = Math.ceil(heightPx / rowPx);
  const end = count - inSight;
  // the list may have become shorter than where the scroller still stands
  const first = Math.max(0, Math.min(follows ? end : place.first, end) - AROUND);
  const last = Math.min(count, (follows ? end : place.first) + inSight + 1 + AROUND);
  const slots = useRef(1);
  slots.current = Math.max(slots.current, last - first);
  const keyOf = (index: number): number => index % slots.current;
  const shift = follows ? bodyPx - count * rowPx : place.shift;
  const reveal = useCallback(
    (index: number, how: 'middle' | 'nearest'): void => {
      const element = scroller.current;
      if (element === null) return;
      const px = now.current.rowPx;
      const room = element.clientHeight - now.current.headPx;
      list.resize(now.current.count * px, room);
      const top = index * px;
      if (how === 'nearest' && top >= list.top && top + px <= list.top + room) return;
      const wanted = how === 'middle' ? top - room / 2 : top < list.top ? top : top + px - room;
      element.scrollTop = list.toTop(wanted);
      take(room);
    },
    [scroller, list, take],
  );
  return { rowPx, first, last, keyOf, bodyPx, yOf: (index) => index * rowPx + shift, onScroll: look, reveal };
};
