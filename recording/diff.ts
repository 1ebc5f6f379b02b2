/** Two recordings aligned by access and blind to time: what one has and the other has not. */
import { type ComparedSection, type Lane, LaneMaker } from './lanes.ts';
import { diffSequences } from './myers.ts';

/** `changed` is one access whose value or end differs. A row's kind is an index of these. */
export const DIFF_KINDS = ['equal', 'changed', 'removed', 'added'] as const;
export type DiffKind = (typeof DIFF_KINDS)[number];

/** No record of this section stands in a row. */
export const NO_RECORD = -1;

export type DiffCounts = Readonly<Record<DiffKind, number>>;

/** What a device heard, or did by itself, side by side: columns, because a million rows may be in it. */
export interface LaneDiff extends DiffCounts {
  readonly device: string;
  /** The device's own firmware, not the bus. */
  readonly firmware: boolean;
  readonly kinds: Uint8Array<ArrayBuffer>;
  /** Index of each row's record in its section, or NO_RECORD. */
  readonly a: Int32Array<ArrayBuffer>;
  readonly b: Int32Array<ArrayBuffer>;
}

export interface RecordingDiff extends DiffCounts {
  readonly lanes: readonly LaneDiff[];
}

export const diffSections = (a: ComparedSection, b: ComparedSection): RecordingDiff => {
  const maker = new LaneMaker();
  const [mine, theirs] = [maker.lanesOf(a), maker.lanesOf(b)];
  const lanes = [...new Set([...mine.keys(), ...theirs.keys()])].map((key) => diffLane(mine.get(key), theirs.get(key)));
  const sum = (kind: DiffKind): number => lanes.reduce((all, lane) => all + lane[kind], 0);
  return { lanes, equal: sum('equal'), changed: sum('changed'), removed: sum('removed'), added: sum('added') };
};

const NO_LANE: Lane = {
  device: '',
  firmware: false,
  indexes: new Int32Array(),
  whole: new Uint32Array(),
  about: new Uint32Array(),
};

/**
 * Rows that say the same are aligned first: so a poll more or less is one row. Where little is the same, as in two uploads of different
 * images, rows that are about the same place are.
 */
const diffLane = (mine: Lane | undefined, theirs: Lane | undefined): LaneDiff => {
  const [a, b] = [mine ?? NO_LANE, theirs ?? NO_LANE];
  const { device, firmware } = mine ?? theirs ?? NO_LANE;
  const bySaying = aligned(a, b, 'whole');
  const few = bySaying.unpaired * FEW < a.indexes.length + b.indexes.length;
  const byPlace = few ? bySaying : aligned(a, b, 'about');
  return { device, firmware, ...(byPlace.differences < bySaying.differences ? byPlace : bySaying).columns() };
};

/** One in so many rows without a counterpart is no reason to look for another alignment. */
const FEW = 10;

const aligned = (a: Lane, b: Lane, by: 'whole' | 'about'): Alignment => {
  const found = new Alignment(a, b);
  for (const { aFrom, aTo, bFrom, bTo } of diffSequences(a[by], b[by])) {
    found.pairUpTo(aFrom);
    // within a stretch that differs, rows about the same place belong together
    const inner = diffSequences(a.about.subarray(aFrom, aTo), b.about.subarray(bFrom, bTo));
    for (const hunk of inner) {
      found.pairUpTo(aFrom + hunk.aFrom);
      found.skipTo(aFrom + hunk.aTo, bFrom + hunk.bTo);
    }
    found.pairUpTo(aTo);
  }
  found.pairUpTo(a.indexes.length);
  return found;
};

const [EQUAL, CHANGED, REMOVED, ADDED] = [0, 1, 2, 3];

/** Goes through two lanes side by side. */
class Alignment {
  readonly #a: Lane;
  readonly #b: Lane;
  readonly #kinds: Uint8Array<ArrayBuffer>;
  readonly #rowsA: Int32Array<ArrayBuffer>;
  readonly #rowsB: Int32Array<ArrayBuffer>;
  readonly #counts = [0, 0, 0, 0];
  #length = 0;
  /** The next record of each lane. */
  #nextA = 0;
  #nextB = 0;

  constructor(a: Lane, b: Lane) {
    this.#a = a;
    this.#b = b;
    const most = a.indexes.length + b.indexes.length;
    this.#kinds = new Uint8Array(most);
    this.#rowsA = new Int32Array(most);
    this.#rowsB = new Int32Array(most);
  }

  get unpaired(): number {
    return this.#counts[REMOVED]! + this.#counts[ADDED]!;
  }
  get differences(): number {
    return this.unpaired + this.#counts[CHANGED]!;
  }

  /** The next rows of both belong together, up to this one of the first lane. */
  pairUpTo(end: number): void {
    for (; this.#nextA < end; this.#nextA++, this.#nextB++) {
      const same = this.#a.whole[this.#nextA] === this.#b.whole[this.#nextB];
      this.#push(same ? EQUAL : CHANGED, this.#a.indexes[this.#nextA]!, this.#b.indexes[this.#nextB]!);
    }
  }

  /** The next rows of each have no counterpart. */
  skipTo(aEnd: number, bEnd: number): void {
    for (; this.#nextA < aEnd; this.#nextA++) this.#push(REMOVED, this.#a.indexes[this.#nextA]!, NO_RECORD);
    for (; this.#nextB < bEnd; this.#nextB++) this.#push(ADDED, NO_RECORD, this.#b.indexes[this.#nextB]!);
  }

  columns(): Omit<LaneDiff, 'device' | 'firmware'> {
    const [equal = 0, changed = 0, removed = 0, added = 0] = this.#counts;
    return {
      equal,
      changed,
      removed,
      added,
      kinds: this.#kinds.slice(0, this.#length),
      a: this.#rowsA.slice(0, this.#length),
      b: this.#rowsB.slice(0, this.#length),
    };
  }

  #push(kind: number, a: number, b: number): void {
    this.#kinds[this.#length] = kind;
    this.#rowsA[this.#length] = a;
    this.#rowsB[this.#length] = b;
    this.#length++;
    this.#counts[kind]!++;
  }
}
