/** What `up` does: starts a lab of server and drivers, says where it is, keeps it running until Ctrl-C. */
import { LabError } from '#bus/errors.ts';
import { shippedDriver } from '#drivers/shipped.ts';
import type { BenchSpec } from '#server/bench-spec.ts';
import { DEFAULT_BENCH } from '#server/default-bench.ts';
import { startLab } from '#server/lab.ts';
import { type LabNbd, nbdUris } from '#server/nbd/lab-nbd.ts';
import { loadTls } from '#server/nbd/tls.ts';
import { type LabVnc, vncUri } from '#server/vnc/address.ts';
import { ExitCode, version } from './exit.ts';
import { historyOption } from './history-file.ts';
import { port, wholeNumber } from './numbers.ts';
import { DRIVER_HOST, FIRMWARE_DIRS, SCENARIOS, WEB_ROOT } from './paths.ts';
import { print, printJson } from './print.ts';

export interface UpOptions {
  readonly bench?: string;
  readonly broker?: string;
  readonly host: string;
  readonly http: string;
  readonly mqtt: string;
  readonly nbd?: string;
  readonly nbdUnix?: string;
  readonly nbdCert?: string;
  readonly nbdKey?: string;
  readonly nbdCa?: string;
  readonly nbdTlsOnly?: boolean;
  readonly vnc?: string | boolean;
  readonly name: string;
  readonly seed: string;
  readonly history?: string;
  readonly token?: string;
  readonly drivers: boolean;
  readonly publishTrace?: boolean;
  readonly log: string;
  readonly json?: boolean;
}

/** Longer than a driver may take to let go. */
const STOP_MS = 15_000;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

export const up = async (options: UpOptions): Promise<void> => {
  if (!LOG_LEVELS.includes(options.log))
    throw new LabError('EINVAL', `--log is '${options.log}'; it takes one of ${LOG_LEVELS.join(', ')}`);
  const ended = signalled();
  const lab = await startLab({
    host: options.host,
    httpPort: port('--http', options.http),
    mqttPort: port('--mqtt', options.mqtt),
    nbd: nbdOptions(options),
    ...vncOptions(options),
    ...(options.broker === undefined ? {} : { broker: options.broker }),
    name: options.name,
    bench: await benchOf(options),
    drivers: options.drivers,
    publishTrace: options.publishTrace ?? false,
    seed: wholeNumber('--seed', options.seed, 0xffffffff),
    ...(options.token === undefined ? {} : { token: options.token }),
    webRoot: WEB_ROOT,
    firmwareDirs: FIRMWARE_DIRS,
    scenariosDir: SCENARIOS,
    ...historyOption(options.history),
    driverHost: { command: DRIVER_HOST },
    driverInfo: async (name) => (await shippedDriver(name))?.info,
    loadDrivers: async () => {
      const { DRIVERS } = await import('#drivers/registry.ts');
      return (name) => DRIVERS[name];
    },
    logLevel: options.log,
    version: version(),
  });
  if (options.json)
    printJson({ url: lab.url, broker: lab.brokerUrl, nbd: lab.nbd, vnc: lab.vnc, lab: lab.name, pid: process.pid });
  else {
    print(`dashboard  ${lab.url}`);
    print(`bus        ${lab.brokerUrl}  (lab '${lab.name}')`);
    if (lab.nbd !== null) for (const uri of nbdUris(lab.nbd, options.nbdCert !== undefined)) print(`block      ${uri}`);
    for (const vnc of lab.vnc) print(`display    ${vncUri(vnc)}  (${vnc.device})`);
    print('Ctrl-C stops everything.');
  }
  await ended;
  const late = setTimeout(() => {
    process.stderr.write(`ferrolab: the lab did not stop within ${STOP_MS / 1000} s; it is ended now\n`);
    process.exit(ExitCode.labFailed);
  }, STOP_MS);
  await lab.close();
  clearTimeout(late);
  // Everything of ours is closed; a timer that a library left behind must not keep the command alive.
  process.exit(ExitCode.pass);
};

/** What reads a file is loaded only for one: the start without is quicker. */
const benchOf = async ({ bench }: UpOptions): Promise<BenchSpec> =>
  bench === undefined ? DEFAULT_BENCH : (await import('#server/bench-spec.ts')).loadBench(bench);

const nbdOptions = ({ nbd, nbdUnix, nbdCert, nbdKey, nbdCa, nbdTlsOnly }: UpOptions): LabNbd => {
  if ((nbdCert === undefined) !== (nbdKey === undefined))
    throw new LabError('EINVAL', '--nbd-cert and --nbd-key go together');
  if (nbdCert === undefined && (nbdCa !== undefined || nbdTlsOnly === true))
    throw new LabError('EINVAL', '--nbd-ca and --nbd-tls-only take a certificate: --nbd-cert and --nbd-key');
  return {
    ...(nbd === undefined ? {} : { port: port('--nbd', nbd) }),
    ...(nbdUnix === undefined ? {} : { unix: nbdUnix }),
    ...(nbdCert === undefined || nbdKey === undefined
      ? {}
      : {
          tls: loadTls({
            cert: nbdCert,
            key: nbdKey,
            ...(nbdCa === undefined ? {} : { clientCa: nbdCa }),
            required: nbdTlsOnly === true || nbdCa !== undefined,
          }),
        }),
  };
};

/** `--no-vnc` is false. */
const vncOptions = ({ vnc }: UpOptions): { readonly vnc?: LabVnc } => {
  if (vnc === false) return {};
  return { vnc: typeof vnc === 'string' ? { port: port('--vnc', vnc) } : {} };
};

/** Resolves at the first signal, also one that comes while the lab starts: its drivers are running then. A second does not wait. */
const signalled = (): Promise<void> =>
  new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        if (asked) process.exit(3);
        asked = true;
        resolve();
      });
  });
