/** `run`: the options of running scenarios. */
import type { Command } from 'commander';
import { withLab } from './lab-http.ts';
import type { RunOptions } from './run-scenarios.ts';
import { startThreads } from './scenario-pool.ts';

export const addRun = (program: Command): void => {
  withLab(program.command('run <scenario...>'))
    .description('run scenarios; exit code 0 pass, 1 the driver failed, 2 bad input, 3 the lab failed')
    .option('--live', 'over the bus in real time: on the lab at --url, or on one of its own when none runs there')
    .option('--seed <number>', "seed of all chance; the scenario's own unless given")
    .option('--junit <file>', 'write JUnit XML')
    .option('--html <file>', 'write a page that stands alone: verdicts, evidence, steps, the command to run each again')
    .option('--repeat <times>', 'run each so many times and say which are flaky')
    .option('--seeds', 'with --repeat: another seed each time, counted up')
    .option('--coverage [file]', 'say what of the datasheets was touched and what never; write it as .json or .html')
    .option('--coverage-min <percent>', 'exit code 1 when less was touched: 40, or registers=60,faults=100')
    .option('--record <file>', 'write a recording (pcapng): one section a run')
    .addHelpText(
      'after',
      '\nExample: ferrolab run scenarios/*.yaml --junit report.xml\nExample: ferrolab run scenarios/marginal-link.yaml --repeat 50 --seeds',
    )
    .action(async (files: string[], options: RunOptions) => {
      const threads = options.live || options.record !== undefined ? [] : startThreads(files.length);
      try {
        await (await import('./run-scenarios.ts')).run(files, options, threads);
      } finally {
        await Promise.all(threads.map((thread) => thread.end()));
      }
    });
};
