/** `up`: starts a lab, says where it is, keeps it running until Ctrl-C. */
import type { Command } from 'commander';
import { LabError } from '#bus/errors.ts';
import { DRIVERS } from '#drivers/registry.ts';
import { DEFAULT_BENCH, loadBench } from '#server/bench.ts';
import { type Lab, startLab } from '#server/lab.ts';
import { version } from './exit.ts';
import { DRIVER_HOST, FIRMWARE_DIRS, SCENARIOS, WEB_ROOT } from './paths.ts';
import { print, printJson } from './print.ts';

interface UpOptions {
  readonly bench?: string;
  readonly broker?: string;
  readonly host: string;
  readonly http: string;
  readonly mqtt: string;
  readonly name: string;
  readonly seed: string;
  readonly token?: string;
  readonly drivers: boolean;
  readonly log: string;
  readonly json?: boolean;
}

export const addUp = (program: Command): void => {
  program
    .command('up')
    .description('start a lab: broker, bench, drivers, dashboard')
    .option('--bench <file>', 'which devices (YAML); without it one QT2025 with a 10GBASE-SR module and light')
    .option('--broker <url>', 'use an MQTT broker that runs already, mqtt://host:port')
    .option('--host <address>', 'address to listen on; any but loopback needs --token', '127.0.0.1')
    .option('--http <port>', 'port of the dashboard and the API; 0 takes a free one', '8025')
    .option('--mqtt <port>', 'port of the embedded broker; 0 takes a free one', '1883')
    .option('--name <lab>', "the lab's name on the bus", 'lab')
    .option('--seed <number>', 'seed of all chance in the lab', '1')
    .option('--token <token>', 'ask for this token everywhere (or FERROLAB_TOKEN)', process.env.FERROLAB_TOKEN)
    .option('--no-drivers', 'leave the devices without drivers')
    .option('--log <level>', 'fatal, error, warn, info, debug or silent', 'warn')
    .option('--json', 'print the addresses as JSON')
    .addHelpText('after', '\nExample: ferrolab up --http 0 --mqtt 0 --bench bench.yaml')
    .action(async (options: UpOptions) => {
      const lab = await startLab({
        host: options.host,
        httpPort: port('--http', options.http),
        mqttPort: port('--mqtt', options.mqtt),
        ...(options.broker === undefined ? {} : { broker: options.broker }),
        name: options.name,
        bench: options.bench === undefined ? DEFAULT_BENCH : loadBench(options.bench),
        drivers: options.drivers,
        seed: wholeNumber('--seed', options.seed, 0xffffffff),
        ...(options.token === undefined ? {} : { token: options.token }),
        webRoot: WEB_ROOT,
        firmwareDirs: FIRMWARE_DIRS,
        scenariosDir: SCENARIOS,
        driverHost: { command: DRIVER_HOST },
        loadDriver: (name) => DRIVERS[name],
        logLevel: options.log,
        version: version(),
      });
      if (options.json) printJson({ url: lab.url, broker: lab.brokerUrl, lab: lab.name, pid: process.pid });
      else {
        print(`dashboard  ${lab.url}`);
        print(`bus        ${lab.brokerUrl}  (lab '${lab.name}')`);
        print('Ctrl-C stops everything.');
      }
      await stopped(lab);
    });
};

/** Resolves when a signal has come and everything is closed; a second signal does not wait. */
const stopped = (lab: Lab): Promise<void> =>
  new Promise((resolve, reject) => {
    let closing = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        if (closing) process.exit(3);
        closing = true;
        lab.close().then(resolve, reject);
      });
  });

const port = (option: string, word: string): number => wholeNumber(option, word, 65_535);

export const wholeNumber = (option: string, word: string, max: number): number => {
  const n = Number(word);
  if (word.trim() === '' || !Number.isInteger(n) || n < 0 || n > max)
    throw new LabError('EINVAL', `${option} is '${word}'; it takes a whole number from 0 to ${max}`);
  return n;
};
