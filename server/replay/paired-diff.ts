/** A recording against its replay, where it is known which access is which: what differs, as a diff has it. */
import { FIRMWARE_REQUESTER, isNbdRequester, type TraceOp, type TraceRecord } from '#bus/trace.ts';
import { DISPLAY } from '#datasheets/display.ts';
import { type RecordedSection, recordAt } from '#recording/decode.ts';
import {
  DIFF_KINDS,
  type DiffKind,
  diffSections,
  type LaneDiff,
  NO_RECORD,
  type RecordingDiff,
} from '#recording/diff.ts';
import { onlyRecords } from '#recording/sections.ts';

/** A recorded access and the row of it that was made again, or NO_RECORD; indexes of records. */
export type Pair = readonly [recorded: number, replayed: number];

export interface PairedOf {
  /** Records of the recording that were replayed. */
  readonly end: number;
  /** Names of devices that were on the bench. */
  readonly devices: ReadonlySet<string>;
}

/** Depends on memory, whose bytes are not in a recording. */
const UNKNOWABLE: ReadonlySet<TraceOp> = new Set(['span_read', 'span_write']);
/** What a device says unasked, which has no access to be paired by. */
const OWN: ReadonlySet<TraceOp> = new Set(['irq', 'done']);

export const pairedDiff = (
  recorded: RecordedSection,
  replayed: RecordedSection,
  pairs: readonly Pair[],
  { end, devices }: PairedOf,
): RecordingDiff => {
  const rows = new Map<string, Row[]>();
  const add = (lane: string, row: Row): void => {
    const before = rows.get(lane);
    if (before === undefined) rows.set(lane, [row]);
    else before.push(row);
  };
  const displays = new Set(recorded.devices.filter(({ kind }) => kind === 'display').map(({ name }) => name));
  for (const [a, b] of pairs) {
    const record = recordAt(recorded, a);
    const device = recorded.names.devices[record.device] ?? '';
    if (!UNKNOWABLE.has(record.op) && !(isCrc(record) && displays.has(device)))
      add(device, { kind: kindOf(record, replayed, b), a, b });
  }
  // a firmware that runs in real time says its things at other places every time
  const firmware = recorded.header.mode === 'virtual';
  const [mine, theirs] = [own(recorded, end, devices, firmware), own(replayed, replayed.count, devices, firmware)];
  for (const lane of diffSections(mine.section, theirs.section).lanes)
    for (const [row, kind] of lane.kinds.entries()) {
      const [a, b] = [mine.indexes[lane.a[row] ?? -1] ?? NO_RECORD, theirs.indexes[lane.b[row] ?? -1] ?? NO_RECORD];
      add(lane.firmware ? `${lane.device}${FIRMWARE_MARK}` : lane.device, { kind, a, b });
    }
  const lanes = [...rows].map(([name, all]) => laneOf(name, inOrder(all)));
  const sum = (kind: DiffKind): number => lanes.reduce((all, lane) => all + lane[kind], 0);
  return { lanes, equal: sum('equal'), changed: sum('changed'), removed: sum('removed'), added: sum('added') };
};

interface Row {
  /** An index of DIFF_KINDS. */
  readonly kind: number;
  readonly a: number;
  readonly b: number;
}

const FIRMWARE_MARK = '\0firmware';
const [EQUAL, CHANGED, REMOVED] = [0, 1, 2];

const isCrc = ({ op, at }: TraceRecord): boolean => op === 'read' && at === DISPLAY.FRAME_CRC.at;

/** The same answer, and the same end. */
const kindOf = ({ value, outcome }: TraceRecord, replayed: RecordedSection, b: number): number => {
  if (b === NO_RECORD) return REMOVED;
  const made = recordAt(replayed, b);
  return made.value === value && made.outcome === outcome ? EQUAL : CHANGED;
};

/** What devices said of themselves, and where each record of it is in the section. */
const own = (section: RecordedSection, end: number, devices: ReadonlySet<string>, firmware: boolean) => {
  const indexes: number[] = [];
  const { names } = section;
  const wanted = onlyRecords(section, (index, { op, device, requester }) => {
    if (index >= end || !devices.has(names.devices[device] ?? '')) return false;
    const who = names.requesters[requester] ?? '';
    const is = who === FIRMWARE_REQUESTER ? firmware : OWN.has(op) && !isNbdRequester(who);
    if (is) indexes.push(index);
    return is;
  });
  return { section: wanted, indexes };
};

/** Both are in order already: a row of the replay alone comes behind the one before it. */
const inOrder = (rows: readonly Row[]): readonly Row[] => {
  let last = 0;
  return rows
    .map((row, order) => {
      if (row.a !== NO_RECORD) last = row.a;
      return { row, order, place: row.a === NO_RECORD ? last : row.a };
    })
    .sort((one, other) => one.place - other.place || one.order - other.order)
    .map(({ row }) => row);
};

const laneOf = (name: string, rows: readonly Row[]): LaneDiff => {
  const count = (kind: DiffKind): number => {
    const index = DIFF_KINDS.indexOf(kind);
    return rows.reduce((sum, row) => sum + (row.kind === index ? 1 : 0), 0);
  };
  const firmware = name.endsWith(FIRMWARE_MARK);
  return {
    device: firmware ? name.slice(0, -FIRMWARE_MARK.length) : name,
    firmware,
    kinds: Uint8Array.from(rows, ({ kind }) => kind),
    a: Int32Array.from(rows, ({ a }) => a),
    b: Int32Array.from(rows, ({ b }) => b),
    equal: count('equal'),
    changed: count('changed'),
    removed: count('removed'),
    added: count('added'),
  };
};
