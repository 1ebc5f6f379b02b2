/** A picture made smaller: each pixel the mean of a square of pixels. */
import type { FramePixels, FrameRect } from '#bus/frame-wire.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

export class Thumbnail implements FramePixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array<ArrayBuffer>;
  readonly #scale: number;

  /** Empty until parts of it are drawn. */
  constructor({ width, height }: Size, scale: number) {
    this.#scale = scale;
    this.width = Math.ceil(width / scale);
    this.height = Math.ceil(height / scale);
    this.rgba = new Uint8Array(this.width * this.height * 4);
  }

  /** Where a part of the picture is in here. */
  place({ x, y, width, height }: FrameRect): FrameRect {
    const scale = this.#scale;
    const [left, top] = [Math.floor(x / scale), Math.floor(y / scale)];
    return {
      x: left,
      y: top,
      width: Math.ceil((x + width) / scale) - left,
      height: Math.ceil((y + height) / scale) - top,
    };
  }

  /** Takes over a part, in pixels of this picture. */
  draw(from: FramePixels & Size, { x, y, width, height }: FrameRect): void {
    for (let row = y; row < y + height; row++) this.#line(from, row, x, x + width);
  }

  #line({ rgba: source, width, height }: FramePixels & Size, row: number, from: number, end: number): void {
    const scale = this.#scale;
    const top = row * scale;
    const below = Math.min(height, top + scale);
    for (let column = from; column < end; column++) {
      const left = column * scale;
      const right = Math.min(width, left + scale);
      const count = (below - top) * (right - left);
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let y = top; y < below; y++)
        for (let at = (y * width + left) * 4, until = (y * width + right) * 4; at < until; at += 4) {
          red += source[at]!;
          green += source[at + 1]!;
          blue += source[at + 2]!;
        }
      const to = (row * this.width + column) * 4;
      this.rgba[to] = red / count + 0.5;
      this.rgba[to + 1] = green / count + 0.5;
      this.rgba[to + 2] = blue / count + 0.5;
      this.rgba[to + 3] = 255;
    }
  }
}
