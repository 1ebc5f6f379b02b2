/** Which scenario is run next, by whom, and when its result is told: in the order of the sources, whoever was faster. */
import type { RunResult } from '#server/scenario/runner.ts';
import type { SeededSource } from './repeat.ts';

/** How far ahead of the last one told a run may be taken up: their results wait in memory. */
const AHEAD = 64;
/** While more than this are to come for each runner, one may have its next run waiting; the last go to who is free first. */
const LAST_RUNS = 4;

/** Kinds of benches that a runner has had: their code is warm there. */
export type Runner = Set<string>;
export interface Turn {
  readonly index: number;
  readonly source: SeededSource;
}

export class RunTurns {
  readonly #sources: readonly SeededSource[];
  readonly #tell: (source: SeededSource, result: RunResult) => void;
  readonly #runners: Runner[] = [];
  readonly #taken = new Set<number>();
  readonly #results = new Map<number, RunResult>();
  #told = 0;

  constructor(sources: readonly SeededSource[], tell: (source: SeededSource, result: RunResult) => void) {
    this.#sources = sources;
    this.#tell = tell;
  }

  /** Another runner, which runs these sources already. */
  runner(begun: readonly number[] = []): Runner {
    const runner: Runner = new Set();
    this.#runners.push(runner);
    for (const index of begun) this.#take(runner, index);
    return runner;
  }

  /** True while a runner may take up one more than it runs. */
  get many(): boolean {
    return this.#sources.length - this.#taken.size > LAST_RUNS * this.#runners.length;
  }

  /** One of a kind this runner has had; else of a kind nobody has had; else any. */
  next(runner: Runner): Turn | undefined {
    const open: number[] = [];
    for (let i = this.#told; i < Math.min(this.#sources.length, this.#told + AHEAD); i++)
      if (!this.#taken.has(i)) open.push(i);
    const kindOf = (index: number): string => kindsOf(this.#sources[index]);
    const index =
      open.find((each) => runner.has(kindOf(each))) ??
      open.find((each) => !this.#runners.some((one) => one.has(kindOf(each)))) ??
      open[0];
    return index === undefined ? undefined : this.#take(runner, index);
  }

  ended(index: number, result: RunResult): void {
    this.#results.set(index, result);
    for (let ready = this.#results.get(this.#told); ready !== undefined; ready = this.#results.get(this.#told)) {
      const source = this.#sources[this.#told];
      this.#results.delete(this.#told++);
      if (source !== undefined) this.#tell(source, ready);
    }
  }

  #take(runner: Runner, index: number): Turn | undefined {
    const source = this.#sources[index];
    if (source === undefined) return undefined;
    this.#taken.add(index);
    runner.add(kindsOf(source));
    return { index, source };
  }
}

const kindsOf = (source: SeededSource | undefined): string =>
  Object.values(source?.scenario.bench ?? {})
    .map(({ device }) => device)
    .sort()
    .join();
