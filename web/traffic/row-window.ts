/** Which rows of one fixed height are in sight: arithmetic, because the list grows by thousands between two pictures. */
import { type RefObject, useCallback, useLayoutEffect, useState } from 'react';

export interface RowWindow {
  readonly rowPx: number;
  readonly first: number;
  /** Exclusive. */
  readonly last: number;
  readonly onScroll: () => void;
}

const AROUND = 4;
// browsers stop placing elements beyond some 33 million pixels; the ring keeps far fewer rows
const FALLBACK_ROW_PX = 22;

export const useRowWindow = (scroller: RefObject<HTMLElement | null>, count: number): RowWindow => {
  const [place, setPlace] = useState({ top: 0, height: 400, rowPx: FALLBACK_ROW_PX });
  const look = useCallback((): void => {
    const element = scroller.current;
    if (element === null) return;
    const rowPx = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row')) || FALLBACK_ROW_PX;
    const { scrollTop: top, clientHeight: height } = element;
    setPlace((old) => (old.top === top && old.height === height && old.rowPx === rowPx ? old : { top, height, rowPx }));
  }, [scroller]);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    look();
    const watch = new ResizeObserver(look);
    watch.observe(element);
    return () => watch.disconnect();
  }, [scroller, look]);
  const { rowPx } = place;
  const lastRow = Math.min(count, Math.ceil((place.top + place.height) / rowPx) + AROUND);
  // the list may have become shorter than where the scroller still stands
  const firstRow = Math.max(
    0,
    Math.min(Math.floor(place.top / rowPx) - AROUND, count - Math.ceil(place.height / rowPx) - AROUND),
  );
  return { rowPx, first: firstRow, last: lastRow, onScroll: look };
};
