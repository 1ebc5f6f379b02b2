/** Many scenarios in virtual time on all cores: each run is alone in its thread, so that seed and file alone decide its trace. */
import type { RunResult } from '#server/scenario/runner.ts';
import type { SeededSource } from './repeat.ts';
import { type ScenarioThread, startThreads } from './scenario-pool.ts';
import { runVirtual } from './virtual-run.ts';

/** How far ahead of the last one told a run may be taken up: their results wait in memory. */
const AHEAD = 64;

/** Calls `done` for each source in the order they are given, as soon as that is possible. The threads are ended. */
export const runAll = async (
  sources: readonly SeededSource[],
  done: (source: SeededSource, result: RunResult) => void,
  threads: readonly ScenarioThread[] = startThreads(sources.length),
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
  const work = async (run: (source: SeededSource) => Promise<RunResult>): Promise<void> => {
    const mine = new Set<string>();
    sets.push(mine);
    for (let index = pick(mine); index !== undefined && !over; index = pick(mine)) {
      const source = sources[index];
      if (source === undefined) return;
      taken.add(index);
      mine.add(kindsOf(source));
      finished(index, await run(source));
    }
  };
  try {
    await Promise.all([
      work(({ scenario, file, seed }) => runVirtual({ scenario, file, seed })),
      ...threads.map((thread) => work(({ scenario, file, seed }) => thread.run({ scenario, file, seed }))),
    ]);
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
