/** What `run` does: scenarios in virtual time in this process, or live over the bus of a lab. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabView, RunView } from '#bus/api.ts';
import { LabError } from '#bus/errors.ts';
import { DRIVERS } from '#drivers/registry.ts';
import { startLab } from '#server/lab.ts';
import { junitXml, type ReportedRun } from '#server/scenario/junit.ts';
import type { Scenario } from '#server/scenario/model.ts';
import { parseScenario } from '#server/scenario/parse.ts';
import { exitCode, runRows, runText } from '#server/scenario/report.ts';
import { runScenario } from '#server/scenario/runner.ts';
import { virtualEnv } from '#server/scenario/virtual-env.ts';
import { version } from './exit.ts';
import { LabHttp, type LabOptions } from './lab-http.ts';
import { wholeNumber } from './numbers.ts';
import { DRIVER_HOST, FIRMWARE_DIRS } from './paths.ts';
import { print, printJson } from './print.ts';

export interface RunOptions extends LabOptions {
  readonly live?: boolean;
  readonly seed?: string;
  readonly junit?: string;
}

export const run = async (files: readonly string[], options: RunOptions): Promise<void> => {
  const seed = options.seed === undefined ? undefined : wholeNumber('--seed', options.seed, 0xffffffff);
  // Every file is read and checked before the first one runs: a typing slip in the last costs no time.
  const scenarios = files.map((file) => parsed(file));
  if (options.junit !== undefined) write(options.junit, ''); // so that a place that cannot be written costs no run
  const report = (run: ReportedRun): void => {
    if (!options.json) print(runText(run, { color: process.stdout.isTTY === true }));
  };
  const runs = options.live ? await live(scenarios, seed, options, report) : await virtual(scenarios, seed, report);
  if (options.json) printJson(runRows(runs));
  if (options.junit !== undefined) write(options.junit, junitXml(runs));
  process.exitCode = exitCode(runs.map(({ view }) => view));
};

interface Source {
  readonly file: string;
  readonly scenario: Scenario;
}

const parsed = (file: string): Source => ({
  file,
  scenario: parseScenario(read(file), file, { drivers: Object.keys(DRIVERS) }),
});

const virtual = async (
  sources: readonly Source[],
  seed: number | undefined,
  report: (run: ReportedRun) => void,
): Promise<ReportedRun[]> => {
  const runs: ReportedRun[] = [];
  for (const { file, scenario } of sources) {
    const chosen = seed ?? scenario.seed;
    const { view } = await runScenario(
      scenario,
      () => virtualEnv(scenario, { seed: chosen, loadDriver: (name) => DRIVERS[name], firmware }),
      { seed: chosen },
    );
    runs.push({ file, view });
    report({ file, view });
  }
  return runs;
};

/** The same steps through the endpoint the dashboard's button uses. */
const live = async (
  sources: readonly Source[],
  seed: number | undefined,
  options: RunOptions,
  report: (run: ReportedRun) => void,
): Promise<ReportedRun[]> => {
  const { lab, close } = await reachLab(options);
  try {
    const runs: ReportedRun[] = [];
    for (const { file, scenario } of sources) {
      let view = await lab.post<RunView>('/runs', {
        yaml: scenario.yaml,
        file,
        mode: 'live',
        ...(seed === undefined ? {} : { seed }),
      });
      while (view.state === 'running') {
        await new Promise((wake) => setTimeout(wake, 100));
        view = await lab.get<RunView>(`/runs/${view.run}`);
      }
      runs.push({ file, view });
      report({ file, view });
    }
    return runs;
  } finally {
    await close();
  }
};

const reachLab = async (options: RunOptions): Promise<{ lab: LabHttp; close: () => Promise<void> }> => {
  const running = new LabHttp(options);
  try {
    await running.get<LabView>('/lab');
    return { lab: running, close: async () => {} };
  } catch (error) {
    if (!(error instanceof LabError && error.code === 'EIO') || process.env.FERROLAB_URL !== undefined) throw error;
  }
  const own = await startLab({
    httpPort: 0,
    mqttPort: 0,
    drivers: false,
    firmwareDirs: FIRMWARE_DIRS,
    driverHost: { command: DRIVER_HOST },
    loadDriver: (name) => DRIVERS[name],
    version: version(),
  });
  return { lab: new LabHttp({ url: own.url }), close: () => own.close() };
};

const write = (file: string, text: string): void => {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new LabError('EACCES', `--junit: ${(cause as Error).message}`, { cause });
  }
};

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LabError(
      'ENOENT',
      `scenario ${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`,
      { cause },
    );
  }
};

const firmware = (name: string): Uint8Array | undefined => {
  const path = name.includes('/') ? name : FIRMWARE_DIRS.map((folder) => join(folder, name)).find(existsSync);
  return path !== undefined && existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
};
