/**
 * Where the picture of a display really is another, tile by tile: whoever draws on two buffers in turn replaces all of the picture with
 * each flip and changes little of it.
 */
import type { FrameRect } from '#bus/frame-wire.ts';
import { TILE_PIXELS } from '#devices/display/damage.ts';
import type { Display } from '#devices/display/display.ts';

export interface Changes {
  readonly version: number;
  /** Whole tiles, joined where they touch from left to right; cut at the edges of the picture. */
  readonly rects: readonly FrameRect[];
}

export class ChangedTiles {
  readonly #display: Display;
  #seen = -1;
  #width = 0;
  #height = 0;
  /** The picture as it was at the last look. */
  #pixels = new Uint32Array(0);
  /** Version of the last change, by tile. */
  #tiles = new Float64Array(0);
  #columns = 0;
  #version = 0;

  constructor(display: Display) {
    this.#display = display;
  }

  /** What is another since that version, of a picture of this size; all of it since -1. */
  since(version: number): Changes {
    this.#look();
    const rects: FrameRect[] = [];
    for (let first = 0; first < this.#tiles.length; first += this.#columns)
      for (let column = 0; column < this.#columns; column++) {
        const start = column;
        while (column < this.#columns && this.#tiles[first + column]! > version) column++;
        if (column > start) rects.push(this.#rect(start, column, first / this.#columns));
      }
    return { version: this.#version, rects };
  }

  #look(): void {
    const { width, height, rgba, version } = this.#display.frame();
    if (version === this.#seen) return;
    const { rects } = this.#display.damageSince(this.#seen);
    const pixels = new Uint32Array(rgba.buffer, rgba.byteOffset, width * height);
    const next = this.#version + 1;
    this.#seen = version;
    if (width !== this.#width || height !== this.#height) {
      this.#width = width;
      this.#height = height;
      this.#columns = Math.ceil(width / TILE_PIXELS);
      this.#tiles = new Float64Array(this.#columns * Math.ceil(height / TILE_PIXELS)).fill(next);
      this.#pixels = pixels.slice();
      this.#version = next;
      return;
    }
    for (const { x, y, width: across, height: down } of rects) {
      if (across === width && this.#same(pixels, y * width, (y + down) * width)) continue;
      for (let top = y; top < y + down; top += TILE_PIXELS)
        for (let left = x; left < x + across; left += TILE_PIXELS) {
          const right = Math.min(x + across, left + TILE_PIXELS);
          if (!this.#take(pixels, left, top, right, Math.min(y + down, top + TILE_PIXELS))) continue;
          this.#tiles[Math.floor(top / TILE_PIXELS) * this.#columns + Math.floor(left / TILE_PIXELS)] = next;
          this.#version = next;
        }
    }
  }

  /** In one go, where it is one piece. */
  #same(pixels: Uint32Array, from: number, to: number): boolean {
    return Buffer.compare(bytesOf(pixels.subarray(from, to)), bytesOf(this.#pixels.subarray(from, to))) === 0;
  }

  /** Takes over a tile; false when it is what it was. */
  #take(pixels: Uint32Array, left: number, top: number, right: number, bottom: number): boolean {
    const kept = this.#pixels;
    const width = this.#width;
    for (let y = top; y < bottom; y++)
      for (let at = y * width + left, end = y * width + right; at < end; at++)
        if (pixels[at] !== kept[at]) {
          for (let row = y; row < bottom; row++)
            kept.set(pixels.subarray(row * width + left, row * width + right), row * width + left);
          return true;
        }
    return false;
  }

  #rect(first: number, end: number, row: number): FrameRect {
    const [x, y] = [first * TILE_PIXELS, row * TILE_PIXELS];
    const right = Math.min(this.#width, end * TILE_PIXELS);
    return { x, y, width: right - x, height: Math.min(this.#height, y + TILE_PIXELS) - y };
  }
}

const bytesOf = (words: Uint32Array): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
