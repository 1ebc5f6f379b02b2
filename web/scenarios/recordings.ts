/** The records of runs, fetched once each and kept as long as they are likely to be looked at again. */
import { useEffect, useState } from 'react';
import type { RunView } from '#bus/api.ts';
import { sentenceOf } from '../api.ts';
import { TraceRing } from '../store/trace-ring.ts';
import { fetchRunTrace } from '../traffic/source.ts';

export type Fetched = { readonly ring: TraceRing } | { readonly failed: string };

const KEPT = 6;
const kept = new Map<string, Promise<Fetched>>();

/** Null while it is fetched, or while the run has no records of its own. */
export const useRunRecords = (run: RunView | undefined): Fetched | null => {
  const wanted = run !== undefined && run.mode === 'virtual' && run.state === 'done' ? run : undefined;
  const key = wanted === undefined ? null : `${wanted.run} ${wanted.startedAt}`;
  const [fetched, setFetched] = useState<{ readonly key: string; readonly what: Fetched } | null>(null);
  const number = wanted?.run;
  useEffect(() => {
    if (key === null || number === undefined) return;
    let left = false;
    void recordsOf(key, number).then((what) => {
      if (!left) setFetched({ key, what });
    });
    return () => {
      left = true;
    };
  }, [key, number]);
  return fetched !== null && fetched.key === key ? fetched.what : null;
};

const recordsOf = (key: string, run: number): Promise<Fetched> => {
  const known = kept.get(key);
  if (known !== undefined) return known;
  const asked = fetchRunTrace(run).then(
    ({ records, names }): Fetched => ({ ring: TraceRing.of(records, names) }),
    (error: unknown): Fetched => {
      kept.delete(key);
      return { failed: sentenceOf(error) };
    },
  );
  kept.set(key, asked);
  const [oldest] = kept.keys();
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
  return asked;
};
