/** Two runs compared: the trunk they share, where they part, then what each did, in one list. */
import { type ReactElement, useMemo } from 'react';
import type { RunView } from '#bus/api.ts';
import { type Sheet, sheetOf } from '../filter/sheets.ts';
import { Link } from '../shell/link.tsx';
import type { TraceRing } from '../store/trace-ring.ts';
import { kindsIn } from '../traffic/source.ts';
import { wordsOf } from '../traffic/words.ts';
import { count } from '../ui/format.ts';
import { OpTag } from '../ui/op-tag.tsx';
import { type ComparedLine, type Comparison, compared, type Recording } from './compare.ts';
import { useRunRecords } from './recordings.ts';
import { stepTime } from './scenario-words.ts';

type SheetFor = (device: string) => Sheet | undefined;

export const CompareCard = ({ a, b }: { a: RunView; b: RunView }): ReactElement => {
  const [recordsA, recordsB] = [useRunRecords(a), useRunRecords(b)];
  const found = useMemo(
    () =>
      recordsA !== null && recordsB !== null && 'ring' in recordsA && 'ring' in recordsB
        ? compared(recordingOf(recordsA.ring), recordingOf(recordsB.ring))
        : null,
    [recordsA, recordsB],
  );
  const sheetFor = useMemo<SheetFor>(() => {
    const rings = [recordsA, recordsB].flatMap((of) => (of !== null && 'ring' in of ? [of.ring] : []));
    const kinds = new Map(rings.flatMap((ring) => [...kindsIn(ring)]));
    return (device) => sheetOf({ kindOf: (name) => kinds.get(name), devices: [], requesters: [] }, device);
  }, [recordsA, recordsB]);
  return (
    <section className="faceplate compare" aria-label="Compare">
      <header className="head">
        <h2>Compare</h2>
        <span className="mid">
          run {a.run} <span className="dim">and</span> {b.run}
          {a.seed === b.seed ? ', same seed' : `, seeds ${a.seed} and ${b.seed}`}
        </span>
        {a.mode === 'virtual' && b.mode === 'virtual' && (
          <Link className="text-link at-end" to={`/diff?a=${a.run}&b=${b.run}`}>
            Side by side
          </Link>
        )}
      </header>
      <div className="compare-body">
        {found === null ? (
          <p className="dim">{whyNot([a, b], [recordsA, recordsB])}</p>
        ) : (
          <Found found={found} sheetFor={sheetFor} />
        )}
      </div>
    </section>
  );
};

const whyNot = (runs: readonly RunView[], records: readonly ReturnType<typeof useRunRecords>[]): string => {
  const live = runs.find(({ mode }) => mode === 'live');
  if (live !== undefined)
    return `Run ${live.run} was live: its accesses are in the lab’s trace, not in a recording of its own.`;
  const failed = records.find((of) => of !== null && 'failed' in of);
  return failed !== null && failed !== undefined && 'failed' in failed ? failed.failed : 'Fetching the records of both';
};

const Found = ({ found, sheetFor }: { found: Comparison; sheetFor: SheetFor }): ReactElement => {
  const { same, identical, partedA, partedB, lines, more } = found;
  const parted = partedA ?? partedB;
  return (
    <>
      <Trunk found={found} />
      <p className="compare-line">
        <span className="dim">{count(same)} the same</span>
        <span className="at-end parting">
          {identical ? 'they never part' : parted === null ? '' : `part at ${stepTime(parted.time)} s`}
        </span>
      </p>
      {!identical && (
        <ul className="compare-list">
          {lines.map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
            <CompareLine key={i} line={line} sheetFor={sheetFor} />
          ))}
          {more.a + more.b > 0 && (
            <li className="dim">
              and {count(more.a)} more in A, {count(more.b)} more in B
            </li>
          )}
        </ul>
      )}
    </>
  );
};

const Trunk = ({ found: { same, identical, lines, more } }: { found: Comparison }): ReactElement => {
  const own = (side: 'a' | 'b'): number => more[side] + lines.filter((line) => line.side === side).length;
  const most = Math.max(own('a'), own('b'), 1);
  const part = identical ? 400 : same === 0 ? 8 : 262;
  const end = (side: 'a' | 'b'): number => part + (own(side) / most) * (392 - part);
  return (
    <svg
      className="trunk"
      viewBox="0 0 400 36"
      preserveAspectRatio="none"
      role="img"
      aria-label={identical ? 'The runs are the same' : `The runs agree for ${same} records, then part`}
    >
      <path className="trunk-both" d={`M0 10H${part}M0 26H${part}`} />
      {!identical && (
        <>
          <path className="trunk-a" d={`M${part} 10H${end('a')}`} />
          <path className="trunk-b" d={`M${part} 26H${end('b')}`} />
          <path className="trunk-part" d={`M${part} 0V36`} />
        </>
      )}
    </svg>
  );
};

const CompareLine = (props: { readonly line: ComparedLine; readonly sheetFor: SheetFor }): ReactElement => {
  const { side, record, names } = props.line;
  const words = wordsOf(record, names, props.sheetFor, 'hex');
  return (
    <li data-side={side}>
      <span className="compare-side">{side === 'both' ? 'both' : side.toUpperCase()}</span>
      <span className="mono dim right">{record.seq}</span>
      <OpTag op={record.op} />
      <span className="compare-words" title={words.decoded}>
        <span className="mono">{words.address}</span> {words.name} <span className="mono">{words.value}</span>{' '}
        <span className="mid">{words.decoded}</span>
      </span>
    </li>
  );
};

const recordingOf = (ring: TraceRing): Recording => ({
  length: ring.end - ring.begin,
  at: (index) => {
    const record = ring.at(ring.begin + index);
    if (record === undefined) throw new RangeError(`record ${index} of ${ring.end - ring.begin}`);
    return record;
  },
  names: ring.names,
});
