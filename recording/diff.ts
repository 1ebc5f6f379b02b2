/** Two recordings aligned by access and blind to time: what one has and the other has not. */
import { FIRMWARE_REQUESTER, type TraceOp, type TraceRecord, unpackTag } from '#bus/trace.ts';
import { textOf } from '#bus/trace-words.ts';
import { type RecordedSection, recordAt } from './decode.ts';
import { diffSequences } from './myers.ts';

/** What a device heard, or did by itself: within a lane the order means something, between lanes it does not. */
export interface LaneDiff {
  readonly device: string;
  /** The device's own firmware, not the bus. */
  readonly firmware: boolean;
  readonly equal: number;
  readonly parts: readonly DiffPart[];
}

/** Indexes of records in their sections. `changed` is one access whose value or end differs. */
export type DiffPart =
  | { readonly kind: 'equal'; readonly a: readonly number[]; readonly b: readonly number[] }
  | { readonly kind: 'changed'; readonly a: number; readonly b: number }
  | { readonly kind: 'removed'; readonly a: number }
  | { readonly kind: 'added'; readonly b: number };

export interface RecordingDiff {
  readonly lanes: readonly LaneDiff[];
  readonly equal: number;
  readonly changed: number;
  readonly removed: number;
  readonly added: number;
}

export const diffSections = (a: RecordedSection, b: RecordedSection): RecordingDiff => {
  const keys = new Keys();
  const [mine, theirs] = [lanesOf(a, keys), lanesOf(b, keys)];
  const lanes = [...new Set([...mine.keys(), ...theirs.keys()])].map((name) =>
    diffLane(name, mine.get(name) ?? NO_LANE, theirs.get(name) ?? NO_LANE),
  );
  const count = (kind: DiffPart['kind']): number =>
    lanes.reduce((sum, { parts }) => sum + parts.reduce((n, part) => n + (part.kind === kind ? 1 : 0), 0), 0);
  return {
    lanes,
    equal: lanes.reduce((sum, { equal }) => sum + equal, 0),
    changed: count('changed'),
    removed: count('removed'),
    added: count('added'),
  };
};

/** Numbers for what a record says; equal ones say the same. */
class Keys {
  readonly #byText = new Map<string, number>();

  of(text: string): number {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    this.#byText.set(text, this.#byText.size);
    return this.#byText.size - 1;
  }
}

interface Lane {
  /** Index of each record in the section. */
  readonly indexes: readonly number[];
  /** Everything a record says but its time… */
  readonly whole: Uint32Array;
  /** …and only what it is about. */
  readonly about: Uint32Array;
}
const NO_LANE: Lane = { indexes: [], whole: new Uint32Array(), about: new Uint32Array() };

const FIRMWARE_MARK = '\0firmware';

const lanesOf = (section: RecordedSection, keys: Keys): ReadonlyMap<string, Lane> => {
  const { names, count } = section;
  const open = new Map<string, { indexes: number[]; whole: number[]; about: number[] }>();
  const blocks = new Set(section.devices.filter(({ port }) => port === 'block').map(({ name }) => name));
  for (let i = 0; i < count; i++) {
    const record = recordAt(section, i);
    const device = names.devices[record.device] ?? '';
    const name = names.requesters[record.requester] === FIRMWARE_REQUESTER ? `${device}${FIRMWARE_MARK}` : device;
    let lane = open.get(name);
    if (lane === undefined) {
      lane = { indexes: [], whole: [], about: [] };
      open.set(name, lane);
    }
    const about = aboutOf(record, section, blocks.has(device));
    lane.indexes.push(i);
    lane.about.push(keys.of(about));
    lane.whole.push(keys.of(`${about} ${saidOf(record, blocks.has(device))}`));
  }
  return new Map(
    [...open].map(([name, { indexes, whole, about }]) => [
      name,
      { indexes, whole: Uint32Array.from(whole), about: Uint32Array.from(about) },
    ]),
  );
};

const TEXTED: ReadonlySet<TraceOp> = new Set(['irq', 'fault', 'note']);
const SPANS: ReadonlySet<TraceOp> = new Set(['span_read', 'span_write']);

/** Which operation on which place. Who asked is not part of it, so that two drivers can be compared. */
const aboutOf = (record: TraceRecord, { names }: RecordedSection, block: boolean): string => {
  const { op, at, aux, old } = record;
  if (TEXTED.has(op)) return `${op} ${textOf(record, names)}`;
  if (SPANS.has(op)) return `${op} ${names.texts[aux] ?? ''} ${at}`;
  // of a request the upper bits of its sector are in aux, what kind it is in the tag word; an answer's aux is a time
  if (block) return op === 'done' ? `${op} ${at}` : `${op} ${aux} ${at} ${unpackTag(old).detail}`;
  return `${op} ${at}`;
};

/** What was written or answered. Tags and times are left out: they are the machine's, not the driver's. */
const saidOf = ({ op, value, old, outcome }: TraceRecord, block: boolean): string => {
  if (SPANS.has(op)) return `${value} ${old} ${outcome}`;
  if (block && op === 'done') return `${value} ${unpackTag(old).detail} ${outcome}`;
  return `${value} ${outcome}`;
};

/**
 * Rows that say the same are aligned first: so a poll more or less is one row. Where little is the same, as in two uploads of different
 * images, rows that are about the same place are.
 */
const diffLane = (name: string, a: Lane, b: Lane): LaneDiff => {
  const bySaying = aligned(a, b, 'whole');
  const few = bySaying.unpaired * FEW < a.indexes.length + b.indexes.length;
  const byPlace = few ? bySaying : aligned(a, b, 'about');
  const { equal, parts } = byPlace.differences < bySaying.differences ? byPlace : bySaying;
  const firmware = name.endsWith(FIRMWARE_MARK);
  return { device: firmware ? name.slice(0, -FIRMWARE_MARK.length) : name, firmware, equal, parts };
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

/** Goes through two lanes side by side. */
class Alignment {
  readonly parts: DiffPart[] = [];
  equal = 0;
  differences = 0;
  unpaired = 0;
  a = 0;
  b = 0;
  readonly #a: Lane;
  readonly #b: Lane;

  constructor(a: Lane, b: Lane) {
    this.#a = a;
    this.#b = b;
  }

  /** The next rows of both belong together, up to this one of the first lane. */
  pairUpTo(end: number): void {
    while (this.a < end) {
      const from = this.a;
      while (this.a < end && this.#same(this.a, this.b + this.a - from)) this.a++;
      const length = this.a - from;
      if (length > 0) {
        const [a, b] = [this.#a.indexes.slice(from, this.a), this.#b.indexes.slice(this.b, this.b + length)];
        this.parts.push({ kind: 'equal', a, b });
        this.equal += length;
        this.b += length;
      } else {
        this.parts.push({ kind: 'changed', a: this.#a.indexes[this.a++]!, b: this.#b.indexes[this.b++]! });
        this.differences++;
      }
    }
  }

  /** The next rows of each have no counterpart. */
  skipTo(aEnd: number, bEnd: number): void {
    this.unpaired += aEnd - this.a + bEnd - this.b;
    this.differences += aEnd - this.a + bEnd - this.b;
    while (this.a < aEnd) this.parts.push({ kind: 'removed', a: this.#a.indexes[this.a++]! });
    while (this.b < bEnd) this.parts.push({ kind: 'added', b: this.#b.indexes[this.b++]! });
  }

  #same(a: number, b: number): boolean {
    return this.#a.whole[a] === this.#b.whole[b];
  }
}
