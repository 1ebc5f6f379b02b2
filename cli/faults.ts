/** `faults`, `fault`, `clear`, `control`: breaking a device on purpose, and its cage and fibre. */
import type { Command } from 'commander';
import type { CatalogueView, DeviceView } from '#bus/api.ts';
import type { Catalogue } from '#regmap/actions.ts';
import type { Param } from '#regmap/params.ts';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import { keyValues, print, printJson, printTable } from './print.ts';

export const addFaultCommands = (program: Command): void => {
  withLab(program.command('faults <device>'))
    .description('list what can go wrong, what can be turned, and what is on')
    .addHelpText('after', '\nExample: ferrolab faults phy0')
    .action(async (device: string, options: LabOptions) => {
      const lab = new LabHttp(options);
      const [catalogue, { faults }] = await Promise.all([
        lab.get<CatalogueView>(`${path(device)}/catalogue`),
        lab.get<DeviceView>(path(device)),
      ]);
      if (options.json) return printJson({ ...catalogue, active: faults });
      const on = new Set(faults.map((fault) => fault.name));
      printTable(
        ['FAULT', 'ON', 'PARAMETERS', 'WHAT IT DOES'],
        rows(catalogue.faults, (name) => (on.has(name) ? 'on' : '-')),
      );
      print('');
      printTable(
        ['CONTROL', '', 'PARAMETERS', 'WHAT IT DOES'],
        rows(catalogue.controls, () => ''),
      );
    });

  withLab(program.command('fault <device> <name> [params...]'))
    .description('switch a fault on')
    .addHelpText('after', '\nExample: ferrolab fault phy0 weak-light rx_dbm=-12.4')
    .action(async (device: string, name: string, params: string[], options: LabOptions) => {
      await new LabHttp(options).post(`${path(device)}/faults`, { name, params: keyValues(params) });
      if (options.json) return printJson({ device, fault: name, state: 'on' });
      print(`${device}: ${name} is on`);
    });

  withLab(program.command('clear <device> [name]'))
    .description('switch one fault off, or all')
    .addHelpText('after', '\nExample: ferrolab clear phy0 weak-light')
    .action(async (device: string, name: string | undefined, options: LabOptions) => {
      await new LabHttp(options).delete(
        `${path(device)}/faults${name === undefined ? '' : `/${encodeURIComponent(name)}`}`,
      );
      if (options.json) return printJson({ device, fault: name ?? 'all', state: 'off' });
      print(`${device}: ${name ?? 'every fault'} is off`);
    });

  withLab(program.command('control <device> <name> [params...]'))
    .description('turn a control: insert or pull the module, set the light')
    .addHelpText('after', '\nExample: ferrolab control phy0 insert kind=dac length_m=5')
    .action(async (device: string, name: string, params: string[], options: LabOptions) => {
      await new LabHttp(options).post(`${path(device)}/controls/${encodeURIComponent(name)}`, keyValues(params));
      if (options.json) return printJson({ device, control: name });
      print(`${device}: ${name} done`);
    });
};

const path = (device: string): string => `/devices/${encodeURIComponent(device)}`;

const rows = (catalogue: Catalogue, state: (name: string) => string): string[][] =>
  Object.entries(catalogue).map(([name, { params, doc }]) => [
    name,
    state(name),
    Object.entries(params)
      .map(([key, param]) => `${key}=${range(param)}`)
      .join(' ') || '-',
    doc,
  ]);

const range = (param: Param): string => {
  switch (param.kind) {
    case 'number':
      return `${param.min}..${param.max}${param.unit}`;
    case 'flag':
      return 'on|off';
    case 'choice':
      return param.among.join('|');
    case 'text':
      return 'TEXT';
  }
};
