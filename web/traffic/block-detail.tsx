/** The detail of one request to a block device, or of its answer. */
import type { ReactElement } from 'react';
import { SECTOR_BYTES } from '#bus/block.ts';
import { NO_QUEUE, type TraceNames, type TraceRecord, unpackTag } from '#bus/trace.ts';
import { bytesText, nsText } from '../block/panel.ts';
import { requestOf, statusOf } from '../block/requests.ts';
import { OpTag } from '../ui/op-tag.tsx';
import { blockWords } from './block-words.ts';
import { Branch, Leaf } from './detail-tree.tsx';
import { count, seconds } from './words.ts';

export const BlockDetail = (props: {
  readonly record: TraceRecord;
  readonly names: TraceNames;
  readonly onFilter: (clause: string) => void;
}): ReactElement => {
  const { record, names, onFilter } = props;
  const words = blockWords(record, names);
  const { tag, hctx } = unpackTag(record.old);
  const done = record.op === 'done';
  return (
    <aside className="detail" aria-label={`Record ${record.seq}`}>
      <header className="head">
        <h2>#{record.seq}</h2>
        <OpTag op={record.op} />
        <span className="detail-name">{words.name}</span>
      </header>
      <div className="detail-body">
        <div className="tree">
          {done ? <Answer record={record} /> : <Request record={record} requester={words.requester} />}
          <Branch title="Slot">
            <Leaf name="hardware queue">{hctx === NO_QUEUE ? 'none: not over the bus' : hctx}</Leaf>
            <Leaf name="tag">{tag}</Leaf>
            <Leaf name="others">
              <Find onFind={() => onFilter(`dev == ${words.device} && hctx == ${hctx} && tag == ${tag}`)}>
                every request in this slot
              </Find>
            </Leaf>
          </Branch>
          <Branch title="Bus">
            <Leaf name="requester">{words.requester === '' ? 'the device' : words.requester}</Leaf>
            <Leaf name="device">{words.device}</Leaf>
            <Leaf name="time">
              <span className="mono">{seconds(record.time)}</span> s
            </Leaf>
            <Leaf name="result">{record.outcome}</Leaf>
          </Branch>
        </div>
      </div>
    </aside>
  );
};

const Request = ({ record, requester }: { record: TraceRecord; requester: string }): ReactElement => {
  const { op, sector, sectors, fua, noUnmap } = requestOf(record, requester);
  return (
    <Branch title={`Request: ${op}`}>
      <Leaf name="first sector" mono>
        {count(sector)}
      </Leaf>
      {sectors > 0 && (
        <Leaf name="last sector" mono>
          {count(sector + sectors - 1)}
        </Leaf>
      )}
      <Leaf name="length">
        {count(sectors)} sectors, {bytesText(sectors * SECTOR_BYTES)}
      </Leaf>
      <Leaf name="at byte" mono>
        {count(sector * SECTOR_BYTES)}
      </Leaf>
      <Leaf name="FUA">{fua ? 'yes: through the volatile cache before the answer' : 'no'}</Leaf>
      {op === 'write_zeroes' && <Leaf name="no unmap">{noUnmap ? 'yes' : 'no'}</Leaf>}
    </Branch>
  );
};

const Answer = ({ record }: { record: TraceRecord }): ReactElement => (
  <Branch title={`Answer: ${statusOf(record)}`}>
    <Leaf name="status">BLK_STS_{statusOf(record)}</Leaf>
    <Leaf name="sector" mono>
      {count(record.at)}
    </Leaf>
    <Leaf name="sectors">{count(record.value)}</Leaf>
    <Leaf name="took">{nsText(record.aux)}</Leaf>
  </Branch>
);

const Find = ({ onFind, children }: { onFind: () => void; children: string }): ReactElement => (
  <button type="button" className="text-link" onClick={onFind}>
    {children}
  </button>
);
