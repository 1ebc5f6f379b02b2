/** Exact counts by operation, and what else happened to requests. */
import type { ReactElement } from 'react';
import { BLOCK_OPS } from '#bus/block.ts';
import type { BlockPanel } from '#bus/block-panel.ts';
import { count } from '../ui/format.ts';
import { bytesText, EVENT_WORDS, nsText } from './panel.ts';
import { TagLadders } from './tag-ladder.tsx';

export const OpTable = ({ panel }: { panel: BlockPanel }): ReactElement => {
  const ops = BLOCK_OPS.filter((op, i) => i < 5 || panel.ops[op].requests > 0 || panel.ops[op].inFlight > 0);
  return (
    <section className="faceplate block-counts" aria-label="Counters">
      <header className="head">
        <h2>
          Operations<small>counted one by one since the counters began</small>
        </h2>
      </header>
      <div className="block-scroll">
        <table className="table">
          <thead>
            <tr>
              <th>op</th>
              <th className="right">requests</th>
              <th className="right">moved</th>
              <th className="right">failed</th>
              <th className="right">in flight</th>
            </tr>
          </thead>
          <tbody>
            {ops.map((op) => {
              const { requests, bytes, errors, inFlight } = panel.ops[op];
              return (
                <tr key={op}>
                  <td>{op}</td>
                  <td className="right">{count(requests)}</td>
                  <td className="right">{bytes === 0 ? '–' : bytesText(bytes)}</td>
                  <td className={errors > 0 ? 'right bad' : 'right dim'}>{count(errors)}</td>
                  <td className="right">{inFlight}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <Notable panel={panel} />
    </section>
  );
};

const Notable = ({ panel: { events, statuses } }: { panel: BlockPanel }): ReactElement | null => {
  const happened = Object.entries(events).filter(([, times]) => times > 0);
  const ended = Object.entries(statuses).filter(([, times]) => times > 0);
  if (happened.length + ended.length === 0) return null;
  return (
    <ul className="block-events">
      {ended.map(([status, times]) => (
        <li key={status} className="chip bad">
          {count(times)} ended {status}
        </li>
      ))}
      {happened.map(([event, times]) => (
        <li key={event} className="chip">
          {count(times)} {EVENT_WORDS[event] ?? event}
        </li>
      ))}
    </ul>
  );
};

export const QueuePanel = ({ panel }: { panel: BlockPanel }): ReactElement => (
  <section className="faceplate block-queues" aria-label="Queues and tags">
    <header className="head">
      <h2>
        Queues and tags
        <small>
          {panel.inFlight} in flight, {panel.peakInFlight} at most, timer {nsText(panel.completionNs)}
        </small>
      </h2>
    </header>
    <div className="block-scroll block-ladders">
      <TagLadders panel={panel} />
    </div>
  </section>
);
