/** What must be taken out of one sequence and put in to get another: Myers' linear-space algorithm with a bound on its effort. */

/** A stretch where the sequences differ: `a[aFrom..aTo)` became `b[bFrom..bTo)`. */
export interface Hunk {
  readonly aFrom: number;
  readonly aTo: number;
  readonly bFrom: number;
  readonly bTo: number;
}

/** Beyond this many differences between two meeting points the shortest answer is given up for a good one… */
const MOST_EFFORT = 1024;
const LEAST_EFFORT = 64;
/** …sooner where the sequences are long, so that two that have nothing in common take seconds and not minutes. */
const WORK = 2 ** 28;

interface Box {
  readonly aFrom: number;
  readonly aTo: number;
  readonly bFrom: number;
  readonly bTo: number;
}

/**
 * Hunks in order, with equal elements between them. Memory grows with the lengths, time with lengths times differences up to the
 * effort. Source: E. Myers, An O(ND) Difference Algorithm and Its Variations, 1986; the bound is that of GNU diff.
 */
export const diffSequences = (
  a: Uint32Array,
  b: Uint32Array,
  effort = effortFor(a.length + b.length),
): readonly Hunk[] => {
  const changedA = new Uint8Array(a.length);
  const changedB = new Uint8Array(b.length);
  const middle = new Middle(a, b, effort);
  const boxes: Box[] = [{ aFrom: 0, aTo: a.length, bFrom: 0, bTo: b.length }];
  for (let box = boxes.pop(); box !== undefined; box = boxes.pop()) {
    const { aFrom, aTo, bFrom, bTo } = trimmed(a, b, box);
    if (aFrom === aTo) changedB.fill(1, bFrom, bTo);
    else if (bFrom === bTo) changedA.fill(1, aFrom, aTo);
    else {
      const { x, y } = middle.of({ aFrom, aTo, bFrom, bTo });
      boxes.push({ aFrom: x, aTo, bFrom: y, bTo }, { aFrom, aTo: x, bFrom, bTo: y });
    }
  }
  return hunksOf(changedA, changedB);
};

const effortFor = (length: number): number =>
  Math.max(LEAST_EFFORT, Math.min(MOST_EFFORT, Math.floor(WORK / Math.max(1, length))));

/** Without what both begin and end with. */
const trimmed = (a: Uint32Array, b: Uint32Array, { aFrom, aTo, bFrom, bTo }: Box): Box => {
  let [a0, a1, b0, b1] = [aFrom, aTo, bFrom, bTo];
  while (a0 < a1 && b0 < b1 && a[a0] === b[b0]) [a0, b0] = [a0 + 1, b0 + 1];
  while (a0 < a1 && b0 < b1 && a[a1 - 1] === b[b1 - 1]) [a1, b1] = [a1 - 1, b1 - 1];
  return { aFrom: a0, aTo: a1, bFrom: b0, bTo: b1 };
};

const hunksOf = (changedA: Uint8Array, changedB: Uint8Array): readonly Hunk[] => {
  const hunks: Hunk[] = [];
  let [i, j] = [0, 0];
  while (i < changedA.length || j < changedB.length) {
    const [aFrom, bFrom] = [i, j];
    while (changedA[i] === 1) i++;
    while (changedB[j] === 1) j++;
    if (i > aFrom || j > bFrom) hunks.push({ aFrom, aTo: i, bFrom, bTo: j });
    else [i, j] = [i + 1, j + 1];
  }
  return hunks;
};

/** Finds a point on a shortest path through a box, from both corners at once. */
class Middle {
  readonly #a: Uint32Array;
  readonly #b: Uint32Array;
  readonly #effort: number;
  /** Farthest x on each diagonal, from the beginning and from the end. */
  readonly #forth: Int32Array;
  readonly #back: Int32Array;
  readonly #zero: number;

