/** `devices`, `regs`, `peek`, `poke`: what is on the bench, and its registers from the silicon's side. */
import type { Command } from 'commander';
import type { DeviceView, RegisterView } from '#bus/api.ts';
import { LabError } from '#bus/errors.ts';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import { hex, print, printJson, printTable } from './print.ts';

export const addDeviceCommands = (program: Command): void => {
  withLab(program.command('devices'))
    .description('list the devices on the bench')
    .addHelpText('after', '\nExample: ferrolab devices --json')
    .action(async (options: LabOptions) => {
      const devices = await new LabHttp(options).get<readonly DeviceView[]>('/devices');
      if (options.json) return printJson(devices.map(published));
      printTable(
        ['NAME', 'KIND', 'DRIVER', 'LINK', 'FAULTS'],
        devices.map((device) => [
          device.remote ? `${device.lab}/${device.name}` : device.name,
          device.kind,
          device.owner?.module ?? '-',
          device.link ?? '-',
          device.faults.map((fault) => fault.name).join(' ') || '-',
        ]),
      );
    });

  withLab(program.command('regs <device>'))
    .description('list registers: level, what the next bus read returns, meaning')
    .addHelpText('after', '\nExample: ferrolab regs phy0')
    .action(async (device: string, options: LabOptions) => {
      const registers = await new LabHttp(options).get<readonly RegisterView[]>(
        `/devices/${encodeURIComponent(device)}/registers`,
      );
      if (options.json) return printJson(registers);
      printTable(
        ['ADDRESS', 'NAME', 'LEVEL', 'READS', 'MEANING'],
        registers.map((register) => [
          register.address,
          register.name,
          hex(register.level),
          hex(register.next),
          register.text,
        ]),
      );
    });

  withLab(program.command('peek <device> <register>'))
    .description('one register without side effects (PCS_STAT1, 3.0001h, 3.1, 1.D001)')
    .addHelpText('after', '\nExample: ferrolab peek phy0 PCS_STAT1')
    .action(async (device: string, register: string, options: LabOptions) => {
      const view = await new LabHttp(options).get<RegisterView>(registerPath(device, register));
      if (options.json) return printJson(view);
      const latched = view.next === view.level ? '' : `  (the next read returns ${hex(view.next)}: a latch holds)`;
      print(`${view.address} ${view.name} = ${hex(view.level)}  ${view.text}${latched}`.trimEnd());
    });

  withLab(program.command('poke <device> <register> <value>'))
    .description('set a register as the silicon would, read-only fields too')
    .addHelpText('after', '\nExample: ferrolab poke phy0 LED2 0005h')
    .action(async (device: string, register: string, value: string, options: LabOptions) => {
      const view = await new LabHttp(options).put<RegisterView>(registerPath(device, register), {
        value: parseValue(value),
      });
      if (options.json) return printJson(view);
      print(`${view.address} ${view.name} = ${hex(view.level)}  ${view.text}`.trimEnd());
    });
};

const registerPath = (device: string, register: string): string =>
  `/devices/${encodeURIComponent(device)}/registers/${encodeURIComponent(register)}`;

/** `5`, `0x5`, `0005h`. */
const parseValue = (word: string): number => {
  const asHex = /^(?:0x([0-9a-f]+)|([0-9a-f]+)h)$/i.exec(word);
  if (asHex !== null) return Number.parseInt(asHex[1] ?? asHex[2] ?? '', 16);
  if (/^\d+$/.test(word)) return Number(word);
  throw new LabError('EINVAL', `the value is '${word}'; it takes a number such as 5, 0x5 or 0005h`);
};

/** The shape of `devices --json`, kept stable. */
const published = ({ name, kind, owner, link, faults }: DeviceView) => ({
  name,
  kind,
  driver: owner?.module ?? null,
  link,
  faults: faults.map((fault) => fault.name),
});
