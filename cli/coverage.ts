/** `coverage`: the options of putting coverage files together. */
import type { Command } from 'commander';
import type { CoverageOptions } from './coverage-sum.ts';

export const addCoverage = (program: Command): void => {
  program
    .command('coverage <file...>')
    .description('put together what several runs touched of the datasheets (`run --coverage FILE.json`)')
    .option('--out <file>', 'write the sum, as .json or .html')
    .option('--min <percent>', 'exit code 1 below this: 40, or registers=60,faults=100')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample: ferrolab coverage phy.json block.json --out all.html --min registers=60')
    .action(async (files: string[], options: CoverageOptions) =>
      (await import('./coverage-sum.ts')).sumCoverage(files, options),
    );
};
