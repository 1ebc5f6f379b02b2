/** Six readings of a block device with their last minute. */
import type { ReactElement } from 'react';
import type { BlockPanel } from '#bus/block-panel.ts';
import { count } from '../ui/format.ts';
import { Readout, type ReadoutState } from '../ui/readout.tsx';
import { bytesText, nsText } from './panel.ts';
import { type Reading, useReadings } from './readings.ts';

export const BlockReadouts = (props: {
  readonly device: string;
  readonly panel: BlockPanel;
  readonly stale: boolean;
}): ReactElement => {
  const { panel } = props;
  const { iops, reads, writes, bytes, errors, p50Ns, p99Ns, inFlight } = useReadings(props.device);
  const state = (of: Reading, alarm = false): ReadoutState =>
    Number.isNaN(of.now) ? 'absent' : props.stale ? 'stale' : alarm ? 'alarm' : 'live';
  const [rate, rateUnit] = apart(bytesText(bytes.now));
  const [p50, p50Unit] = apart(nsText(p50Ns.now));
  const [p99, p99Unit] = apart(nsText(p99Ns.now));
  const depth = panel.queues.reduce((sum, queue) => sum + queue.depth, 0);
  const worst = Object.entries(panel.statuses).sort(([, a], [, b]) => b - a)[0];
  return (
    <dl className="readouts">
      <Readout
        label="IOPS"
        value={Number.isNaN(iops.now) ? '–' : count(iops.now)}
        unit="/s"
        floor={100}
        points={iops.points}
        state={state(iops)}
        foot={Number.isNaN(iops.now) ? 'nothing measured yet' : `${count(reads.now)} read, ${count(writes.now)} write`}
      />
      <Readout
        label="Throughput"
        value={Number.isNaN(bytes.now) ? '–' : rate}
        unit={`${rateUnit}/s`}
        floor={1e6}
        points={bytes.points}
        state={state(bytes)}
        foot={iops.now > 0 ? `${bytesText(bytes.now / iops.now)} a request` : 'no request now'}
      />
      <Readout
        label="Latency p50"
        value={p50}
        unit={p50Unit}
        floor={10_000}
        points={p50Ns.points}
        state={state(p50Ns)}
        foot={panel.irqmode === 'timer' ? `timer adds ${nsText(panel.completionNs)}` : `irqmode ${panel.irqmode}`}
      />
      <Readout
        label="Latency p99"
        value={p99}
        unit={p99Unit}
        floor={10_000}
        points={p99Ns.points}
        state={state(p99Ns)}
        foot={`longest ever ${nsText(Math.max(panel.latency.read.maxNs, panel.latency.write.maxNs, panel.latency.other.maxNs))}`}
      />
      <Readout
        label="In flight"
        value={count(panel.inFlight)}
        unit={`of ${count(depth)}`}
        floor={8}
        points={inFlight.points}
        state={props.stale ? 'stale' : 'live'}
        foot={`${panel.queues.length} hardware ${panel.queues.length === 1 ? 'queue' : 'queues'}`}
      />
      <Readout
        label="Errors"
        value={count(panel.errors)}
        unit={worst === undefined ? '' : worst[0]}
        floor={4}
        points={errors.points}
        state={props.stale ? 'stale' : errors.now > 0 ? 'alarm' : 'live'}
        foot={errors.now > 0 ? `${count(errors.now)} a second now` : 'none now'}
      />
    </dl>
  );
};

/** A number and its unit. */
const apart = (text: string): readonly [string, string] => {
  const [value = '', unit = ''] = text.split(' ');
  return [value, unit];
};
