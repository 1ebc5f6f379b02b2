/** A thread that runs scenarios in virtual time, one after another, as the main thread hands them out. */
import { parentPort } from 'node:worker_threads';
import { asLabError } from '#bus/errors.ts';
import type { Scenario } from '#server/scenario/model.ts';
import type { RunResult } from '#server/scenario/runner.ts';
import { runVirtual } from './virtual-run.ts';

/** One run: the scenario is plain, and travels as it was read; what reads scenarios need not be loaded here. */
export interface ThreadTask {
  readonly scenario: Scenario;
  readonly file: string;
  readonly seed: number;
}
export type ThreadAnswer = { readonly result: RunResult } | { readonly error: string };

const run = async (task: ThreadTask): Promise<ThreadAnswer> => {
  try {
    return { result: await runVirtual(task) };
  } catch (thrown) {
    return { error: asLabError(thrown).message };
  }
};

/** The tasks that came so far, each run when the one before it has been answered. */
let last = Promise.resolve();
parentPort?.on('message', (task: ThreadTask) => {
  last = last.then(async () => parentPort?.postMessage(await run(task)));
});
