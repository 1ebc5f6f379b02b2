/** `replay`: the options of running a recording again, all of it or one side of it. */
import { type Command, Option } from 'commander';
import { LabError } from '#bus/errors.ts';
import type { ReplayDevicesOptions } from './replay-devices.ts';
import type { ReplayDriversOptions } from './replay-drivers.ts';
import type { ReplayOptions } from './replay-recording.ts';

type Options = ReplayOptions &
  ReplayDevicesOptions &
  ReplayDriversOptions & { readonly devices?: boolean; readonly drivers?: boolean };

/** Options that mean something to one way of replaying only. */
const ONLY: Readonly<Record<string, readonly ('devices' | 'drivers')[]>> = {
  driver: ['devices'],
  param: ['devices'],
  tolerateReads: ['devices'],
  device: ['devices', 'drivers'],
  section: ['devices', 'drivers'],
};

export const addReplay = (program: Command): void => {
  program
    .command('replay <file>')
    .description(
      'run the scenarios of a recording again; or one side of it: --devices answer as recorded, --drivers do again what they did. ' +
        'Exit code 0 the same, 1 another',
    )
    .addOption(
      new Option('--devices', 'no model: devices answer as recorded, a driver runs against them').conflicts('drivers'),
    )
    .option('--drivers', 'no driver: what drivers did is done again to the model, and answers are compared')
    .option('--driver <module>', '--devices: another driver than the recorded one, by name or as a file')
    .option('--param <name=value...>', '--devices: parameters of the driver, in place of the recorded ones')
    .option('--tolerate-reads', '--devices: the driver may read more or less than was recorded')
    .option('--device <name...>', 'one side: only these devices')
    .option('--section <n>', 'one side: which run of a file with several; all unless given')
    .option('--context <n>', '--drivers: equal rows shown around a difference', '3')
    .option('--limit <n>', '--drivers: rows that differ shown at most', '1000')
    .option('--record <file>', 'record what is run; with --drivers what the model did')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample: ferrolab replay failed.pcapng\n         ferrolab replay probe.pcapng --devices --driver ./my-driver.ts\n         ferrolab replay probe.pcapng --drivers',
    )
    .action(async (path: string, options: Options) => {
      const way = options.devices ? 'devices' : options.drivers ? 'drivers' : undefined;
      for (const [name, ways] of Object.entries(ONLY))
        if (Object.hasOwn(options, name) && (way === undefined || !ways.includes(way)))
          throw new LabError('EINVAL', `${dashed(name)} is for replay ${ways.map((one) => `--${one}`).join(' and ')}`);
      if (way === 'devices' && options.record !== undefined)
        throw new LabError(
          'EINVAL',
          '--record keeps what is run again whole, or by --drivers; --devices has no model to record',
        );
      if (way === 'devices') return (await import('./replay-devices.ts')).replayDevices(path, options);
      if (way === 'drivers') return (await import('./replay-drivers.ts')).replayDrivers(path, options);
      return (await import('./replay-recording.ts')).replay(path, options);
    });
};

const dashed = (name: string): string => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