  constructor(a: Uint32Array, b: Uint32Array, effort: number) {
    this.#a = a;
    this.#b = b;
    this.#effort = effort;
    this.#zero = b.length + 1;
    this.#forth = new Int32Array(a.length + b.length + 3);
    this.#back = new Int32Array(a.length + b.length + 3);
  }

  /** The box has no common beginning or end, and neither side is empty. */
  of({ aFrom, aTo, bFrom, bTo }: Box): { readonly x: number; readonly y: number } {
    const [a, b, forth, back, zero] = [this.#a, this.#b, this.#forth, this.#back, this.#zero];
    // diagonals are x - y; forward paths start on that of the near corner, backward ones on that of the far corner
    const [lowest, highest] = [aFrom - bTo, aTo - bFrom];
    const [near, far] = [aFrom - bFrom, aTo - bTo];
    const odd = ((near - far) & 1) !== 0;
    let [forthLow, forthHigh, backLow, backHigh] = [near, near, far, far];
    forth[zero + near] = aFrom;
    back[zero + far] = aTo;
    for (let cost = 1; ; cost++) {
      if (forthLow > lowest) forth[zero + --forthLow - 1] = -1;
      else forthLow++;
      if (forthHigh < highest) forth[zero + ++forthHigh + 1] = -1;
      else forthHigh--;
      for (let d = forthHigh; d >= forthLow; d -= 2) {
        const [lower, upper] = [forth[zero + d - 1]!, forth[zero + d + 1]!];
        let x = lower < upper ? upper : lower + 1;
        let y = x - d;
        while (x < aTo && y < bTo && a[x] === b[y]) [x, y] = [x + 1, y + 1];
        forth[zero + d] = x;
        if (odd && backLow <= d && d <= backHigh && back[zero + d]! <= x) return { x, y };
      }
      if (backLow > lowest) back[zero + --backLow - 1] = FAR;
      else backLow++;
      if (backHigh < highest) back[zero + ++backHigh + 1] = FAR;
      else backHigh--;
      for (let d = backHigh; d >= backLow; d -= 2) {
        const [lower, upper] = [back[zero + d - 1]!, back[zero + d + 1]!];
        let x = lower < upper ? lower : upper - 1;
        let y = x - d;
        while (aFrom < x && bFrom < y && a[x - 1] === b[y - 1]) [x, y] = [x - 1, y - 1];
        back[zero + d] = x;
        if (!odd && forthLow <= d && d <= forthHigh && x <= forth[zero + d]!) return { x, y };
      }
      if (cost < this.#effort) continue;
      return this.#farthest({ aFrom, aTo, bFrom, bTo }, [forthLow, forthHigh], [backLow, backHigh]);
    }
  }

  /** The end of the longest path so far, of either direction. */
  #farthest(
    { aFrom, aTo, bFrom, bTo }: Box,
    [forthLow, forthHigh]: readonly [number, number],
    [backLow, backHigh]: readonly [number, number],
  ): { readonly x: number; readonly y: number } {
    let forthBest = { x: aFrom, y: bFrom };
    for (let d = forthHigh; d >= forthLow; d -= 2) {
      const x = Math.min(this.#forth[this.#zero + d]!, aTo);
      const y = Math.min(x - d, bTo);
      if (x + y > forthBest.x + forthBest.y) forthBest = { x: y + d < x ? y + d : x, y };
    }
    let backBest = { x: aTo, y: bTo };
    for (let d = backHigh; d >= backLow; d -= 2) {
      const x = Math.max(this.#back[this.#zero + d]!, aFrom);
      const y = Math.max(x - d, bFrom);
      if (x + y < backBest.x + backBest.y) backBest = { x: y + d > x ? y + d : x, y };
    }
    const gone = forthBest.x + forthBest.y - aFrom - bFrom;
    const come = aTo + bTo - backBest.x - backBest.y;
    return gone >= come ? forthBest : backBest;
  }
}

const FAR = 0x7fffffff;
