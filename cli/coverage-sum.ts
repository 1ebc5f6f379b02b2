/** What `coverage` does: coverage files of several runs put together, and held against a minimum. */
import { CoverageSum } from '#server/coverage/coverage.ts';
import { COVERAGE_FILE_BYTES, coverageFile, parseCoverage } from '#server/coverage/coverage-file.ts';
import { coverageText } from '#server/coverage/coverage-text.ts';
import { parseMinimum } from '#server/coverage/minimum.ts';
import { ExitCode } from './exit.ts';
import { print, printJson } from './print.ts';
import { readText } from './read-file.ts';
import { tooLow } from './run-outputs.ts';
import { writeTo } from './write-file.ts';

export interface CoverageOptions {
  readonly out?: string;
  readonly min?: string;
  readonly json?: boolean;
}

export const sumCoverage = (files: readonly string[], options: CoverageOptions): void => {
  const minimum = options.min === undefined ? [] : parseMinimum('--min', options.min);
  const sum = new CoverageSum();
  for (const file of files) sum.addCoverage(parseCoverage(readText('coverage', file, COVERAGE_FILE_BYTES), file));
  const { coverage } = sum;
  if (options.out !== undefined) writeTo('--out', options.out, coverageFile('--out', options.out, coverage));
  if (options.json) printJson(coverage);
  else print(coverageText(coverage));
  if (tooLow(coverage, minimum)) process.exitCode = ExitCode.driverFailed;
};
