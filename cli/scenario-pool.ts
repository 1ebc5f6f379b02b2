/** Threads that run scenarios: started before the command has read its own code, so that both load at once. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { LabError } from '#bus/errors.ts';
import type { RunResult } from '#server/scenario/runner.ts';
import type { ThreadAnswer, ThreadTask } from './scenario-thread.ts';

/** A thread takes half a second to start: it must have at least so many runs to be worth it. */
const WORTH_RUNS = 8;
const MOST_THREADS = 4;
/** A run leaves a few short-lived megabytes for every thousand accesses: room for many of them between two collections. */
const YOUNG_MB = 96;

/** As many as are worth it beside the main thread, for so many runs. */
export const startThreads = (runs: number): readonly ScenarioThread[] => {
  const others = Math.min(availableParallelism(), MOST_THREADS, Math.floor(runs / WORTH_RUNS)) - 1;
  return Array.from({ length: Math.max(0, others) }, () => new ScenarioThread());
};

export class ScenarioThread {
  readonly #worker = new Worker(new URL('./scenario-thread.ts', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  /** In the order the tasks were given, which is that of the answers. */
  readonly #waiting: PromiseWithResolvers<RunResult>[] = [];
  #lost: LabError | undefined;

  constructor() {
    this.#worker.on('message', (answer: ThreadAnswer) => {
      const waiting = this.#waiting.shift();
      if ('result' in answer) waiting?.resolve(answer.result);
      else waiting?.reject(new LabError('EIO', answer.error));
    });
    this.#worker.on('error', (cause) => this.#lose(cause.message));
    this.#worker.on('exit', (code) => this.#lose(`exit code ${code}`));
  }

  /** May be called before the run before it has ended, so that the thread need not wait for the next. */
  async run(task: ThreadTask): Promise<RunResult> {
    if (this.#lost !== undefined) throw this.#lost;
    this.#worker.postMessage(task);
    const waiting = Promise.withResolvers<RunResult>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  #lose(why: string): void {
    this.#lost ??= new LabError('EIO', `a thread that runs scenarios ended: ${why}`);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#lost);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
