/** The newest requests of a block device: what was asked, where, and how it was answered. */
import type { ReactElement } from 'react';
import { OUTSIDE_ROWS } from '#bus/block.ts';
import type { BlockPanel } from '#bus/block-panel.ts';
import { NO_QUEUE, type TraceOp } from '#bus/trace.ts';
import { Link } from '../shell/link.tsx';
import { labNow, trace } from '../store/lab-state.ts';
import { Empty } from '../ui/empty.tsx';
import { count } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { OpTag } from '../ui/op-tag.tsx';
import { useTick } from '../ui/use-tick.ts';
import { nsText } from './panel.ts';
import { newestRequests, type SeenRequest } from './requests.ts';

const SHOWN = 24;

export const RequestTable = ({ device, panel }: { device: string; panel: BlockPanel }): ReactElement => {
  useTick();
  const requests = newestRequests(trace, device, SHOWN);
  const outside = (panel.clients ?? []).length > 0;
  return (
    <section className="faceplate block-requests" aria-label="Requests">
      <header className="head">
        <h2>
          Requests
          <small>
            {count(panel.inFlight)} in flight, most at once {count(panel.peakInFlight)}
          </small>
        </h2>
        <Link className="btn quiet at-end" to={`/traffic?filter=${encodeURIComponent(`dev == ${device}`)}`}>
          Traffic <Icon name="right" />
        </Link>
      </header>
      <div className="block-scroll">
        {requests.length === 0 ? (
          <Empty title={`No request to ${device} so far`}>
            A driver's requests are recorded here, and those of NBD clients while they are few.
          </Empty>
        ) : (
          <table className="table">
            <thead>
              <tr>
                <th className="right">tag</th>
                <th>op</th>
                <th className="right">sector</th>
                <th className="right">sectors</th>
                <th>queue</th>
                <th className="right">took</th>
                <th>status</th>
              </tr>
            </thead>
            <tbody>
              {requests.map((request) => (
                <Row key={request.seq} request={request} />
              ))}
            </tbody>
          </table>
        )}
      </div>
      {outside && requests.length > 0 && (
        <p className="block-note dim">
          Of NBD clients at most {OUTSIDE_ROWS} each quarter of a second; how many more there were is a note in Traffic.
        </p>
      )}
    </section>
  );
};

const Row = ({ request }: { request: SeenRequest }): ReactElement => {
  const { seq, requester, op, tag, hctx, sector, sectors, answer, time } = request;
  const failed = answer !== null && answer.status !== 'OK';
  return (
    <tr>
      <td className="right mono">{tag}</td>
      <td>
        <OpTag op={traceOpOf(op)} word={op} />
        {request.fua && <span className="dim"> fua</span>}
      </td>
      <td className="right mono">
        <Link to={`/traffic?filter=${encodeURIComponent(`seq in {${Math.max(1, seq - 20)}..${seq + 20}}`)}`}>
          {count(sector)}
        </Link>
      </td>
      <td className="right mono">{count(sectors)}</td>
      <td className="dim">{hctx === NO_QUEUE ? requester : hctx}</td>
      <td className="right mono">
        {answer === null ? nsText(Math.max(0, labNow() - time)) : nsText(answer.latencyNs)}
      </td>
      <td className={failed ? 'bad' : answer === null ? 'caution' : 'dim'}>
        {failed && <Icon name="cross" className="in-line" />}
        {answer === null ? 'no answer yet' : answer.status}
      </td>
    </tr>
  );
};

const traceOpOf = (op: SeenRequest['op']): TraceOp =>
  op === 'read' || op === 'write' || op === 'flush' || op === 'discard' || op === 'write_zeroes' ? op : 'zone';
