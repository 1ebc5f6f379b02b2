/** The diff table: A and B side by side, only the rows in sight; keys go from row to row. */
// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by hand, which a table element does not allow
import { type KeyboardEvent, type ReactElement, useEffect, useRef } from 'react';
import { DIFF_KINDS } from '#recording/diff.ts';
import { inKeyOrder, useRowWindow } from '../traffic/row-window.ts';
import { DiffMap } from './diff-map.tsx';
import { FoldCells, LaneHead, PairCells, type Sides } from './diff-row.tsx';
import type { DiffRow, DiffRows, Fold, Place } from './diff-rows.ts';

export interface DiffTableProps {
  readonly rows: DiffRows;
  readonly sides: Sides;
  readonly selected: Place | null;
  readonly onSelect: (place: Place) => void;
  readonly onFold: (fold: Fold) => void;
  /** Set by the page to bring a place into sight. */
  readonly reveal: Place | null;
}

const COLUMNS = ['#', 'time s', 'op', 'register', 'value', 'decoded'] as const;

export const DiffTable = (props: DiffTableProps): ReactElement => {
  const { rows, selected, onSelect, onFold, reveal } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { first, last, keyOf, rowPx, bodyPx, yOf, onScroll, reveal: bring } = useRowWindow(scroller, rows.count);
  useEffect(() => {
    if (reveal !== null) bring(rows.indexOf(reveal), 'middle');
  }, [reveal, rows, bring]);

  const step = (by: number): void => {
    let index = (selected === null ? first : rows.indexOf(selected)) + by;
    // heads of lanes are passed over, folds are not entered
    while (rows.at(index) !== undefined && rows.at(index)?.kind !== 'pair') index += Math.sign(by);
    const row = rows.at(index);
    if (row?.kind !== 'pair') return;
    onSelect(row.place);
    bring(index, 'nearest');
  };
  const press = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowPx) - 2);
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    step(move);
  };
  const visible: ReactElement[] = [];
  for (let index = first; index < last; index++) {
    const row = rows.at(index);
    if (row === undefined) break;
    visible.push(<Row key={keyOf(index)} row={row} index={index} y={yOf(index)} table={{ ...props, onFold }} />);
  }
  return (
    <div className="diff-table">
      <div
        className="diff-grid"
        role="grid"
        aria-label="Differences"
        aria-rowcount={rows.count}
        tabIndex={0}
        ref={scroller}
        onScroll={onScroll}
        onKeyDown={press}
      >
        <div className="diff-row diff-head" role="row" tabIndex={-1}>
          {(['a', 'b'] as const).map((side) => [
            ...(side === 'b' ? [<div key="mark" role="columnheader" tabIndex={-1} />] : []),
            ...COLUMNS.map((name) => (
              <div
                key={side + name}
                role="columnheader"
                data-column={name === '#' ? 'seq' : name.split(' ')[0]}
                tabIndex={-1}
              >
                {name}
              </div>
            )),
          ])}
        </div>
        <div className="diff-body" role="rowgroup" style={{ height: bodyPx }}>
          {inKeyOrder(visible)}
        </div>
      </div>
      <DiffMap rows={rows} first={first} last={last} onPick={(index) => bring(index, 'middle')} />
    </div>
  );
};

const Row = ({
  row,
  index,
  y,
  table,
}: {
  readonly row: DiffRow;
  readonly index: number;
  readonly y: number;
  readonly table: DiffTableProps;
}): ReactElement => {
  const { selected, onSelect, onFold, sides } = table;
  const chosen =
    row.kind === 'pair' && selected !== null && selected.nth === row.place.nth && selected.row === row.place.row;
  const kind = row.kind === 'pair' ? DIFF_KINDS[row.lane.kinds[row.place.row] ?? 0] : row.kind;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys for its rows
    <div
      role="row"
      aria-rowindex={index + 1}
      aria-selected={chosen}
      aria-expanded={row.kind === 'fold' ? row.open : undefined}
      tabIndex={-1}
      className="diff-row"
      data-kind={kind}
      style={{ transform: `translateY(${y}px)` }}
      onClick={() => {
        if (row.kind === 'pair') onSelect(row.place);
        else if (row.kind === 'fold') onFold(row.fold);
      }}
    >
      {row.kind === 'pair' ? (
        <PairCells lane={row.lane} row={row.place.row} sides={sides} />
      ) : row.kind === 'fold' ? (
        <FoldCells fold={row.fold} open={row.open} />
      ) : (
        <LaneHead lane={row.lane} />
      )}
    </div>
  );
};
