import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_PX, RowScroll } from './row-scroll.ts';

/** A browser's scroller: it stands between its ends, and tells where. */
const scroller = (listPx: number, heightPx: number) => {
  const scroll = new RowScroll();
  scroll.resize(listPx, heightPx);
  let at = 0;
  const told = (to: number): void => {
    at = Math.max(0, Math.min(scroll.bodyPx - heightPx, to));
    const put = scroll.scrolled(at);
    if (put === null) return;
    expect(put).toBeGreaterThanOrEqual(0);
    at = Math.max(0, Math.min(scroll.bodyPx - heightPx, put));
    expect(scroll.scrolled(at)).toBeNull(); // it says where it was put, and stays there
  };
  return {
    scroll,
    wheel: (by: number) => told(at + by),
    drag: (share: number) => told(share * (scroll.bodyPx - heightPx)),
    reveal: (top: number) => told(scroll.toTop(top)),
    get at() {
      return at;
    },
  };
};

test('a list that is not too tall is scrolled as it is', () => {
  const { scroll, wheel } = scroller(22 * 1000, 400);
  wheel(1234);
  expect([scroll.top, scroll.shift, scroll.bodyPx]).toEqual([1234, 0, 22_000]);
});

test('in a list too tall for the browser the wheel passes every pixel, up to both ends', () => {
  const listPx = 22 * 3_000_000;
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.record({ wheel: fc.integer({ min: -3000, max: 3000 }) }),
          fc.record({ drag: fc.double({ min: 0, max: 1, noNaN: true }) }),
          fc.record({ reveal: fc.integer({ min: 0, max: listPx }) }),
        ),
        { maxLength: 60 },
      ),
      (acts) => {
        const heightPx = 480;
        const one = scroller(listPx, heightPx);
        const { scroll } = one;
        for (const act of acts) {
          const before = scroll.top;
          if ('wheel' in act) {
            one.wheel(act.wheel);
            const moved = scroll.top - before;
            const most = Math.max(0, Math.min(listPx - heightPx, before + act.wheel)) - before;
            expect(Math.abs(moved - most)).toBeLessThan(1);
          } else if ('drag' in act) {
            one.drag(act.drag);
            if (act.drag === 0) expect(scroll.top).toBeLessThan(100_001);
          } else one.reveal(act.reveal);
          expect(scroll.top).toBeGreaterThanOrEqual(0);
          expect(scroll.top).toBeLessThanOrEqual(listPx - heightPx);
          // what is in sight stands where the browser looks
          expect(Math.abs(scroll.top + scroll.shift - one.at)).toBeLessThan(1);
        }
      },
    ),
  );
});

test('dragging to the end shows the last row, to the middle about the middle', () => {
  const listPx = 22 * 2_000_000;
  const { scroll, drag } = scroller(listPx, 400);
  drag(1);
  expect(scroll.top).toBe(listPx - 400);
  drag(0.5);
  expect(scroll.top / listPx).toBeCloseTo(0.5, 2);
  drag(0);
  expect(scroll.top).toBe(0);
  expect(scroll.bodyPx).toBe(MOST_PX);
});
