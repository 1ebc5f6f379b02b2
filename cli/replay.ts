/** `replay`: the options of running a recording again. */
import type { Command } from 'commander';
import type { ReplayOptions } from './replay-recording.ts';

export const addReplay = (program: Command): void => {
  program
    .command('replay <file>')
    .description('run the scenarios of a recording again; exit code 0 the same verdict and trace, 1 another')
    .option('--record <file>', 'record the new runs')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample: ferrolab replay failed.pcapng')
    .action(async (path: string, options: ReplayOptions) =>
      (await import('./replay-recording.ts')).replay(path, options),
    );
};
