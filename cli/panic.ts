/** `panic`: presses the panic button of a display, and says what its driver said. */
import type { Command } from 'commander';
import type { DeviceView } from '#bus/api.ts';
import { LabError, unknownName } from '#bus/errors.ts';
import { closest } from '#regmap/names.ts';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import { print, printJson } from './print.ts';

export const addPanic = (program: Command): void => {
  withLab(program.command('panic [words...]'))
    .usage('[options] [device] [text...]')
    .description('make the driver of a display panic, with a text of yours; without a device, the only display')
    .addHelpText('after', '\nExample: ferrolab panic card0 "Oops: the demo gods are not with us"')
    .action(async (words: string[], options: LabOptions) => {
      const lab = new LabHttp(options);
      const devices = (await lab.get<readonly DeviceView[]>('/devices')).filter(({ remote }) => !remote);
      const { device, text } = understood(words, devices);
      const path = `/devices/${encodeURIComponent(device)}/panic`;
      const { log } = await lab.post<{ readonly log: readonly string[] }>(path, text === '' ? {} : { text });
      if (options.json) return printJson({ device, log });
      for (const line of log) print(`${device}: ${line}`);
    });
};

/** The first word is a device where there is one of that name, else the text begins with it. */
const understood = (
  [first = '', ...rest]: readonly string[],
  devices: readonly DeviceView[],
): { readonly device: string; readonly text: string } => {
  const names = devices.map(({ name }) => name);
  if (names.includes(first)) return { device: first, text: rest.join(' ') };
  // one word that is nearly a device's name is a slip of the finger and no last word
  if (first !== '' && !/\s/.test(first) && closest(first, names) !== undefined)
    throw unknownName('device', first, names);
  const displays = devices.flatMap(({ name, kind }) => (kind === 'display' ? [name] : []));
  const [only] = displays;
  if (only === undefined)
    throw new LabError('ENODEV', 'there is no display in this lab, so nothing that shows a panic');
  if (displays.length > 1)
    throw new LabError('EINVAL', `which display: ${displays.join(', ')}? ferrolab panic ${only}`);
  return { device: only, text: [first, ...rest].join(' ') };
};
