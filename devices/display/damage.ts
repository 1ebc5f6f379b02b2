/** Which parts of a picture changed, and since which version: lines to compose, tiles to send. */
import type { Rect } from './layer.ts';

export const TILE_PIXELS = 64;

export interface DamageSince {
  readonly version: number;
  /** Whole tiles, joined where they touch from left to right; cut at the edges of the picture. */
  readonly rects: readonly Rect[];
}

/** What is done for some columns of a line, one step after the other. */
export interface Composing {
  readonly compose: (line: number, from: number, to: number) => void;
  /** What was composed is another picture than the one on show: whoever draws on two buffers in turn changes little of it. */
  readonly differ: (line: number, from: number, to: number) => boolean;
  /** It is on show from now on. */
  readonly take: (line: number, from: number, to: number) => void;
}

export class Damage {
  readonly #width: number;
  readonly #height: number;
  readonly #columns: number;
  /** Version of the last change, by tile. */
  readonly #tiles: Float64Array;
  /** Changed part of each line: from, to; nothing when to <= from. */
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  #dirty = true;
  #version: number;

  /** All of it is changed; versions go on from `version`. */
  constructor(width: number, height: number, version: number) {
    this.#width = width;
    this.#height = height;
    this.#columns = Math.ceil(width / TILE_PIXELS);
    this.#tiles = new Float64Array(this.#columns * Math.ceil(height / TILE_PIXELS));
    this.#from = new Int32Array(height);
    this.#to = new Int32Array(height).fill(width);
    this.#version = version;
  }

  get version(): number {
    return this.#version;
  }

  all(): void {
    this.add({ x: 0, y: 0, width: this.#width, height: this.#height });
  }

  add({ x, y, width, height }: Rect): void {
    const [left, right] = [Math.max(0, x), Math.min(this.#width, x + width)];
    const bottom = Math.min(this.#height, y + height);
    if (left >= right) return;
    for (let line = Math.max(0, y); line < bottom; line++) {
      const clean = this.#to[line]! <= this.#from[line]!;
      this.#from[line] = clean ? left : Math.min(left, this.#from[line]!);
      this.#to[line] = clean ? right : Math.max(right, this.#to[line]!);
      this.#dirty = true;
    }
  }

  /** Has the columns of each line composed that may have changed; all of them are one new version. */
  settle({ compose, differ, take }: Composing): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    this.#version++;
    for (let line = 0; line < this.#height; line++) {
      const [from, to] = [this.#from[line]!, this.#to[line]!];
      if (to <= from) continue;
      compose(line, from, to);
      const row = Math.floor(line / TILE_PIXELS) * this.#columns;
      const last = Math.floor((to - 1) / TILE_PIXELS);
      let another = false;
      for (let tile = Math.floor(from / TILE_PIXELS); tile <= last; tile++) {
        const left = tile * TILE_PIXELS;
        const known = this.#tiles[row + tile] === this.#version;
        if (!known && !differ(line, Math.max(from, left), Math.min(to, left + TILE_PIXELS))) continue;
        this.#tiles[row + tile] = this.#version;
        another = true;
      }
      if (another) take(line, from, to);
      this.#from[line] = 0;
      this.#to[line] = 0;
    }
  }

  since(version: number): DamageSince {
    const rects: Rect[] = [];
    for (let row = 0; row * TILE_PIXELS < this.#height; row++)
      for (let column = 0; column < this.#columns; column++) {
        const start = column;
        while (column < this.#columns && this.#tiles[row * this.#columns + column]! > version) column++;
        if (column > start) rects.push(this.#rect(start, column, row));
      }
    return { version: this.#version, rects };
  }

  #rect(first: number, end: number, row: number): Rect {
    const [x, y] = [first * TILE_PIXELS, row * TILE_PIXELS];
    const right = Math.min(this.#width, end * TILE_PIXELS);
    return { x, y, width: right - x, height: Math.min(this.#height, y + TILE_PIXELS) - y };
  }
}
