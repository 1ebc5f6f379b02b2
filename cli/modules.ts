/** `insmod`, `rmmod`, `lsmod`, `modinfo`, `dmesg`: driver modules, by the words their users have in their fingers. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type DriverInfo, LOG_LEVELS, type LogLine, type ModuleView } from '#bus/api.ts';
import { ERRNO, type ErrnoName, unknownName } from '#bus/errors.ts';
import { DriverFailed } from './exit.ts';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import { keyValues, print, printJson, printTable, stamp } from './print.ts';

export const addModuleCommands = (program: Command): void => {
  withLab(program.command('insmod <driver> <device> [params...]'))
    .description('load a driver in its own process for a device')
    .addHelpText(
      'after',
      '\nExample: ferrolab insmod qt2025 phy0 firmware=./my.fw\n         ferrolab insmod ./my-driver.ts phy0',
    )
    .action(async (driver: string, device: string, params: string[], options: LabOptions) => {
      const loaded = await new LabHttp(options).post<ModuleView>('/modules', {
        driver: asPath(driver),
        device,
        params: withPaths(keyValues(params)),
      });
      if (options.json) printJson(loaded);
      if (loaded.error !== null)
        throw new DriverFailed(
          errno(loaded.error.code),
          `${loaded.module} did not take ${device}: ${loaded.error.message}`,
        );
      if (!options.json) print(`${loaded.module} drives ${device}, pid ${loaded.pid}`);
    });

  withLab(program.command('rmmod <device>'))
    .description('unload the driver of a device')
    .addHelpText('after', '\nExample: ferrolab rmmod phy0')
    .action(async (device: string, options: LabOptions) => {
      await new LabHttp(options).delete(`/modules/${encodeURIComponent(device)}`);
      if (options.json) return printJson({ device });
      print(`${device} is free`);
    });

  withLab(program.command('lsmod'))
    .description('list loaded drivers')
    .addHelpText('after', '\nExample: ferrolab lsmod')
    .action(async (options: LabOptions) => {
      const modules = await new LabHttp(options).get<readonly ModuleView[]>('/modules');
      if (options.json) return printJson(modules);
      printTable(
        ['MODULE', 'DEVICE', 'STATE', 'LINK', 'PID', 'PARAMETERS'],
        modules.map((module) => [
          module.module,
          module.device,
          module.error === null ? module.state : `${module.state} ${module.error.code}`,
          module.link ?? '-',
          String(module.pid ?? '-'),
          parameters(module.params),
        ]),
      );
    });

  withLab(program.command('modinfo [driver]'))
    .description('describe the drivers that can be loaded')
    .addHelpText('after', '\nExample: ferrolab modinfo qt2025')
    .action(async (driver: string | undefined, options: LabOptions) => {
      const drivers = await new LabHttp(options).get<readonly DriverInfo[]>('/drivers');
      const asked = driver === undefined ? drivers : drivers.filter(({ name }) => name === driver);
      if (driver !== undefined && asked.length === 0)
        throw unknownName(
          'driver',
          driver,
          drivers.map(({ name }) => name),
        );
      if (options.json) return printJson(driver === undefined ? asked : asked[0]);
      asked.forEach(describe);
    });

  withLab(program.command('dmesg'))
    .description("print the lab's kernel log")
    .option('-w, --follow', 'wait for new lines')
    .option('-l, --level <level>', `only this level and worse: ${LOG_LEVELS.join(', ')}`)
    .addHelpText('after', '\nExample: ferrolab dmesg -w')
    .action(async (options: LabOptions & { follow?: boolean; level?: string }) => {
      const worst = LOG_LEVELS.indexOf((options.level ?? 'debug') as LogLine['level']);
      if (worst < 0) throw unknownName('level', options.level ?? '', LOG_LEVELS);
      const lab = new LabHttp(options);
      let since = 0;
      do {
        const lines = await lab.get<readonly LogLine[]>(`/log?since=${since}`);
        for (const line of lines) if (LOG_LEVELS.indexOf(line.level) <= worst) show(line, options.json === true);
        since = lines.at(-1)?.seq ?? since;
        if (lines.length === 0 && options.follow) await new Promise((wake) => setTimeout(wake, 250));
      } while (options.follow);
    });
};

const show = (line: LogLine, json: boolean): void =>
  print(json ? JSON.stringify(line) : `${stamp(line.time)} ${line.facility}: ${line.text}`);

const describe = (driver: DriverInfo): void => {
  const line = (key: string, value: string): void => print(`${`${key}:`.padEnd(14)}${value}`);
  line('name', driver.name);
  line('version', driver.version);
  line('description', driver.description);
  line('author', driver.author);
  line('license', driver.license);
  line('drives', driver.drives.join(', '));
  for (const file of driver.firmware) line('firmware', file);
  for (const [name, param] of Object.entries(driver.params))
    line('parm', `${name}: ${param.doc} (${param.kind}, ${JSON.stringify(param.default)})`);
  print('');
};

const parameters = (params: Readonly<Record<string, unknown>>): string =>
  Object.entries(params)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ') || '-';

const errno = (code: string): ErrnoName => (code in ERRNO ? (code as ErrnoName) : 'EIO');

/** A driver or a firmware named as a file is meant from here, not from where the lab runs. */
const asPath = (word: string): string => (/\.(?:ts|js|mjs)$/.test(word) && existsSync(word) ? resolve(word) : word);
const withPaths = (params: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      name === 'firmware' && value.includes('/') ? resolve(value) : value,
    ]),
  );
