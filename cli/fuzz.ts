/** `fuzz`: bus faults drawn from a seed until a driver fails, saved as the smallest scenario that shows it. */
import type { Command } from 'commander';
import type { FuzzOptions } from './fuzz-driver.ts';

export const addFuzz = (program: Command): void => {
  program
    .command('fuzz <driver>')
    .description('break the bus in front of a driver until it hangs, dies, breaks a rule or says what is not so')
    .option(
      '--scenario <file>',
      'what must hold whatever the bus does; it loads the driver (default: that of its device)',
    )
    .option('--seed <number>', 'seed of what is drawn', '1')
    .option('--seconds <number>', 'how long to look', '60')
    .option('--runs <number>', 'at most so many runs', '100000')
    .option('--faults <number>', 'at most so many faults at a time', '5')
    .option('--out <file>', 'where the scenario that shows it is written (default: DRIVER-fuzz.yaml)')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample: ferrolab fuzz qt2025 --seconds 120 --seed 7\nExit code 1: something was found')
    .action(async (driver: string, options: FuzzOptions) => (await import('./fuzz-driver.ts')).fuzz(driver, options));
};
