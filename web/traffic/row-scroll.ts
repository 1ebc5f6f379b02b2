/** Where a list of any length stands in a scroller of bounded height: wheel and keys move it pixel by pixel, the thumb in proportion. */

/** Taller elements are not placed right any more: Firefox ends at 17.9 million pixels, Chromium at 33.5. */
export const MOST_PX = 16_000_000;
/** So far from either end the scroller and the list move together, so that both end at once. */
const EDGE_PX = 100_000;
/** Nobody turns a wheel so far between two events. */
const JUMP_PX = 20_000;

/** `list` pixels are those of the whole list, `scroller` pixels what the browser scrolls by. */
export class RowScroll {
  #listPx = 0;
  #heightPx = 0;
  #top = 0;
  #shift = 0;
  #seen = 0;

  /** The first list pixel in sight. */
  get top(): number {
    return this.#top;
  }
  /** From a list pixel to where it stands in the scroller. */
  get shift(): number {
    return this.#shift;
  }
  /** Height of the scrolled element. */
  get bodyPx(): number {
    return Math.min(this.#listPx, MOST_PX);
  }

  /** The list has this length, in sight are so many pixels. */
  resize(listPx: number, heightPx: number): void {
    this.#listPx = listPx;
    this.#heightPx = heightPx;
    if (listPx <= MOST_PX) this.#shift = 0;
  }

  /** The scroller stands there now; the answer is where it has to be put instead, or null. */
  scrolled(scrollTop: number): number | null {
    if (this.#listPx <= MOST_PX) {
      this.#top = this.#seen = scrollTop;
      return null;
    }
    const jumped = Math.abs(scrollTop - this.#seen) > JUMP_PX;
    this.#seen = scrollTop;
    const top = jumped ? this.#listOf(scrollTop) : scrollTop - this.#shift;
    this.#top = Math.max(0, Math.min(this.#mostTop, top));
    const atEdge = scrollTop < EDGE_PX / 2 || scrollTop > this.#mostScroll - EDGE_PX / 2;
    const right = this.#scrollerOf(this.#top);
    if (!jumped && !atEdge && this.#top === top) return null;
    this.#shift = right - this.#top;
    return this.#put(right, scrollTop);
  }

  /** Where the scroller has to stand to show this list pixel first. */
  toTop(listTop: number): number {
    this.#top = Math.max(0, Math.min(this.#mostTop, listTop));
    const right = this.#scrollerOf(this.#top);
    this.#shift = right - this.#top;
    this.#seen = right;
    return right;
  }

  #put(right: number, now: number): number | null {
    if (Math.abs(right - now) < 1) return null;
    this.#seen = right;
    return right;
  }

  get #mostTop(): number {
    return Math.max(0, this.#listPx - this.#heightPx);
  }
  get #mostScroll(): number {
    return Math.max(0, this.bodyPx - this.#heightPx);
  }
  /** List pixels that go into one of the scroller's between the edges. */
  get #ratio(): number {
    return (this.#mostTop - 2 * EDGE_PX) / (this.#mostScroll - 2 * EDGE_PX);
  }

  #scrollerOf(top: number): number {
    if (this.#listPx <= MOST_PX || top <= EDGE_PX) return top;
    const left = this.#mostTop - top;
    return left <= EDGE_PX ? this.#mostScroll - left : EDGE_PX + (top - EDGE_PX) / this.#ratio;
  }

  #listOf(scrollTop: number): number {
    if (scrollTop <= EDGE_PX) return scrollTop;
    const left = this.#mostScroll - scrollTop;
    return left <= EDGE_PX ? this.#mostTop - left : EDGE_PX + (scrollTop - EDGE_PX) * this.#ratio;
  }
}
