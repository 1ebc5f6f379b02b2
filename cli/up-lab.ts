/** What `up` does: starts a lab of server and drivers, says where it is, keeps it running until Ctrl-C. */
import { DRIVERS } from '#drivers/registry.ts';
import { DEFAULT_BENCH, loadBench } from '#server/bench.ts';
import { type Lab, startLab } from '#server/lab.ts';
import { version } from './exit.ts';
import { port, wholeNumber } from './numbers.ts';
import { DRIVER_HOST, FIRMWARE_DIRS, SCENARIOS, WEB_ROOT } from './paths.ts';
import { print, printJson } from './print.ts';

export interface UpOptions {
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

export const up = async (options: UpOptions): Promise<void> => {
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
