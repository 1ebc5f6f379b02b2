/** One row of the access table: a record, a folded burst, one window of it, or a gap. */
// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by hand, which a table element does not allow
import type { ReactElement, ReactNode } from 'react';
import type { TraceRecord } from '#bus/trace.ts';
import type { Sheet } from '../filter/sheets.ts';
import { Icon } from '../ui/icon.tsx';
import { OpTag } from '../ui/op-tag.tsx';
import type { SumVerdict } from './image-sum.ts';
import type { Records } from './records.ts';
import type { Row } from './rows.ts';
import { deltaText, type TimeBase, timeText } from './table-times.ts';
import { burstWords, count, duration, type Radix, type RecordWords, windowRange, wordsOf } from './words.ts';

export const COLUMN_NAMES = [
  '#',
  'time',
  'delta',
  'device',
  'requester',
  'op',
  'register',
  'value',
  'change',
  'decoded',
  'result',
  'latency',
] as const;
export type ColumnName = (typeof COLUMN_NAMES)[number];

export interface RowFrame {
  readonly records: Records;
  readonly sheetOf: (device: string) => Sheet | undefined;
  readonly time: TimeBase;
  readonly radix: Radix;
}

export const Cells = ({
  row,
  frame,
  before,
}: {
  row: Row;
  frame: RowFrame;
  before: number | undefined;
}): ReactElement => {
  switch (row.kind) {
    case 'record': {
      const record = frame.records.at(row.position);
      return record === undefined ? (
        <Gone />
      ) : (
        <RecordCells record={record} depth={row.depth} frame={frame} before={before} />
      );
    }
    case 'burst':
      return <BurstCells row={row} frame={frame} before={before} />;
    case 'window':
      return <WindowCells row={row} frame={frame} />;
    case 'gap':
      return (
        <Cell name="#" wide>
          <span>
            {row.gap.why === 'lost'
              ? `${count(row.gap.count)} records did not come: the browser was too slow or away too long`
              : `${count(row.gap.count)} records went by faster than they could be shown`}
          </span>
        </Cell>
      );
  }
};

/** When a row ends, for the delta of the next one. */
export const endOf = (row: Row | undefined, records: Records): number | undefined => {
  switch (row?.kind) {
    case 'record':
      return records.at(row.position)?.time;
    case 'burst':
      return row.open ? row.burst.time : row.burst.until;
    case 'window':
      return row.open ? row.window.time : row.window.until;
    default:
      return undefined;
  }
};

const Cell = ({
  name,
  className = '',
  wide = false,
  title,
  children,
}: {
  name: ColumnName;
  className?: string;
  wide?: boolean;
  title?: string | undefined;
  children?: ReactNode;
}): ReactElement => (
  <div
    role="gridcell"
    data-column={name}
    data-wide={wide || undefined}
    className={className}
    title={title}
    tabIndex={-1}
  >
    {children}
  </div>
);

const RecordCells = ({
  record,
  depth,
  frame,
  before,
}: {
  record: TraceRecord;
  depth: number;
  frame: RowFrame;
  before: number | undefined;
}): ReactElement => {
  const words = wordsOf(record, frame.records.names, frame.sheetOf, frame.radix);
  return (
    <>
      <Cell name="#" className="mono dim">
        {record.seq}
      </Cell>
      <Cell name="time" className="mono">
        {timeText(record.time, frame.time)}
      </Cell>
      <Cell name="delta" className="mono dim">
        {deltaText(record.time, before)}
      </Cell>
      <Cell name="device">{words.device}</Cell>
      <Cell name="requester" className="mid">
        {words.requester}
      </Cell>
      <Cell name="op">
        <OpTag op={record.op} />
      </Cell>
      <RegisterCell words={words} depth={depth} />
      <Cell name="value" className="mono">
        {words.value}
      </Cell>
      <Cell name="change" className="mono mid">
        {words.change}
      </Cell>
      <Cell name="decoded" title={words.decoded}>
        {words.remark ? <span className="remark">{words.decoded}</span> : words.decoded}
      </Cell>
      <Cell name="result" className={words.result === 'ok' || words.address === '' ? 'dim' : 'caution'}>
        {words.result}
      </Cell>
      <Cell name="latency" className="mono dim">
        {words.latency}
      </Cell>
    </>
  );
};

