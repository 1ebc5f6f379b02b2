/** The newest readings of a block device: rates over the last quarter of a second, and the last minute of each. */
import { useSyncExternalStore } from 'react';
import { samples } from '../store/lab-state.ts';
import { SPARK_POINTS } from '../ui/spark.ts';

export interface Reading {
  /** NaN before the first. */
  readonly now: number;
  readonly points: readonly number[];
}

export type ReadingName = 'iops' | 'reads' | 'writes' | 'bytes' | 'errors' | 'p50Ns' | 'p99Ns' | 'inFlight';

export const useReadings = (device: string): Readonly<Record<ReadingName, Reading>> => {
  useSyncExternalStore(samples.subscribe, () => samples.version);
  const { readings } = samples.of(device);
  const of = (name: ReadingName): Reading => {
    const points = (readings[name] ?? []).slice(-SPARK_POINTS);
    return { now: points.at(-1) ?? Number.NaN, points };
  };
  return {
    iops: of('iops'),
    reads: of('reads'),
    writes: of('writes'),
    bytes: of('bytes'),
    errors: of('errors'),
    p50Ns: of('p50Ns'),
    p99Ns: of('p99Ns'),
    inFlight: of('inFlight'),
  };
};
