/** Many scenarios in virtual time on all cores: each run is alone in its thread, so that seed and file alone decide its trace. */
import type { RunResult } from '#server/scenario/runner.ts';
import type { SeededSource } from './repeat.ts';
import { type ScenarioThread, startThreads } from './scenario-pool.ts';
import { runVirtual } from './virtual-run.ts';

/** How far ahead of the last one told a run may be taken up: their results wait in memory. */
const AHEAD = 64;

/** A thread has its next run at hand while more than this are to come for each; the last ones go to who is free first. */
const LAST_RUNS = 4;

/** The threads beside the main one. */
export interface Helpers {
  readonly threads: readonly ScenarioThread[];
  /** The first sources, which the threads run already: the first thread the first, and so on in turn. */
  readonly begun?: readonly Promise<RunResult>[];
}

interface Taken {
  readonly index: number;
  readonly result: Promise<RunResult>;
}

/** Calls `done` for each source in the order they are given, as soon as that is possible. The threads are ended. */
export const runAll = async (
  sources: readonly SeededSource[],
  done: (source: SeededSource, result: RunResult) => void,
  { threads, begun = [] }: Helpers = { threads: startThreads(sources.length) },
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
  const take = (mine: Set<string>, index: number): SeededSource | undefined => {
    const source = sources[index];
    taken.add(index);
    mine.add(kindsOf(source));
    return source;
  };
  const setOf = (first: readonly Taken[] = []): Set<string> => {
    const mine = new Set<string>();
    sets.push(mine);
    for (const { index } of first) take(mine, index);
    return mine;
  };
  const manyLeft = (): boolean => sources.length - taken.size > LAST_RUNS * sets.length;
  const handOut = async (thread: ScenarioThread, first: readonly Taken[]): Promise<void> => {
    const mine = setOf(first);
    const queue = [...first];
    while (!over) {
      while (queue.length === 0 || (queue.length === 1 && manyLeft())) {
        const index = pick(mine);
        const source = index === undefined ? undefined : take(mine, index);
        if (index === undefined || source === undefined) break;
        queue.push({ index, result: begin(thread, source) });
      }
      const next = queue.shift();
      if (next === undefined) return;
      finished(next.index, await next.result);
    }
  };
  const runHere = async (): Promise<void> => {
    const mine = setOf();
    for (let index = pick(mine); index !== undefined && !over; index = pick(mine)) {
      const source = take(mine, index);
      if (source !== undefined) finished(index, await runVirtual(source));
    }
  };
  try {
    // The threads take theirs up before the main one, which then has no time to hand anything out.
    const early = begun.map((result, index) => ({ index, result }));
    const handed = threads.map((thread, n) =>
      handOut(
        thread,
        early.filter(({ index }) => index % threads.length === n),
      ),
    );
    await Promise.all([...handed, runHere()]);
  } finally {
    over = true; // after an error nobody takes up another
    await Promise.all(threads.map((thread) => thread.end()));
  }
};

/** Has a thread run a source; who waits for the result hears of a failure, and so does nobody when the command has ended before. */
export const begin = (thread: ScenarioThread, { scenario, file, seed }: SeededSource): Promise<RunResult> => {
  const result = thread.run({ scenario, file, seed });
  result.catch(() => {});
  return result;
};

const kindsOf = (source: SeededSource | undefined): string =>
  Object.values(source?.scenario.bench ?? {})
    .map(({ device }) => device)
    .sort()
    .join();
