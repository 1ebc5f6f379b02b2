/** What a latching bit did lately: levels and what the next read returns, as they were told, and the reads between. */

export interface LatchPoint {
  /** Lab seconds. */
  readonly at: number;
  readonly level: 0 | 1;
  readonly next: 0 | 1;
}

export class LatchHistory {
  readonly windowSeconds: number;
  #points: LatchPoint[] = [];
  #reads: number[] = [];

  constructor(windowSeconds = 30) {
    this.windowSeconds = windowSeconds;
  }

  get points(): readonly LatchPoint[] {
    return this.#points;
  }
  get reads(): readonly number[] {
    return this.#reads;
  }

  /** Notes where the bit stands; only changes are kept. */
  note(at: number, level: 0 | 1, next: 0 | 1): void {
    const last = this.#points.at(-1);
    if (last !== undefined && last.level === level && last.next === next) return;
    this.#points.push({ at, level, next });
    this.#forget(at);
  }

  read(at: number): void {
    this.#reads.push(at);
    if (this.#reads.length > 500) this.#reads.shift();
    this.#forget(at);
  }

  /** Keeps one point before the window: it says how the window begins. */
  #forget(now: number): void {
    const from = now - this.windowSeconds;
    const first = this.#points.findIndex(({ at }) => at >= from);
    if (first > 1) this.#points = this.#points.slice(first - 1);
    if (first === -1) this.#points = this.#points.slice(-1);
    while ((this.#reads[0] ?? now) < from) this.#reads.shift();
  }
}

export interface LatchPicture {
  /** Path of the level, on a box of the given size. */
  readonly line: string;
  /** Stretches in which the next read returns something else than the level. */
  readonly held: readonly { readonly from: number; readonly to: number }[];
  readonly reads: readonly number[];
}

/** The last `windowSeconds` up to `now`, on `width` by `height`. */
export const latchPicture = (history: LatchHistory, now: number, width: number, height: number): LatchPicture => {
  const from = now - history.windowSeconds;
  const x = (at: number): number => Math.max(0, Math.min(width, ((at - from) / history.windowSeconds) * width));
  const y = (level: 0 | 1): number => (level === 1 ? 0 : height);
  const { points } = history;
  const first = points[0];
  if (first === undefined) return { line: '', held: [], reads: [] };
  const held: { from: number; to: number }[] = [];
  let line = `M${x(first.at).toFixed(1)} ${y(first.level)}`;
  points.forEach((point, i) => {
    const end = x(points[i + 1]?.at ?? now);
    line += `V${y(point.level)}H${end.toFixed(1)}`;
    if (point.level === point.next) return;
    const last = held.at(-1);
    if (last !== undefined && last.to === x(point.at)) last.to = end;
    else held.push({ from: x(point.at), to: end });
  });
  return { line, held, reads: history.reads.filter((at) => at >= from).map(x) };
};
