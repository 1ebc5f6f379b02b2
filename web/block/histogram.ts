/** A latency histogram on a logarithmic axis: where decades, percentiles and bars lie, in percent. */
import type { BlockPanel } from '#bus/block-panel.ts';
import type { Buckets } from './rates.ts';

export const CLASSES = ['read', 'write', 'other'] as const;
export type LatencyClass = (typeof CLASSES)[number];

export interface LatencyAxis {
  /** Powers of ten from end to end, in nanoseconds. */
  readonly decades: readonly number[];
  /** Percent from the left; what lies beyond is at the end. */
  readonly at: (ns: number) => number;
}

/** Eight buckets a doubling, see BlockLatencyView. */
const BUCKET = 2 ** (1 / 8);

/** Whole decades around all that was measured, two at least; null when nothing was. */
export const axisOf = (all: readonly Buckets[]): LatencyAxis | null => {
  const edges = all.flatMap((buckets) => buckets.map(({ fromNs }) => fromNs));
  if (edges.length === 0) return null;
  const low = Math.floor(Math.log10(Math.max(1, Math.min(...edges))));
  const high = Math.max(low + 2, Math.ceil(Math.log10(Math.max(...edges) * BUCKET)));
  return {
    decades: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
    at: (ns) => Math.min(100, Math.max(0, ((Math.log10(Math.max(1, ns)) - low) / (high - low)) * 100)),
  };
};

/** Bars in a box of 100 by 100, writes on reads and the others on both; the smallest is still to be seen. */
export const barsOf = (
  axis: LatencyAxis,
  latency: BlockPanel['latency'],
): { readonly bars: Readonly<Record<LatencyClass, string>>; readonly most: number } => {
  const sums = new Map<number, number>();
  for (const of of CLASSES)
    for (const { fromNs, requests } of latency[of].buckets) sums.set(fromNs, (sums.get(fromNs) ?? 0) + requests);
  const most = Math.max(0, ...sums.values());
  const bases = new Map<number, number>();
  const bars: Record<LatencyClass, string> = { read: '', write: '', other: '' };
  for (const of of CLASSES)
    for (const { fromNs, requests } of latency[of].buckets) {
      if (requests === 0) continue;
      const [left, right] = [axis.at(fromNs), axis.at(fromNs * BUCKET)];
      const base = bases.get(fromNs) ?? 0;
      const height = Math.max(1.2, (requests / most) * 98);
      bases.set(fromNs, base + height);
      bars[of] +=
        `M${fixed(left)} ${fixed(100 - base)}h${fixed(right - left)}v${fixed(-height)}h${fixed(left - right)}z`;
    }
  return { bars, most };
};

const fixed = (n: number): string => n.toFixed(2);
