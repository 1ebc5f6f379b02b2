/** `bus-fault`: faults on the bus in front of a device, whatever the device is. */
import type { Command } from 'commander';
import { unknownName } from '#bus/errors.ts';
import { BUS_FAULT_KINDS, BUS_FAULTS } from '#bus/filters/effects.ts';
import type { BusFaultView } from '#bus/filters/views.ts';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import { keyValues, print, printJson, printTable } from './print.ts';
import { number, type ScheduleOptions, scheduleOf, withSchedule } from './schedule-options.ts';

interface AddOptions extends LabOptions, ScheduleOptions {
  readonly when?: string;
  readonly name?: string;
  readonly seed?: string;
  readonly off?: boolean;
}

export const addBusFault = (program: Command): void => {
  const command = program.command('bus-fault').description('delay, lose, repeat or change accesses on their way');
  command.addHelpText(
    'after',
    "\nExample: ferrolab bus-fault add bit-flip bit=3 --device phy0 --when 'write SRAM' --nth 100",
  );

  withLab(withSchedule(command.command('add <effect> [params...]')))
    .description('put a bus fault in front of a device')
    .option('--when <selection>', "which accesses, as 'write 3.E854 == 0x0040' or any filter; all unless told")
    .option('--name <name>', 'the name it is listed under')
    .option('--seed <n>', 'of its own randomness')
    .option('--off', 'only list it; switch it on later')
    .addHelpText('after', `\nEffects: ${BUS_FAULT_KINDS.join(', ')} (bus-fault kinds says more)`)
    .action(async (effect: string, params: string[], options: AddOptions) => {
      if (!Object.hasOwn(BUS_FAULTS, effect)) throw unknownName('bus fault', effect, BUS_FAULT_KINDS, 'EINVAL');
      const { when, name, seed, off } = options;
      const added = await new LabHttp(options).post<BusFaultView>('/filters', {
        effect,
        params: keyValues(params),
        ...(when === undefined ? {} : { when }),
        ...(name === undefined ? {} : { name }),
        ...(seed === undefined ? {} : { seed: number('--seed', seed) }),
        ...(off === true ? { on: false } : {}),
        ...scheduleOf(options),
      });
      if (options.json) return printJson(added);
      print(`${added.name} is ${added.on ? 'on' : 'off'}: ${added.text}`);
    });

  withLab(command.command('list'))
    .description('list bus faults, how often each fitted and fired')
    .action(async (options: LabOptions) => {
      const faults = await new LabHttp(options).get<readonly BusFaultView[]>('/filters');
      if (options.json) return printJson(faults);
      printTable(
        ['NAME', 'ON', 'FITTED', 'FIRED', 'WHAT'],
        faults.map(({ name, on, matches, firings, text }) => [
          name,
          on ? 'on' : '-',
          String(matches),
          String(firings),
          text,
        ]),
      );
    });

  command
    .command('kinds')
    .description('what bus faults there are, with their parameters')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) => {
      if (options.json) return printJson(BUS_FAULTS);
      printTable(
        ['EFFECT', 'PARAMETERS', 'WHAT IT DOES'],
        Object.entries(BUS_FAULTS).map(([name, { params, doc }]) => [name, Object.keys(params).join(' ') || '-', doc]),
      );
    });

  for (const on of [true, false])
    withLab(command.command(`${on ? 'on' : 'off'} <name>`))
      .description(`switch a bus fault ${on ? 'on' : 'off'}`)
      .action(async (name: string, options: LabOptions) => {
        const path = `/filters/${encodeURIComponent(name)}`;
        const now = await new LabHttp(options).patch<BusFaultView>(path, { on });
        if (options.json) return printJson(now);
        print(`${now.name} is ${now.on ? 'on' : 'off'}`);
      });

  withLab(command.command('clear [name]'))
    .description('take one bus fault away, or all')
    .action(async (name: string | undefined, options: LabOptions) => {
      const left = await new LabHttp(options).delete<readonly BusFaultView[]>(
        name === undefined ? '/filters' : `/filters/${encodeURIComponent(name)}`,
      );
      if (options.json) return printJson(left);
      print(`${name ?? 'every bus fault'} is gone`);
    });
};
