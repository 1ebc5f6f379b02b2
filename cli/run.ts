/** `run`: the options of running scenarios. */
import type { Command } from 'commander';
import { withLab } from './lab-http.ts';
import type { RunOptions } from './run-scenarios.ts';

export const addRun = (program: Command): void => {
  withLab(program.command('run <scenario...>'))
    .description('run scenarios; exit code 0 pass, 1 the driver failed, 2 bad input, 3 the lab failed')
    .option('--live', 'over the bus in real time: on the lab at --url, or on one of its own when none runs there')
    .option('--seed <number>', "seed of all chance; the scenario's own unless given")
    .option('--junit <file>', 'write JUnit XML')
    .addHelpText('after', '\nExample: ferrolab run scenarios/*.yaml --junit report.xml')
    .action(async (files: string[], options: RunOptions) => (await import('./run-scenarios.ts')).run(files, options));
};
