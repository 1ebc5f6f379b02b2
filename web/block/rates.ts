/** Rates of a block device between two looks at its counters, and its latencies in that time. */
import type { BlockLatencyView, BlockPanel } from '#bus/block-panel.ts';

export type Buckets = BlockLatencyView['buckets'];

/** Per second; latencies null when no request was timed. */
export interface BlockRates {
  readonly iops: number;
  readonly reads: number;
  readonly writes: number;
  readonly bytes: number;
  readonly errors: number;
  readonly p50Ns: number | null;
  readonly p99Ns: number | null;
}

/** Null when there is nothing to compare: the same look, or counters that began again. */
export const ratesOf = (before: BlockPanel, now: BlockPanel): BlockRates | null => {
  const seconds = (now.at - before.at) / 1e9;
  if (seconds <= 0 || now.requests < before.requests || now.bytes < before.bytes) return null;
  const per = (of: (panel: BlockPanel) => number): number => Math.max(0, of(now) - of(before)) / seconds;
  const since = bucketsSince(allBuckets(before), allBuckets(now));
  return {
    iops: per(({ requests }) => requests),
    reads: per(({ ops }) => ops.read.requests),
    writes: per(({ ops }) => ops.write.requests + ops.zone_append.requests),
    bytes: per(({ bytes }) => bytes),
    errors: per(({ errors }) => errors),
    p50Ns: percentileOf(since, 50),
    p99Ns: percentileOf(since, 99),
  };
};

/** Remembers the last look at each device. */
export class BlockMeter {
  readonly #last = new Map<string, { readonly panel: BlockPanel; readonly rates: BlockRates | null }>();

  /** The newest rates; those of the look before while the panel is the same one. */
  read(device: string, panel: BlockPanel): BlockRates | null {
    const last = this.#last.get(device);
    if (last !== undefined && last.panel.at === panel.at) return last.rates;
    const rates = last === undefined ? null : ratesOf(last.panel, panel);
    this.#last.set(device, { panel, rates });
    return rates;
  }
}

/** What came into the buckets since; a count that fell counts as begun again. */
export const bucketsSince = (before: Buckets, now: Buckets): Buckets => {
  const old = new Map(before.map(({ fromNs, requests }) => [fromNs, requests]));
  return now
    .map(({ fromNs, requests }) => ({ fromNs, requests: Math.max(0, requests - (old.get(fromNs) ?? 0)) }))
    .filter(({ requests }) => requests > 0);
};

/** The bucket the given percent of the requests lie in or below, by its lower edge; null when there are none. */
export const percentileOf = (buckets: Buckets, percent: number): number | null => {
  const total = buckets.reduce((sum, { requests }) => sum + requests, 0);
  if (total === 0) return null;
  const sorted = [...buckets].sort((a, b) => a.fromNs - b.fromNs);
  let left = (total * percent) / 100;
  for (const { fromNs, requests } of sorted) {
    left -= requests;
    if (left <= 1e-9) return fromNs;
  }
  return sorted.at(-1)?.fromNs ?? null;
};

const allBuckets = ({ latency: { read, write, other } }: BlockPanel): Buckets => {
  const sums = new Map<number, number>();
  for (const { fromNs, requests } of [...read.buckets, ...write.buckets, ...other.buckets])
    sums.set(fromNs, (sums.get(fromNs) ?? 0) + requests);
  return [...sums].map(([fromNs, requests]) => ({ fromNs, requests }));
};
