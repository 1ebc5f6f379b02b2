/** Which layers a line meets: looked up once for all lines between two edges. */
import type { Rect } from './layer.ts';

export class Bands<T extends { readonly area: Rect }> {
  readonly #all: readonly T[];
  readonly #starvedFrom: number;
  #top = 0;
  #bottom = 0;
  #here: readonly T[] = [];

  /** From line `starvedFrom` on there is none. */
  constructor(all: readonly T[], starvedFrom: number) {
    this.#all = all.filter(({ area }) => area.width > 0 && area.height > 0);
    this.#starvedFrom = starvedFrom;
  }

  /** In their order; the same array as long as the lines meet the same ones. */
  at(y: number): readonly T[] {
    if (y >= this.#top && y < this.#bottom) return this.#here;
    const edges = [this.#starvedFrom, ...this.#all.flatMap(({ area }) => [area.y, area.y + area.height])];
    this.#top = Math.max(Number.NEGATIVE_INFINITY, ...edges.filter((edge) => edge <= y));
    this.#bottom = Math.min(Number.POSITIVE_INFINITY, ...edges.filter((edge) => edge > y));
    this.#here = y >= this.#starvedFrom ? [] : this.#all.filter(({ area }) => y >= area.y && y < area.y + area.height);
    return this.#here;
  }
}
