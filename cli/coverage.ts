/** `coverage`: coverage files of several runs put together. */
import type { Command } from 'commander';
import { CoverageSum } from '#server/coverage/coverage.ts';
import { COVERAGE_FILE_BYTES, coverageFile, parseCoverage } from '#server/coverage/coverage-file.ts';
import { coverageText } from '#server/coverage/coverage-text.ts';
import { parseMinimum } from '#server/coverage/minimum.ts';
import { ExitCode } from './exit.ts';
import { print, printJson } from './print.ts';
import { tooLow } from './run-outputs.ts';
import { readText, writeTo } from './write-file.ts';

export const addCoverage = (program: Command): void => {
  program
    .command('coverage <file...>')
    .description('put together what several runs touched of the datasheets (`run --coverage FILE.json`)')
    .option('--out <file>', 'write the sum, as .json or .html')
    .option('--min <percent>', 'exit code 1 below this: 40, or registers=60,faults=100')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample: ferrolab coverage phy.json block.json --out all.html --min registers=60')
    .action((files: string[], options: { out?: string; min?: string; json?: boolean }) => {
      const minimum = options.min === undefined ? [] : parseMinimum('--min', options.min);
      const sum = new CoverageSum();
      for (const file of files) sum.addCoverage(parseCoverage(readText('coverage', file, COVERAGE_FILE_BYTES), file));
      const { coverage } = sum;
      if (options.out !== undefined) writeTo('--out', options.out, coverageFile('--out', options.out, coverage));
      if (options.json) printJson(coverage);
      else print(coverageText(coverage));
      if (tooLow(coverage, minimum)) process.exitCode = ExitCode.driverFailed;
    });
};
