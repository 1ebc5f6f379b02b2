/** One row of the diff table: a lane's head, a fold, or what A and what B did there. */
// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by hand, which a table element does not allow
import { memo, type ReactElement, type ReactNode } from 'react';
import { recordAt } from '#recording/decode.ts';
import { DIFF_KINDS, type DiffKind, type LaneDiff } from '#recording/diff.ts';
import { count, seconds } from '../traffic/words.ts';
import { Icon } from '../ui/icon.tsx';
import { OpTag } from '../ui/op-tag.tsx';
import { type Fold, isSame, recordsOf } from './diff-rows.ts';
import { pieces, type Said, type Unlike, unlike, wordsOfSaid } from './diff-words.ts';
import type { Side } from './sides.ts';

export interface Sides {
  readonly a: Side;
  readonly b: Side;
}

const MARKS: Readonly<Record<DiffKind, { readonly sign: string; readonly words: string }>> = {
  equal: { sign: '=', words: 'equal' },
  changed: { sign: '≠', words: 'changed' },
  removed: { sign: '−', words: 'only in A' },
  added: { sign: '+', words: 'only in B' },
};

export const LaneHead = ({ lane }: { readonly lane: LaneDiff }): ReactElement => (
  <div role="gridcell" className="diff-lane" tabIndex={-1}>
    <b>{lane.device === '' ? 'the lab' : lane.device}</b>
    {lane.firmware && <span className="mid">its firmware</span>}
    {isSame(lane) ? (
      <span className="ok">
        <Icon name="check" /> all {count(lane.equal)} equal
      </span>
    ) : (
      <Counts counts={lane} />
    )}
  </div>
);

export const Counts = ({ counts }: { readonly counts: Readonly<Record<DiffKind, number>> }): ReactElement => (
  <>
    {DIFF_KINDS.map((kind) => (
      <span key={kind} className="diff-count" data-kind={kind} data-none={counts[kind] === 0 || undefined}>
        <i aria-hidden="true">{MARKS[kind].sign}</i> <span className="mono">{count(counts[kind])}</span>{' '}
        {MARKS[kind].words}
      </span>
    ))}
  </>
);

export const FoldCells = ({ fold, open }: { readonly fold: Fold; readonly open: boolean }): ReactElement => (
  <div role="gridcell" className="diff-fold" tabIndex={-1}>
    <span>
      <Icon name={open ? 'down' : 'right'} className="twist" />
      {count(fold.to - fold.from)} equal
    </span>
  </div>
);

/** The two records of a row; a side that has none is undefined. */
export const saidBoth = (lane: LaneDiff, row: number, { a, b }: Sides): { readonly a?: Said; readonly b?: Said } => {
  const at = recordsOf(lane, row);
  const said = ({ section, sheetOf }: Side, index: number): Said => ({
    record: recordAt(section, index),
    names: section.names,
    sheetOf,
  });
  return { ...(at.a === null ? {} : { a: said(a, at.a) }), ...(at.b === null ? {} : { b: said(b, at.b) }) };
};

export const PairCells = memo(
  ({ lane, row, sides }: { readonly lane: LaneDiff; readonly row: number; readonly sides: Sides }): ReactElement => {
    const { a, b } = saidBoth(lane, row, sides);
    const kind = DIFF_KINDS[lane.kinds[row] ?? 0] ?? 'equal';
    const differs = kind === 'changed' && a !== undefined && b !== undefined ? unlike(a, b) : null;
    return (
      <>
        <SideCells said={a} other={b} side="a" differs={differs} />
        <div role="gridcell" className="diff-mark" data-kind={kind} tabIndex={-1} title={MARKS[kind].words}>
          {MARKS[kind].sign}
        </div>
        <SideCells said={b} other={a} side="b" differs={differs} />
      </>
    );
  },
);

const SideCells = ({
  said,
  other,
  side,
  differs,
}: {
  readonly said: Said | undefined;
  readonly other: Said | undefined;
  readonly side: 'a' | 'b';
  readonly differs: Unlike | null;
}): ReactElement => {
  if (said === undefined)
    return (
      <div role="gridcell" className="diff-none" data-side={side} tabIndex={-1}>
        <span className="unseen">nothing here</span>
      </div>
    );
  const words = wordsOfSaid(said);
  const { record } = said;
  const value = differs?.value === true && other !== undefined ? pieces(words.value, wordsOfSaid(other).value) : null;
  return (
    <>
      <Cell column="seq" className="mono dim">
        {record.seq}
      </Cell>
      <Cell column="time" className="mono dim">
        {seconds(record.time)}
      </Cell>
      <Cell column="op">
        <OpTag op={record.op} />
      </Cell>
      <Cell column="register" title={words.doc || undefined}>
        {words.address !== '' && <span className="mono">{words.address}</span>} {words.name}
      </Cell>
      <Cell column="value" className="mono">
        {value === null
          ? words.value
          : value.map(({ text, differs: marked }, i) =>
              // biome-ignore lint/suspicious/noArrayIndexKey: a piece is its place
              marked ? <b key={i}>{text}</b> : <span key={i}>{text}</span>,
            )}
      </Cell>
      <Cell column="decoded" title={words.decoded}>
        {differs === null ? words.decoded : <Differing differs={differs} side={side} decoded={words.decoded} />}
        {words.result !== 'ok' && words.result !== '' && (
          <span className={differs?.result === true ? 'diff-word' : 'caution'}> {words.result}</span>
        )}
      </Cell>
    </>
  );
};

/** Of a register only the fields that differ; the others are in the detail. */
const Differing = ({
  differs: { fields, value, result },
  side,
  decoded,
}: {
  readonly differs: Unlike;
  readonly side: 'a' | 'b';
  readonly decoded: string;
}): ReactNode => {
  const changed = (fields ?? []).filter(({ was }) => was !== null);
  if (changed.length === 0) return value && !result ? <b className="diff-word">{decoded}</b> : decoded;
  return (
    <>
      {changed.map(({ name, now, was }, i) => (
        <span key={name}>
          {i > 0 && ', '}
          {name} <b className="mono">{side === 'a' ? was : now}</b>
        </span>
      ))}
    </>
  );
};

const Cell = (props: {
  readonly column: string;
  readonly className?: string;
  readonly title?: string | undefined;
  readonly children?: ReactNode;
}): ReactElement => (
  <div role="gridcell" data-column={props.column} className={props.className ?? ''} title={props.title} tabIndex={-1}>
    {props.children}
  </div>
);
