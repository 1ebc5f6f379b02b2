/** What `fuzz` does: searches in this process in virtual time, then writes what it found as a scenario file. */
import { LabError, unknownName } from '#bus/errors.ts';
import { DRIVERS } from '#drivers/registry.ts';
import { DEVICE_KINDS } from '#server/bench-spec.ts';
import { baseOf, type FuzzBase, usualBase } from '#server/fuzz/fuzz-base.ts';
import { type Found, search } from '#server/fuzz/search.ts';
import { parseScenario } from '#server/scenario/parse.ts';
import { runText } from '#server/scenario/report.ts';
import { SCENARIO_FILE_BYTES } from '#server/scenario/source.ts';
import { ExitCode } from './exit.ts';
import { wholeNumber } from './numbers.ts';
import { print, printJson } from './print.ts';
import { readText } from './read-file.ts';
import { runVirtual } from './virtual-run.ts';
import { writeTo } from './write-file.ts';

export interface FuzzOptions {
  readonly scenario?: string;
  readonly seed: string;
  readonly seconds: string;
  readonly runs: string;
  readonly faults: string;
  readonly out?: string;
  readonly json?: boolean;
}

export const fuzz = async (driver: string, options: FuzzOptions): Promise<void> => {
  const seed = wholeNumber('--seed', options.seed, 0x7fffffff);
  const [seconds, mostRuns] = [positive('--seconds', options.seconds, 86_400), positive('--runs', options.runs, 1e7)];
  const mostFaults = positive('--faults', options.faults, 20);
  const drivers = Object.keys(DRIVERS);
  const base = baseFor(driver, drivers, options.scenario);
  const file = options.out ?? `${driver}-fuzz.yaml`;
  const run = (yaml: string) => runVirtual({ scenario: parseScenario(yaml, file, { drivers }), file, seed: SEED });
  const told = progress(options);
  const began = performance.now();
  const { runs, foundAfter, clean, found } = await search({
    base,
    run,
    seed,
    budgetMs: seconds * 1000,
    mostRuns,
    mostFaults,
    onRun: told.run,
  });
  told.end();
  const tookMs = Math.round(performance.now() - began);
  if (clean.verdict !== 'pass')
    throw new LabError('EINVAL', `${driver} does not pass with a good bus: ${clean.reason ?? clean.verdict}`);
  if (found !== null) writeTo('--out', file, headed(driver, seed, runs, found));
  process.exitCode = found === null ? ExitCode.pass : ExitCode.driverFailed;
  if (options.json) {
    const { faults, view } = found ?? { faults: [], view: null };
    return printJson({
      driver,
      seed,
      runs,
      foundAfter,
      tookMs,
      faults,
      verdict: view?.verdict ?? null,
      file: found && file,
    });
  }
  const took = `${runs} runs in ${(tookMs / 1000).toFixed(1)} s, seed ${seed}`;
  if (found === null) return print(`${driver}: nothing found in ${took}`);
  const { length } = found.faults;
  print(
    `${driver}: fails with ${length} ${length === 1 ? 'fault' : 'faults'} on the bus; found by run ${foundAfter}, ${took}`,
  );
  print(runText({ file, view: found.view }, { color: process.stdout.isTTY === true }));
  print(`written to ${file}`);
};

/** The scenario's own; what is drawn is in its steps. */
const SEED = 1;

const baseFor = (driver: string, drivers: readonly string[], file: string | undefined): FuzzBase => {
  const module = Object.hasOwn(DRIVERS, driver) ? DRIVERS[driver] : undefined;
  if (module === undefined) throw unknownName('driver', driver, drivers);
  if (file !== undefined)
    return baseOf(parseScenario(readText('scenario', file, SCENARIO_FILE_BYTES), file, { drivers }), driver);
  const kind = DEVICE_KINDS.find((known) => module.info.drives.includes(known));
  if (kind === undefined)
    throw new LabError(
      'EINVAL',
      `${driver} drives ${module.info.drives.join(', ') || 'nothing'}; name a scenario that loads it`,
    );
  return usualBase(driver, kind);
};

const positive = (option: string, word: string, most: number): number => {
  const n = wholeNumber(option, word, most);
  if (n < 1) throw new LabError('EINVAL', `${option} is '${word}'; it takes a whole number from 1 to ${most}`);
  return n;
};

const headed = (driver: string, seed: number, runs: number, { yaml, view }: Found): string =>
  [
    `# Found by \`ferrolab fuzz ${driver} --seed ${seed}\`, the smallest of ${runs} runs: ${view.verdict ?? ''}.`,
    ...(view.reason ?? '').split('\n').map((line) => `# ${line}`),
    yaml,
  ].join('\n');

/** A line that counts, on a terminal only. */
const progress = ({ json }: FuzzOptions): { run: (runs: number, found: boolean) => void; end: () => void } => {
  if (json || process.stderr.isTTY !== true) return { run: () => {}, end: () => {} };
  return {
    run: (runs, found) => void process.stderr.write(`\r${runs} runs${found ? ', found; making it smaller' : ''}\x1b[K`),
    end: () => void process.stderr.write('\r\x1b[K'),
  };
};
