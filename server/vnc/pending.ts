/** Which tiles of the screen a client has not been sent since they changed. */
import { intersection, type ScreenRect } from './screen.ts';

const TILE = 64;

export class Pending {
  readonly #width: number;
  readonly #height: number;
  readonly #columns: number;
  readonly #tiles: Uint8Array;

  /** All of it. */
  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#columns = Math.ceil(width / TILE);
    this.#tiles = new Uint8Array(this.#columns * Math.ceil(height / TILE)).fill(1);
  }

  add(rect: ScreenRect): void {
    this.#each(rect, (tile) => {
      this.#tiles[tile] = 1;
    });
  }

  /** What is pending within `area`, in rectangles that do not overlap. A tile that lies inside is pending no more. */
  take(area: ScreenRect): readonly ScreenRect[] {
    const rects: ScreenRect[] = [];
    this.#each(area, (tile, whole) => {
      if (this.#tiles[tile] === 0) return;
      const part = intersection(whole, area);
      if (part.width === whole.width && part.height === whole.height) this.#tiles[tile] = 0;
      const last = rects.at(-1);
      if (last !== undefined && last.y === part.y && last.x + last.width === part.x)
        rects[rects.length - 1] = { ...last, width: last.width + part.width };
      else rects.push(part);
    });
    return rects;
  }

  #each(rect: ScreenRect, visit: (tile: number, whole: ScreenRect) => void): void {
    const { x, y, width, height } = intersection(rect, { x: 0, y: 0, width: this.#width, height: this.#height });
    if (width === 0 || height === 0) return;
    for (let row = Math.floor(y / TILE); row * TILE < y + height; row++)
      for (let column = Math.floor(x / TILE); column * TILE < x + width; column++) {
        const [left, top] = [column * TILE, row * TILE];
        visit(row * this.#columns + column, {
          x: left,
          y: top,
          width: Math.min(TILE, this.#width - left),
          height: Math.min(TILE, this.#height - top),
        });
      }
  }
}
