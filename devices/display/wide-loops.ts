/** Loops over rows of 16 bits a channel, as one WebAssembly module: each does what a loop of the compositor does, several pixels at a time. */
import { wasmModule } from './wasm.ts';
import { compare, narrow, over, overBytes, weigh, weighBytes, widening } from './wide-blends.ts';
import { across, down, yuv } from './wide-samples.ts';

/** The module's functions. Rows are named by where they begin, counts are pixels; a row may be written past its end, to the next four pixels. */
export interface WideLoops {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Blue, green, red, alpha: a byte each. Without alpha the fourth is 255. */
  widen(from: number, to: number, count: number): void;
  widenSolid(from: number, to: number, count: number): void;
  /** Premultiplied, over opaque. */
  over(above: number, ground: number, count: number): void;
  /** Ground + scale * (u * above - v * ground): u and v are the pixel's alpha, or FFFFh where their mask is -1. */
  weigh(above: number, ground: number, count: number, u: number, v: number, scale: number): void;
  /** The same of pixels with a byte a channel, as memory has them, over a ground of 16 bits. */
  overBytes(above: number, ground: number, count: number): void;
  /** u and v are the pixel's alpha as a byte, or 255 where their mask is 255; `solid` is laid over the pixels first. */
  weighBytes(above: number, ground: number, count: number, u: number, v: number, scale: number, solid: number): void;
  /** Upper bytes: red, green, blue, 255. */
  narrow(from: number, to: number, count: number): void;
  /** Leaves 16 bytes at `found` for each 64 pixels of 32 bits: not all 0 where the two rows differ. */
  compare(row: number, other: number, found: number, tiles: number): void;
  /** Two pixels of luma for a pair of chroma; `blue` and `red` say which of the pair. Tables: see `YuvTables`. */
  yuv(luma: number, pairs: number, to: number, count: number, blue: number, red: number, tables: number): void;
  /** Columns of a row between two of the source: places and shares as `ScaledRows` has them. */
  across(source: number, places: number, shares: number, to: number, count: number): void;
  /** Rows between two of those. */
  down(upper: number, lower: number, to: number, count: number, above: number, below: number): void;
}

/** Pages of memory: rows of 8192 pixels for three layers that are scaled. */
export const WIDE_PAGES = 96;

export const WIDE_MODULE = wasmModule(
  [
    widening('widen', false),
    widening('widenSolid', true),
    over(),
    weigh(),
    overBytes(),
    weighBytes(),
    narrow(),
    compare(),
    yuv(),
    across(),
    down(),
  ],
  WIDE_PAGES,
);
