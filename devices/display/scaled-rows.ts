/** Scaled rows of a layer that is not turned: each row of the source is read and widened once a pass. */
import { CHANNELS, nearest, type RowReader } from './pixel-read.ts';
import type { RowSampler, Walk } from './sampler.ts';
import { type WideRoom, wideRoom } from './wide-room.ts';

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
  #source: Uint16Array;
  readonly #first: number;
  #older: Kept;
  #newer: Kept;
  #quick: QuickScale | undefined;

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
    const { smooth, width } = this.#of;
    this.#older.row = -1;
    this.#newer.row = -1;
    this.#quick = wideScale(this.#source.length, width);
    if (this.#quick === undefined) return;
    const { source, older, newer, places, shares } = this.#quick;
    this.#source = source;
    this.#older = { row: -1, from: 0, to: 0, values: older };
    this.#newer = { row: -1, from: 0, to: 0, values: newer };
    for (let x = 0; x < width; x++) {
      const share = smooth ? this.#part[x]! : 0;
      places[2 * x] = (this.#left[x]! - this.#first) * CHANNELS * 2;
      places[2 * x + 1] = (this.#right[x]! - this.#first) * CHANNELS * 2;
      shares[2 * x] = 1 - share;
      shares[2 * x + 1] = share;
    }
  }

  sample(x: number, y: number, count: number, out: Uint16Array, at: number): void {
    const { place: first, row, smooth } = this.#of;
    const v = first.v + y * first.vDown - (smooth ? 0.5 : 0);
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
    const place = this.#quick?.room.place(out, at);
    if (this.#quick !== undefined && place !== undefined) {
      const rowAt = (values: Float64Array): number => values.byteOffset + x * CHANNELS * 8;
      this.#quick.room.loops.down(rowAt(upper), rowAt(lower), place, count, above, below);
      return;
    }
    const end = at + count * CHANNELS;
    for (let to = at, from = x * CHANNELS; to < end; to++, from++)
      out[to] = nearest(upper[from]! * above + lower[from]! * below);
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
    if (this.#quick !== undefined) {
      const { places, shares, room } = this.#quick;
      const bytes = values.byteOffset + x * CHANNELS * 8;
      room.loops.across(source.byteOffset, places.byteOffset + 8 * x, shares.byteOffset + 16 * x, bytes, count);
      return;
    }
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

/** The same rows where the quick loops reach them. */
interface QuickScale {
  readonly room: WideRoom;
  readonly source: Uint16Array;
  readonly older: Float64Array;
  readonly newer: Float64Array;
  /** For each column of the target: bytes to its two neighbours in the source, and their shares. */
  readonly places: Int32Array;
  readonly shares: Float64Array;
}

const wideScale = (sourceWords: number, width: number): QuickScale | undefined => {
  const room = wideRoom();
  const source = room?.words(sourceWords);
  const [older, newer, shares] = [CHANNELS, CHANNELS, 2].map((each) => room?.take(width * each * 8));
  const places = room?.take(width * 8);
  if (room === undefined || source === undefined || older === undefined || newer === undefined) return undefined;
  if (shares === undefined || places === undefined) return undefined;
  return {
    room,
    source,
    older: room.doubles(older, width * CHANNELS),
    newer: room.doubles(newer, width * CHANNELS),
    places: room.longs(places, 2 * width),
    shares: room.doubles(shares, 2 * width),
  };
};