const RegisterCell = ({ words, depth }: { words: RecordWords; depth: number }): ReactElement => (
  <Cell name="register" className={depth === 0 ? '' : `depth-${depth}`} title={words.doc || undefined}>
    {words.address !== '' && <span className="mono">{words.address}</span>} {words.name}
  </Cell>
);

const BurstCells = ({
  row,
  frame,
  before,
}: {
  row: Row & { kind: 'burst' };
  frame: RowFrame;
  before: number | undefined;
}): ReactElement => {
  const { burst, open } = row;
  const { title, rest, range } = burstWords(burst);
  const { names } = frame.records;
  return (
    <>
      <Cell name="#" className="mono dim">
        {burst.firstSeq}
      </Cell>
      <Cell name="time" className="mono">
        {timeText(burst.time, frame.time)}
      </Cell>
      <Cell name="delta" className="mono dim">
        {deltaText(burst.time, before)}
      </Cell>
      <Cell name="device">{names.devices[burst.device]}</Cell>
      <Cell name="requester" className="mid">
        {names.requesters[burst.requester]}
      </Cell>
      <Cell name="op">
        <OpTag op={burst.op} />
      </Cell>
      <Cell name="register" wide title={range}>
        <Icon name={open ? 'down' : 'right'} className="twist" />
        <b>{title}</b> <span className="mid">{rest}</span> {burst.sum !== null && <Sum verdict={burst.sum} />}
      </Cell>
      <Cell name="result" className={burst.unusual === 0 ? 'dim' : 'caution'}>
        {burst.unusual === 0 ? 'ok' : `${count(burst.unusual)} not ok`}
      </Cell>
      <Cell name="latency" className="mono dim">
        {duration(burst.until - burst.time)}
      </Cell>
    </>
  );
};

export const Sum = ({ verdict: { sum, said, good } }: { verdict: SumVerdict }): ReactElement => {
  const print = (value: number): string => `${value.toString(16).toUpperCase().padStart(4, '0')}h`;
  return (
    <span className="sum">
      <span className="dim">sum</span> <span className="mono">{print(sum)}</span>{' '}
      {good === true && (
        <span className="ok">
          <Icon name="check" />
          as the image says
        </span>
      )}
      {good === false && said !== null && (
        <span className="bad">
          <Icon name="cross" />
          image says {print(said)}
        </span>
      )}
    </span>
  );
};

const WindowCells = ({ row, frame }: { row: Row & { kind: 'window' }; frame: RowFrame }): ReactElement => {
  const { window, burst, open } = row;
  return (
    <>
      <Cell name="#" className="mono dim">
        {window.firstSeq}
      </Cell>
      <Cell name="time" className="mono">
        {timeText(window.time, frame.time)}
      </Cell>
      <Cell name="delta" />
      <Cell name="device" />
      <Cell name="requester" />
      <Cell name="op" />
      <Cell name="register" wide className="depth-1">
        <Icon name={open ? 'down' : 'right'} className="twist" />
        <span className="mono">{windowRange(window, burst.sheet)}</span>{' '}
        <span className="mid">{`${count(window.count)} ${burst.op}s`}</span>
      </Cell>
      <Cell name="result" className={window.unusual === 0 ? 'dim' : 'caution'}>
        {window.unusual === 0 ? 'ok' : `${count(window.unusual)} not ok`}
      </Cell>
      <Cell name="latency" className="mono dim">
        {duration(window.until - window.time)}
      </Cell>
    </>
  );
};

const Gone = (): ReactElement => (
  <Cell name="#" wide className="dim">
    no longer kept
  </Cell>
);
