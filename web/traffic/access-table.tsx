/** The table of accesses: only the rows in sight exist; it follows the bus while it stands at its end. */
// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by hand, which a table element does not allow
import { type KeyboardEvent, type MouseEvent, memo, type ReactElement, useCallback, useEffect, useRef } from 'react';
import { lab } from '../store/lab-state.ts';
import type { Marks } from './markers.ts';
import { inKeyOrder, useRowWindow } from './row-window.ts';
import { positionOfRow, type Row, showsSame } from './rows.ts';
import { Cells, COLUMN_NAMES, type ColumnName, endOf, type RowFrame } from './table-row.tsx';
import type { TrafficView } from './view.ts';

const HEADINGS: Readonly<Record<ColumnName, string>> = {
  '#': '#',
  time: 'time',
  delta: 'delta',
  device: 'device',
  requester: 'requester',
  op: 'op',
  register: 'register',
  value: 'value',
  change: 'old → new',
  decoded: 'decoded',
  result: 'result',
  latency: 'latency µs',
};

export interface AccessTableProps {
  readonly view: TrafficView;
  readonly frame: RowFrame;
  readonly marks: Marks;
  /** The selected row, by what it stands for. */
  readonly selected: number | null;
  readonly onSelect: (row: Row) => void;
  readonly paused: boolean;
  readonly manyDevices: boolean;
  /** Bits of the widest register on the bench. */
  readonly wordBits: 16 | 32;
  readonly onMenu: (of: { row: Row; column: ColumnName; x: number; y: number }) => void;
  /** Set by the page to bring a position into sight. */
  readonly reveal: { readonly position: number } | null;
}

export const AccessTable = (props: AccessTableProps): ReactElement => {
  const { view, frame, selected, paused, reveal, onSelect } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { rows, held } = view;
  const window = useRowWindow(scroller, rows.count, !held);
  const { rowPx, first, last, keyOf, bodyPx, yOf, onScroll, reveal: bring } = window;

  useEffect(() => {
    if (reveal === null) return;
    view.hold();
    bring(view.rows.indexOf(reveal.position), 'middle');
  }, [reveal, view, bring]);

  const scrolled = useCallback((): void => {
    onScroll();
    const element = scroller.current;
    if (element === null) return;
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - rowPx / 2;
    if (!atEnd) view.hold();
    else if (!paused) view.follow();
  }, [onScroll, view, paused, rowPx]);

  const step = (by: number): void => {
    const at = selected === null ? rows.count - 1 : rows.indexOf(selected) + by;
    const index = Math.max(0, Math.min(rows.count - 1, at));
    const row = rows.at(index);
    if (row === undefined) return;
    onSelect(row);
    bring(index, 'nearest');
  };
  const press = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowPx) - 1);
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }[event.key];
    if (move !== undefined) step(move);
    else if (event.key === 'Enter' || event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      const row = selected === null ? undefined : rows.at(rows.indexOf(selected));
      if (row?.kind !== 'burst' && row?.kind !== 'window') return;
      if (event.key !== 'Enter' && row.open === (event.key === 'ArrowRight')) return;
      view.hold();
      view.toggle(row.kind === 'burst' ? row.burst : row.window);
    } else return;
    event.preventDefault();
  };

  const visible: ReactElement[] = [];
  let before = endOf(rows.at(first - 1), frame.records);
  for (let index = first; index < last; index++) {
    const row = rows.at(index);
    if (row === undefined) break;
    visible.push(<TableRow key={keyOf(index)} row={row} index={index} y={yOf(index)} before={before} table={props} />);
    before = endOf(row, frame.records);
  }
  return (
    <div
      className="grid"
      role="grid"
      aria-label="Accesses"
      aria-rowcount={rows.count}
      aria-colcount={COLUMN_NAMES.length}
      tabIndex={0}
      data-radix={frame.radix}
      data-devices={props.manyDevices ? 'many' : 'one'}
      data-words={props.wordBits}
      data-clock={frame.time.mode === 'clock' || undefined}
      ref={scroller}
      onScroll={scrolled}
      onKeyDown={press}
    >
      <div className="grid-head" role="row" tabIndex={-1}>
        {COLUMN_NAMES.map((name) => (
          <div key={name} role="columnheader" data-column={name} tabIndex={-1}>
            {name === 'time'
              ? frame.time.mode === 'clock'
                ? 'time of day'
                : frame.time.mode === 'marks'
                  ? 'since A, s'
                  : 'time s'
              : HEADINGS[name]}
          </div>
        ))}
      </div>
      <div className="grid-body" role="rowgroup" style={{ height: bodyPx }}>
        {inKeyOrder(visible)}
      </div>
    </div>
  );
};

interface TableRowProps {
  readonly row: Row;
  readonly index: number;
  readonly y: number;
  readonly before: number | undefined;
  readonly table: AccessTableProps;
}

/** While only the list is scrolled a row that was in sight stays as it is. */
const isSameRow = (a: TableRowProps, b: TableRowProps): boolean =>
  a.table === b.table && a.y === b.y && a.index === b.index && a.before === b.before && showsSame(a.row, b.row);

const TableRow = memo(({ row, index, y, before, table }: TableRowProps): ReactElement => {
  const { view, frame, marks, selected, onSelect, onMenu } = table;
  const position = positionOfRow(row);
  const mark =
    row.kind === 'gap'
      ? undefined
      : marks.a?.position === position
        ? 'A'
        : marks.b?.position === position
          ? 'B'
          : undefined;
  const record = row.kind === 'record' ? frame.records.at(row.position) : undefined;
  const isFault = record?.op === 'fault';
  const isHeld = record?.outcome === 'held' && lab.state.instruments.held.some(({ seq }) => seq === record.seq);
  const openable = row.kind === 'burst' || row.kind === 'window';
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys for its rows
    <div
      role="row"
      aria-rowindex={index + 1}
      aria-selected={selected === position && row.kind !== 'window'}
      aria-expanded={openable ? row.open : undefined}
      tabIndex={-1}
      className="grid-row"
      data-kind={isFault ? 'fault' : isHeld ? 'held' : row.kind}
      data-mark={mark}
      style={{ transform: `translateY(${y}px)` }}
      onClick={() => {
        if (row.kind === 'gap') return;
        onSelect(row);
        if (!openable) return;
        view.hold();
        view.toggle(row.kind === 'burst' ? row.burst : row.window);
      }}
      onContextMenu={(event: MouseEvent) => {
        const column = columnAt(event.target);
        if (column === undefined || row.kind === 'gap') return;
        event.preventDefault();
        onMenu({ row, column, x: event.clientX, y: event.clientY });
      }}
    >
      <Cells row={row} frame={frame} before={before} />
    </div>
  );
}, isSameRow);

const columnAt = (target: EventTarget): ColumnName | undefined => {
  const name = target instanceof Element ? target.closest('[data-column]')?.getAttribute('data-column') : null;
  return COLUMN_NAMES.find((column) => column === name);
};
