/** What a `run` leaves besides its text: JUnit, a page, coverage, the word on flaky scenarios. */
import { type Coverage, CoverageSum } from '#server/coverage/coverage.ts';
import { coverageFile } from '#server/coverage/coverage-file.ts';
import { coverageText } from '#server/coverage/coverage-text.ts';
import { type Minimum, parseMinimum, shortfalls } from '#server/coverage/minimum.ts';
import { touchedBy } from '#server/coverage/touched.ts';
import { runReport } from '#server/report/run-report.ts';
import { junitXml, type ReportedRun } from '#server/scenario/junit.ts';
import type { Scenario } from '#server/scenario/model.ts';
import type { RunResult } from '#server/scenario/runner.ts';
import { ExitCode, version } from './exit.ts';
import { print } from './print.ts';
import { flakiness, flakyText, type RepeatOptions } from './repeat.ts';
import { writeTo } from './write-file.ts';

export interface OutputOptions extends RepeatOptions {
  readonly json?: boolean;
  readonly junit?: string;
  readonly html?: string;
  readonly coverage?: string | boolean;
  readonly coverageMin?: string;
}

export class RunOutputs {
  readonly #options: OutputOptions;
  readonly #minimum: readonly Minimum[];
  readonly #sum: CoverageSum | undefined;

  /** Every place is written once now, so that one that cannot be written costs no run. */
  constructor(options: OutputOptions) {
    this.#options = options;
    const { junit, html, coverage, coverageMin } = options;
    this.#minimum = coverageMin === undefined ? [] : parseMinimum('--coverage-min', coverageMin);
    if (coverage !== undefined || coverageMin !== undefined) this.#sum = new CoverageSum();
    if (junit !== undefined) writeTo('--junit', junit, '');
    if (html !== undefined) writeTo('--html', html, '');
    if (typeof coverage === 'string')
      writeTo('--coverage', coverage, coverageFile('--coverage', coverage, new CoverageSum().coverage));
  }

  /** True when somebody asks what the runs touched. */
  get wantsCoverage(): boolean {
    return this.#sum !== undefined;
  }

  /** Counts what a run in this process touched. */
  ran(scenario: Scenario, { records, names }: RunResult): void {
    this.#sum?.add(scenario.name, touchedBy({ bench: scenario.bench, records, names }));
  }

  /** Counts what a lab says of a run of its own. */
  covered(coverage: Coverage): void {
    this.#sum?.addCoverage(coverage);
  }

  /** Writes everything; returns the exit code, 1 when coverage is too low for it. */
  finish(runs: readonly ReportedRun[], code: 0 | 1 | 3): number {
    const { json, junit, html, coverage: file } = this.#options;
    if (junit !== undefined) writeTo('--junit', junit, junitXml(runs));
    if (html !== undefined) {
      const head = { title: 'Ferrolab run', version: version(), madeAt: new Date().toISOString() };
      writeTo('--html', html, runReport(runs, head));
    }
    const flaky = flakiness(runs);
    if (!json && flaky.length > 0) print(flakyText(flaky, runs));
    const sum = this.#sum;
    if (sum === undefined) return code;
    const { coverage } = sum;
    if (typeof file === 'string') writeTo('--coverage', file, coverageFile('--coverage', file, coverage));
    if (!json) print(coverageText(coverage));
    return tooLow(coverage, this.#minimum) && code === ExitCode.pass ? ExitCode.driverFailed : code;
  }
}

/** Says what is missing, where programs that read the output do not trip over it. */
export const tooLow = (coverage: Coverage, minimum: readonly Minimum[]): boolean => {
  const missing = shortfalls(coverage, minimum);
  for (const line of missing) process.stderr.write(`ferrolab: ${line}\n`);
  return missing.length > 0;
};
