/** A thread that runs scenarios in virtual time, one after another, as the main thread hands them out. */
import { parentPort } from 'node:worker_threads';
import { asLabError } from '#bus/errors.ts';
import { parseScenario } from '#server/scenario/parse.ts';
import type { RunResult } from '#server/scenario/runner.ts';
import { runVirtual } from './virtual-run.ts';

/** One run: the text of the scenario travels, what was read from it does not. */
export interface ThreadTask {
  readonly yaml: string;
  readonly file: string;
  readonly seed: number;
}
export type ThreadAnswer = { readonly result: RunResult } | { readonly error: string };

const run = async ({ yaml, file, seed }: ThreadTask): Promise<ThreadAnswer> => {
  try {
    return { result: await runVirtual({ scenario: parseScenario(yaml, file), file, seed }) };
  } catch (thrown) {
    return { error: asLabError(thrown).message };
  }
};

parentPort?.on('message', (task: ThreadTask) => {
  void run(task).then((answer) => parentPort?.postMessage(answer));
});
