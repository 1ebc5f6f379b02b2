/** The comparison of two sides, made in a worker and kept while they stay the same. */
import { useEffect, useState } from 'react';
import type { RecordingDiff } from '#recording/diff.ts';
import { diffInWorker } from '../recordings/jobs.ts';
import type { Side } from './sides.ts';

export type DiffState = { readonly diff: RecordingDiff } | { readonly failed: string } | null;

/** Null while it is being made. */
export const useDiff = (a: Side | null, b: Side | null): DiffState => {
  const [made, setMade] = useState<{ readonly a: Side; readonly b: Side; readonly state: DiffState } | null>(null);
  useEffect(() => {
    if (a === null || b === null) return;
    const stop = new AbortController();
    const take = (state: DiffState): void => {
      if (!stop.signal.aborted) setMade({ a, b, state });
    };
    diffInWorker(a.section, b.section, stop.signal).then(
      (diff) => take({ diff }),
      (error: unknown) => take({ failed: error instanceof Error ? error.message : String(error) }),
    );
    return () => stop.abort();
  }, [a, b]);
  return made !== null && made.a === a && made.b === b ? made.state : null;
};
