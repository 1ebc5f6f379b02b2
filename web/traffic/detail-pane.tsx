/** One row in full: its fields, who did it, and the frames as they were on the wire. */
import type { ReactElement } from 'react';
import type { TraceNames, TraceRecord } from '#bus/trace.ts';
import { isAccess } from '../filter/columns.ts';
import { placeOf, printAt, type Sheet } from '../filter/sheets.ts';
import { Empty } from '../ui/empty.tsx';
import { OpTag } from '../ui/op-tag.tsx';
import { BlockDetail } from './block-detail.tsx';
import { isBlockRecord } from './block-words.ts';
import type { Burst } from './burst.ts';
import { Branch, Leaf } from './detail-tree.tsx';
import { framesOf } from './frame-bits.ts';
import { FrameWave } from './frame-wave.tsx';
import { isSpanRecord } from './span-words.ts';
import { Sum } from './table-row.tsx';
import {
  burstWords,
  count,
  duration,
  type FieldLine,
  fieldLines,
  printValue,
  seconds,
  windowRange,
  wordsOf,
} from './words.ts';

export type Selection =
  | { readonly kind: 'record'; readonly position: number; readonly record: TraceRecord; readonly names: TraceNames }
  | { readonly kind: 'burst'; readonly position: number; readonly burst: Burst; readonly names: TraceNames };

export interface DetailProps {
  readonly selection: Selection | null;
  readonly sheetOf: (device: string) => Sheet | undefined;
  /** Port address of a device; null when this trace does not know it. */
  readonly prtadOf: (device: string) => number | null;
  readonly onFilter: (clause: string) => void;
}

export const DetailPane = (props: DetailProps): ReactElement => {
  const { selection } = props;
  if (selection === null)
    return (
      <aside className="detail" aria-label="Detail">
        <Empty title="No row is selected">Click one, or press the down arrow in the table.</Empty>
      </aside>
    );
  if (selection.kind === 'record') {
    const { record, names } = selection;
    if (isBlockRecord(record, props.sheetOf(names.devices[record.device] ?? '')))
      return <BlockDetail record={record} names={names} onFilter={props.onFilter} />;
  }
  return selection.kind === 'record' ? <RecordDetail {...props} {...selection} /> : <BurstDetail {...selection} />;
};

const RecordDetail = ({
  record,
  names,
  sheetOf,
  prtadOf,
  onFilter,
}: DetailProps & { record: TraceRecord; names: TraceNames }): ReactElement => {
  const words = wordsOf(record, names, sheetOf, 'hex');
  const access = isAccess(record);
  const sheet = sheetOf(words.device);
  const place = placeOf(sheet, record.at);
  const prtad = prtadOf(words.device);
  return (
    <aside className="detail" aria-label={`Record ${record.seq}`}>
      <header className="head">
        <h2>#{record.seq}</h2>
        <OpTag op={record.op} />
        {(access || isSpanRecord(record)) && <span className="mono">{words.address}</span>}
        <span className="detail-name">{words.name}</span>
      </header>
      <div className="detail-body">
        <div className="tree">
          {access && (
            <Branch title={words.doc || 'No datasheet knows this address'}>
              {place.register === null ? (
                <Leaf name="value">
                  <span className="mono">{printValue(record.value, place, 'hex')}</span>
                </Leaf>
              ) : (
                fieldLines(place.register, record.value, words.change === '' ? null : record.old).map((line) => (
                  <FieldLeaf key={line.name} line={line} />
                ))
              )}
              {words.remark && <Leaf name="note">{words.decoded}</Leaf>}
            </Branch>
          )}
          {!access && (
            <Branch title={words.doc === '' ? words.name : words.doc}>
              {words.decoded !== '' && <Leaf name="says">{words.decoded}</Leaf>}
            </Branch>
          )}
          <Branch title={access ? 'Bus' : 'Where from'}>
            <Leaf name="requester">{words.requester === '' ? 'the lab itself' : words.requester}</Leaf>
            <Leaf name="device">{words.device}</Leaf>
            <Leaf name="time">
              <span className="mono">{seconds(record.time)}</span> s
            </Leaf>
            {access && sheet?.mmio !== true && (
              <Leaf name="vector">
                2 frames, {record.aux === 0 ? 'no time on the wire' : `${duration(record.aux)} on the wire`}
              </Leaf>
            )}
            {access && <Leaf name="result">{record.outcome}</Leaf>}
            {access && (
              <Leaf name="others">
                <button
                  type="button"
                  className="text-link"
                  onClick={() =>
                    onFilter(`reg == ${place.register === null ? printAt(sheet, record.at) : (place.name ?? '')}`)
                  }
                >
                  every access to {place.register === null ? words.address : place.name}
                </button>
              </Leaf>
            )}
          </Branch>
        </div>
        {access &&
          prtad !== null &&
          framesOf(record, prtad).map((frame) => <FrameWave key={frame.title} frame={frame} />)}
        {access && sheet?.mmio !== true && prtad === null && (
          <p className="dim">The port address was not recorded, so the frames cannot be drawn.</p>
        )}
      </div>
    </aside>
  );
};

const BurstDetail = ({ burst, names }: { burst: Burst; names: TraceNames }): ReactElement => {
  const { title } = burstWords(burst);
  const ns = burst.until - burst.time;
  const { sum } = burst;
  return (
    <aside className="detail" aria-label={title}>
      <header className="head">
        <h2>#{burst.firstSeq}</h2>
        <OpTag op={burst.op} />
        <span className="detail-name">{title}</span>
      </header>
      <div className="detail-body">
        <div className="tree">
          <Branch
            title={
              burst.isSpans
                ? `${count(burst.count)} spans, ${count(burst.bytes)} bytes`
                : `${count(burst.count)} ${burst.op}s to consecutive addresses`
            }
          >
            {burst.windows.map((window) => (
              <Leaf key={window.firstSeq} name={windowRange(window, burst.sheet)} mono>
                {count(window.count)} in {duration(window.until - window.time)}
              </Leaf>
            ))}
          </Branch>
          <Branch title="Bus">
            <Leaf name="requester">{names.requesters[burst.requester]}</Leaf>
            <Leaf name="device">{names.devices[burst.device]}</Leaf>
            <Leaf name="took">{duration(ns)}</Leaf>
            {ns > 0 && <Leaf name="rate">{count(Math.round(((burst.count - 1) / ns) * 1e9))} accesses a second</Leaf>}
            <Leaf name="result">{burst.unusual === 0 ? 'every one ok' : `${count(burst.unusual)} not ok`}</Leaf>
          </Branch>
          {sum !== null && (
            <Branch title="Program image">
              <Leaf name="rule">16-bit sum of all bytes but its own two</Leaf>
              <Leaf name="">
                <Sum verdict={sum} />
              </Leaf>
              {sum.good === null && <Leaf name="so far">the upload has not reached the length the image says</Leaf>}
            </Branch>
          )}
        </div>
      </div>
    </aside>
  );
};

const FieldLeaf = ({ line: { name, bits, doc, now, was } }: { line: FieldLine }): ReactElement => (
  <li title={doc}>
    <span className="mono dim">{bits}</span> {name}
    {was === null ? (
      <span className="field-now mono">{now}</span>
    ) : (
      <span className="field-now changed">
        <span className="mono">{was}</span> <span className="dim">→</span> <b className="mono">{now}</b>
      </span>
    )}
  </li>
);
