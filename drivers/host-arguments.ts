/** What the driver process is told on its command line. */
import { parseArgs } from 'node:util';
import { seconds } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';

export interface HostArguments {
  readonly broker: string;
  readonly lab: string;
  readonly device: string;
  /** A name of the registry, or the path of a file that exports `driver`. */
  readonly driver: string;
  readonly client: string;
  readonly token: string | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly firmwareDirs: readonly string[];
  /** How long a lost lab is waited for. */
  readonly waitNs: number;
}

export const HOST_USAGE = `Runs one driver in this process, attached to a lab over its bus.

  node drivers/host.ts --device phy0 --driver qt2025
      [--broker mqtt://127.0.0.1:1883] [--lab lab] [--client ID] [--token T]
      [--param name=value]... [--firmware-dir DIR]... [--wait SECONDS]
  node drivers/host.ts --modinfo      what could be loaded, as JSON

--driver takes a name from --modinfo, or the path of a file of yours that exports \`driver\`.
--wait says how long a lab that is lost is waited for (an hour unless given).
--token is better given as FERROLAB_TOKEN. Exit codes: 0 unloaded, 1 the driver failed, 2 bad input.`;

const OPTIONS = {
  broker: { type: 'string', default: 'mqtt://127.0.0.1:1883' },
  lab: { type: 'string', default: 'lab' },
  device: { type: 'string' },
  driver: { type: 'string' },
  client: { type: 'string' },
  token: { type: 'string' },
  param: { type: 'string', multiple: true, default: [] as string[] },
  'firmware-dir': { type: 'string', multiple: true, default: [] as string[] },
  wait: { type: 'string', default: '3600' },
  modinfo: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} satisfies NonNullable<Parameters<typeof parseArgs>[0]>['options'];

/** `'modinfo'` and `'help'` want no bus. Throws EINVAL with what is wrong. */
export const parseHostArguments = (
  argv: readonly string[],
  pid: number,
  environment: Readonly<Record<string, string | undefined>> = {},
): HostArguments | 'modinfo' | 'help' => {
  const { values } = parsed(argv);
  if (values.help) return 'help';
  if (values.modinfo) return 'modinfo';
  const { device, driver } = values;
  if (device === undefined || driver === undefined)
    throw new LabError('EINVAL', `--${device === undefined ? 'device' : 'driver'} is missing; see --help`);
  return {
    broker: values.broker,
    lab: values.lab,
    device,
    driver,
    client: values.client ?? `${device.slice(0, 12)}-${pid}`,
    token: values.token ?? environment.FERROLAB_TOKEN,
    params: Object.fromEntries(values.param.map(pair)),
    firmwareDirs: values['firmware-dir'],
    waitNs: waiting(values.wait),
  };
};

const parsed = (argv: readonly string[]) => {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false });
  } catch (thrown) {
    throw new LabError('EINVAL', `${thrown instanceof Error ? thrown.message : String(thrown)}; see --help`);
  }
};

const waiting = (given: string): number => {
  const wait = given.trim() === '' ? Number.NaN : Number(given);
  if (!(wait >= 0 && wait <= 1e6)) throw new LabError('EINVAL', `--wait takes 0 to 1000000 seconds, not '${given}'`);
  return seconds(wait);
};

const pair = (given: string): [string, string] => {
  const at = given.indexOf('=');
  if (at < 1) throw new LabError('EINVAL', `--param takes name=value, not '${given}'`);
  return [given.slice(0, at), given.slice(at + 1)];
};
