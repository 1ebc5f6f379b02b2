/** Latencies since the counters began: a histogram on a logarithmic axis, and the percentiles of the server's HDR histograms. */
import type { ReactElement } from 'react';
import type { BlockPanel } from '#bus/block-panel.ts';
import { api } from '../api.ts';
import { CommandButton } from '../ui/button.tsx';
import { count } from '../ui/format.ts';
import { axisOf, barsOf, CLASSES, type LatencyClass } from './histogram.ts';
import { nsText } from './panel.ts';

export const LatencyPanel = ({ device, panel }: { device: string; panel: BlockPanel }): ReactElement => {
  const { latency } = panel;
  const timed = CLASSES.reduce((sum, of) => sum + latency[of].requests, 0);
  return (
    <section className="faceplate block-latency" aria-label="Latency">
      <header className="head">
        <h2>
          Latency
          <small>
            {count(timed)} of {count(panel.requests)} requests timed
          </small>
        </h2>
        <span className="at-end">
          <CommandButton look="quiet" command={() => api.control(device, 'reset-counters')}>
            Start the counts again
          </CommandButton>
        </span>
      </header>
      <div className="block-latency-body">
        <Histogram panel={panel} />
        <Percentiles panel={panel} />
      </div>
    </section>
  );
};

const Histogram = ({ panel: { latency } }: { panel: BlockPanel }): ReactElement => {
  const axis = axisOf(CLASSES.map((of) => latency[of].buckets));
  if (axis === null)
    return (
      <p className="histogram-none dim">
        No request was timed yet. A device without memory and without a timer is counted by the packet, not timed.
      </p>
    );
  const busiest = CLASSES.reduce((a, b) => (latency[b].requests > latency[a].requests ? b : a));
  const { bars, most } = barsOf(axis, latency);
  return (
    <figure className="histogram" aria-label={sentence(busiest, latency[busiest])}>
      <div className="histogram-plot">
        {axis.decades.map((ns) => (
          <span key={ns} className="decade" style={{ left: `${axis.at(ns)}%` }} />
        ))}
        {CLASSES.map((of) => (
          <svg key={of} data-class={of} viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
            <path d={bars[of]} />
          </svg>
        ))}
        {MARKS.map(([label, key]) => (
          <span key={label} className="percentile" style={{ left: `${axis.at(latency[busiest][key])}%` }}>
            <i>{label}</i>
          </span>
        ))}
      </div>
      <div className="histogram-axis mono">
        {axis.decades.map((ns) => (
          <span key={ns} style={{ left: `${axis.at(ns)}%` }}>
            {nsText(ns)}
          </span>
        ))}
      </div>
      <figcaption>
        <span data-class="read">read</span>
        <span data-class="write">write</span>
        <span data-class="other">other</span>
        <span className="dim at-end">
          tallest {count(most)}; marks are of {busiest}
        </span>
      </figcaption>
    </figure>
  );
};

const MARKS = [
  ['p50', 'p50Ns'],
  ['p99', 'p99Ns'],
  ['p99.9', 'p999Ns'],
] as const;

const COLUMNS = [
  ['p50', 'p50Ns'],
  ['p90', 'p90Ns'],
  ['p99', 'p99Ns'],
  ['p99.9', 'p999Ns'],
  ['max', 'maxNs'],
  ['mean', 'meanNs'],
] as const;

const Percentiles = ({ panel: { latency } }: { panel: BlockPanel }): ReactElement => (
  <table className="table percentiles">
    <thead>
      <tr>
        <th>class</th>
        {COLUMNS.map(([label]) => (
          <th key={label} className="right">
            {label}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {CLASSES.map((of) => (
        <tr key={of}>
          <td>{of}</td>
          {COLUMNS.map(([label, key]) => (
            <td key={label} className="right">
              {latency[of].requests === 0 ? '–' : nsText(latency[of][key])}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  </table>
);

const sentence = (of: LatencyClass, { p50Ns, p99Ns, p999Ns }: BlockPanel['latency'][LatencyClass]): string =>
  `Latency histogram; ${of}: half within ${nsText(p50Ns)}, 99 percent within ${nsText(p99Ns)}, 99.9 percent within ${nsText(p999Ns)}`;
