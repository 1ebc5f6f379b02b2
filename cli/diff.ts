/** `diff`: the options of comparing two recordings. */
import type { Command } from 'commander';
import type { DiffOptions } from './diff-recordings.ts';

export const addDiff = (program: Command): void => {
  program
    .command('diff <a> <b>')
    .description('compare two recordings access by access, blind to time; exit code 0 the same, 1 different')
    .option('--context <n>', 'equal rows shown around a difference', '3')
    .option('--limit <n>', 'rows that differ shown at most', '1000')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample: ferrolab diff good.pcapng bad.pcapng')
    .action(async (a: string, b: string, options: DiffOptions) =>
      (await import('./diff-recordings.ts')).compare(a, b, options),
    );
};
