/** Many scenarios in virtual time on all cores: each run is alone in its thread, so that seed and file alone decide its trace. */
import type { RunResult } from '#server/scenario/runner.ts';
import type { SeededSource } from './repeat.ts';
import { RunTurns } from './run-turns.ts';
import { type ScenarioThread, startThreads } from './scenario-pool.ts';
import { runVirtual } from './virtual-run.ts';

/** The threads beside the main one. */
export interface Helpers {
  readonly threads: readonly ScenarioThread[];
  /** The first sources, which the threads run already: the first thread the first, and so on in turn. */
  readonly begun?: readonly Promise<RunResult>[];
}

/** Calls `done` for each source in the order they are given, as soon as that is possible. The threads are ended. */
export const runAll = async (
  sources: readonly SeededSource[],
  done: (source: SeededSource, result: RunResult) => void,
  { threads, begun = [] }: Helpers = { threads: startThreads(sources.length) },
): Promise<void> => {
  const turns = new RunTurns(sources, done);
  let over = false;
  const handOut = async (thread: ScenarioThread, nth: number): Promise<void> => {
    const running = begun
      .map((result, index) => ({ index, result }))
      .filter(({ index }) => index % threads.length === nth);
    const runner = turns.runner(running.map(({ index }) => index));
    while (!over) {
      while (running.length === 0 || (running.length === 1 && turns.many)) {
        const turn = turns.next(runner);
        if (turn === undefined) break;
        running.push({ index: turn.index, result: begin(thread, turn.source) });
      }
      const first = running.shift();
      if (first === undefined) return;
      turns.ended(first.index, await first.result);
    }
  };
  const runHere = async (): Promise<void> => {
    const runner = turns.runner();
    for (let turn = turns.next(runner); turn !== undefined && !over; turn = turns.next(runner))
      turns.ended(turn.index, await runVirtual(turn.source));
  };
  try {
    // The threads take theirs up before the main one, which then has no time to hand anything out.
    await Promise.all([...threads.map(handOut), runHere()]);
  } finally {
    over = true; // after an error nobody takes up another
    await Promise.all(threads.map((thread) => thread.end()));
  }
};

/** Has a thread run a source. A failure reaches whoever awaits the result; a command that ends before leaves it alone. */
export const begin = (thread: ScenarioThread, { scenario, file, seed }: SeededSource): Promise<RunResult> => {
  const result = thread.run({ scenario, file, seed });
  result.catch(() => {});
  return result;
};
