/** The driver process: `node drivers/host.ts --device phy0 --driver qt2025`. */
import { asLabError, LabError } from '#bus/errors.ts';
import type { DriverModule } from '#bus/kernel-port.ts';
import { settle } from '#regmap/params.ts';
import { Attachment } from './attachment.ts';
import { findDriver } from './driver-file.ts';
import { readFirmware } from './firmware-files.ts';
import { HOST_USAGE, type HostArguments, parseHostArguments } from './host-arguments.ts';
import { panic, uncaughtWords } from './kernel/panic-chain.ts';

/** From here on it is the driver, not the command line, that fails. */
let understood = false;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const main = async (): Promise<number> => {
  const asked = parseHostArguments(process.argv.slice(2), process.pid, process.env);
  if (asked === 'help') process.stdout.write(`${HOST_USAGE}\n`);
  else if (asked === 'modinfo') {
    const all = Object.values((await import('./registry.ts')).DRIVERS).map(({ info }) => info);
    process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
  } else return run(asked);
  return 0;
};

const run = async (asked: HostArguments): Promise<number> => {
  const module = await findDriver(asked.driver);
  const params = checked(module, asked.params);
  understood = true;
  const stop = Promise.withResolvers<'stopped'>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      stop.resolve('stopped');
    });
  // A driver may leave a promise alone; that is its mistake, and no reason to leave the device alone too.
  process.on('unhandledRejection', (reason) => {
    say(`${module.info.name}: unhandled: ${asLabError(reason).message}`);
    if (!(reason instanceof LabError)) void panic(uncaughtWords(reason));
  });
  // What was thrown at nobody ends the process, unless a display shows it: that screen is to stay.
  process.on('uncaughtException', (thrown) => {
    say(`${module.info.name}: ${thrown.stack ?? uncaughtWords(thrown)}`);
    void panic(uncaughtWords(thrown)).then((shown) => shown || process.exit(1));
  });

  const attaching = Attachment.attach({
    ...asked,
    module,
    params,
    requestFirmware: (name) => readFirmware(name, asked.firmwareDirs),
    say,
  });
  const attached = await Promise.race([attaching, stop.promise]);
  if (attached === 'stopped') return 0; // mid-probe: the last will tells the lab, which frees the device
  const error = await Promise.race([attached.ended, stop.promise.then(() => attached.detach())]);
  if (error !== undefined) throw error;
  return 0;
};

const checked = ({ info }: DriverModule, given: Readonly<Record<string, string>>) => {
  try {
    return settle(info.params, given);
  } catch (thrown) {
    throw new LabError('EINVAL', `${info.name}: ${asLabError(thrown).message}`);
  }
};

try {
  process.exitCode = await main();
} catch (thrown) {
  const { code, message } = asLabError(thrown);
  say(`${code}: ${message}`);
  process.exitCode = understood ? 1 : 2;
}
process.exit();
