/** Scaled rows of a layer that is not turned: each row of the source is read and widened once a pass. */
import { CHANNELS, type RowReader } from './pixel-read.ts';
import type { RowSampler, Walk } from './sampler.ts';

export interface ScaledRowsOptions extends Walk {
  readonly rows: RowReader;
  /** Of the target. */
  readonly width: number;
}

/** A row at the width of the target, for the columns from…to of it. */
interface Kept {
  row: number;
  from: number;
  to: number;
  readonly values: Float64Array;
}

export class ScaledRows implements RowSampler {
  readonly #of: ScaledRowsOptions;
  /** For each column of the target: the source's column, the one to its right, and how near that is. */
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #part: Float64Array;
  readonly #source: Uint16Array;
  readonly #first: number;
  #older: Kept;
  #newer: Kept;

  constructor(options: ScaledRowsOptions) {
    const { column, place, width, smooth } = options;
    this.#of = options;
    const u = (x: number): number => place.u + x * place.uAcross - (smooth ? 0.5 : 0);
    this.#left = Int32Array.from({ length: width }, (_, x) => column(u(x)));
    this.#right = Int32Array.from({ length: width }, (_, x) => column(Math.floor(u(x)) + 1));
    this.#part = Float64Array.from({ length: width }, (_, x) => u(x) - Math.floor(u(x)));
    const most = Math.max(this.#left[0]!, this.#left[width - 1]!, this.#right[0]!, this.#right[width - 1]!);
    this.#first = Math.min(this.#left[0]!, this.#left[width - 1]!);
    this.#source = new Uint16Array((most - this.#first + 1) * CHANNELS);
    const kept = (): Kept => ({ row: -1, from: 0, to: 0, values: new Float64Array(width * CHANNELS) });
    this.#older = kept();
    this.#newer = kept();
  }

  begin(): void {
    this.#older.row = -1;
    this.#newer.row = -1;
  }

  sample(x: number, y: number, count: number, out: Uint16Array, at: number): void {
    const { place, row, smooth } = this.#of;
    const v = place.v + y * place.vDown - (smooth ? 0.5 : 0);
    if (!smooth) {
      const { values } = this.#keep(row(v), x, count);
      for (let i = 0, from = x * CHANNELS; i < count * CHANNELS; i++, from++) out[at + i] = values[from]!;
      return;
    }
    const top = Math.floor(v);
    const below = v - top;
    const above = 1 - below;
    const upper = this.#keep(row(top), x, count).values;
    const lower = this.#keep(row(top + 1), x, count).values;
    const end = at + count * CHANNELS;
    for (let to = at, from = x * CHANNELS; to < end; to++, from++)
      out[to] = (upper[from]! * above + lower[from]! * below + 0.5) | 0;
  }

  /** The row in columns of the target. Two are kept: the next line wants the same, or the lower one and another. */
  #keep(row: number, x: number, count: number): Kept {
    const holds = (kept: Kept): boolean => kept.row === row && kept.from <= x && kept.to >= x + count;
    if (holds(this.#newer)) return this.#newer;
    const kept = this.#older;
    this.#older = this.#newer;
    this.#newer = kept;
    if (holds(kept)) return kept;
    this.#widen(row, x, count, kept.values);
    kept.row = row;
    kept.from = x;
    kept.to = x + count;
    return kept;
  }

  #widen(row: number, x: number, count: number, values: Float64Array): void {
    const { rows, smooth } = this.#of;
    const [left, right, part, source, first] = [this.#left, this.#right, this.#part, this.#source, this.#first];
    const end = x + count - 1;
    const from = Math.min(left[x]!, left[end]!);
    const to = Math.max(left[x]!, left[end]!, right[x]!, right[end]!);
    rows(from, row, to - from + 1, source, (from - first) * CHANNELS);
    for (let column = x, i = x * CHANNELS; column <= end; column++) {
      let near = (left[column]! - first) * CHANNELS;
      let far = (right[column]! - first) * CHANNELS;
      const share = smooth ? part[column]! : 0;
      const rest = 1 - share;
      for (let channel = 0; channel < CHANNELS; channel++)
        values[i++] = source[near++]! * rest + source[far++]! * share;
    }
  }
}
