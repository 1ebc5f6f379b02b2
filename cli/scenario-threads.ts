/** Many scenarios in virtual time on all cores: each run is alone in its thread, so that seed and file alone decide its trace. */
import type { RunResult } from '#server/scenario/runner.ts';
import type { SeededSource } from './repeat.ts';
import { type ScenarioThread, startThreads } from './scenario-pool.ts';
import { runVirtual } from './virtual-run.ts';

/** How far ahead of the last one told a run may be taken up: their results wait in memory. */
const AHEAD = 64;

/** The threads beside the main one. */
export interface Helpers {
  readonly threads: readonly ScenarioThread[];
  /** The first source, which the first thread runs already. */
  readonly begun?: Promise<RunResult> | undefined;
}

/** Calls `done` for each source in the order they are given, as soon as that is possible. The threads are ended. */
export const runAll = async (
  sources: readonly SeededSource[],
  done: (source: SeededSource, result: RunResult) => void,
  { threads, begun }: Helpers = { threads: startThreads(sources.length) },
): Promise<void> => {
  const results = new Map<number, RunResult>();
  let told = 0;
  const taken = new Set<number>();
  const sets: Set<string>[] = [];
  const finished = (index: number, result: RunResult): void => {
    results.set(index, result);
    for (let ready = results.get(told); ready !== undefined; ready = results.get(told)) {
      const source = sources[told];
      results.delete(told++);
      if (source !== undefined) done(source, ready);
    }
  };
  let over = false;
  /** The next one of a kind this thread has run before, whose code is warm; else of a kind nobody has; else any. */
  const pick = (mine: ReadonlySet<string>): number | undefined => {
    const open: number[] = [];
    for (let i = told; i < Math.min(sources.length, told + AHEAD); i++) if (!taken.has(i)) open.push(i);
    const kindOf = (index: number): string => kindsOf(sources[index]);
    return (
      open.find((index) => mine.has(kindOf(index))) ??
      open.find((index) => !sets.some((set) => set.has(kindOf(index)))) ??
      open[0]
    );
  };
  const work = async (run: (source: SeededSource) => Promise<RunResult>, first?: Promise<RunResult>): Promise<void> => {
    const mine = new Set<string>();
    sets.push(mine);
    let running = first;
    for (let index = running === undefined ? pick(mine) : 0; index !== undefined && !over; index = pick(mine)) {
      const source = sources[index];
      if (source === undefined) return;
      taken.add(index);
      mine.add(kindsOf(source));
      running ??= run(source);
      finished(index, await running);
      running = undefined;
    }
  };
  try {
    // The threads take theirs up before the main one, which then has no time to hand anything out.
    const handed = threads.map((thread, n) =>
      work(({ scenario, file, seed }) => thread.run({ scenario, file, seed }), n === 0 ? begun : undefined),
    );
    await Promise.all([...handed, work(({ scenario, file, seed }) => runVirtual({ scenario, file, seed }))]);
  } finally {
    over = true; // after an error nobody takes up another
    await Promise.all(threads.map((thread) => thread.end()));
  }
};

const kindsOf = (source: SeededSource | undefined): string =>
  Object.values(source?.scenario.bench ?? {})
    .map(({ device }) => device)
    .sort()
    .join();
