/** What `run` does: scenarios in virtual time in this process, or live over the bus of a lab. */
import type { LabView, RunView } from '#bus/api.ts';
import { LabError } from '#bus/errors.ts';
import { DRIVERS } from '#drivers/registry.ts';
import type { Coverage } from '#server/coverage/coverage.ts';
import { AppendFile } from '#server/recording/append-file.ts';
import type { ReportedRun } from '#server/scenario/junit.ts';
import type { Scenario } from '#server/scenario/model.ts';
import { parseScenario } from '#server/scenario/parse.ts';
import { exitCode, runRows, runText } from '#server/scenario/report.ts';
import type { RunResult } from '#server/scenario/runner.ts';
import { SCENARIO_FILE_BYTES } from '#server/scenario/source.ts';
import { version } from './exit.ts';
import { LabHttp, type LabOptions } from './lab-http.ts';
import { wholeNumber } from './numbers.ts';
import { DRIVER_HOST, FIRMWARE_DIRS } from './paths.ts';
import { print, printJson } from './print.ts';
import { readText } from './read-file.ts';
import { recordRun } from './record-run.ts';
import { repeated, type SeededSource } from './repeat.ts';
import { type OutputOptions, RunOutputs } from './run-outputs.ts';
import type { ScenarioThread } from './scenario-pool.ts';
import { begin, type Helpers, runAll } from './scenario-threads.ts';
import { runVirtual } from './virtual-run.ts';

export interface RunOptions extends LabOptions, OutputOptions {
  readonly live?: boolean;
  readonly seed?: string;
  readonly record?: string;
}

/** So many for each thread while the files are read. */
const EARLY_RUNS = 12;

/** `threads` help with runs in virtual time. */
export const run = async (
  files: readonly string[],
  options: RunOptions,
  threads: readonly ScenarioThread[] = [],
): Promise<void> => {
  const seed = options.seed === undefined ? undefined : wholeNumber('--seed', options.seed, 0xffffffff);
  // Every file is read and checked before a run is told of: a typing slip in the last costs no time. Threads, which have
  // nothing to do meanwhile, begin with the first ones.
  const scenarios: SeededSource[] = [];
  const begun: Promise<RunResult>[] = [];
  for (const file of files)
    for (const source of repeated([parsed(file)], seed, options)) {
      scenarios.push(source);
      const thread = begun.length < EARLY_RUNS * threads.length ? threads[begun.length % threads.length] : undefined;
      if (thread !== undefined) begun.push(begin(thread, source));
    }
  const outputs = new RunOutputs(options);
  const report = (run: ReportedRun): void => {
    if (!options.json) print(runText(run, { color: process.stdout.isTTY === true }));
  };
  const file = options.record === undefined ? undefined : new AppendFile(options.record, '--record');
  const runs = options.live
    ? await live(scenarios, options, report, file, outputs)
    : await virtual(scenarios, report, file, outputs, { threads, begun });
  file?.close();
  if (options.json) printJson(runRows(runs));
  process.exitCode = outputs.finish(runs, exitCode(runs.map(({ view }) => view)));
};

interface Source {
  readonly file: string;
  readonly scenario: Scenario;
}

const parsed = (file: string): Source => ({
  file,
  scenario: parseScenario(readText('scenario', file, SCENARIO_FILE_BYTES), file, { drivers: Object.keys(DRIVERS) }),
});

const virtual = async (
  sources: readonly SeededSource[],
  report: (run: ReportedRun) => void,
  recording: AppendFile | undefined,
  outputs: RunOutputs,
  helpers: Helpers,
): Promise<ReportedRun[]> => {
  const runs: ReportedRun[] = [];
  const ended = ({ file, scenario }: SeededSource, result: RunResult): void => {
    const { view } = result;
    outputs.ran(scenario, result);
    runs.push({ file, view });
    report({ file, view });
  };
  if (recording === undefined) await runAll(sources, ended, helpers);
  else
    for (const source of sources)
      ended(source, await runVirtual({ ...source, append: (bytes) => recording.append(bytes) }));
  return runs;
};

/** The same steps through the endpoint the dashboard's button uses. */
const live = async (
  sources: readonly SeededSource[],
  options: RunOptions,
  report: (run: ReportedRun) => void,
  recording: AppendFile | undefined,
  outputs: RunOutputs,
): Promise<ReportedRun[]> => {
  const { lab, close } = await reachLab(options);
  try {
    const runs: ReportedRun[] = [];
    for (const { file, scenario, seed } of sources) {
      const recorded = await recordRun(lab, recording, { scenario, file, seed });
      let view = await lab.post<RunView>('/runs', {
        yaml: scenario.yaml,
        file,
        mode: 'live',
        seed,
      });
      while (view.state === 'running') {
        await new Promise((wake) => setTimeout(wake, 100));
        view = await lab.get<RunView>(`/runs/${view.run}`);
      }
      await recorded?.end(view);
      if (outputs.wantsCoverage) outputs.covered(await lab.get<Coverage>(`/runs/${view.run}/coverage`));
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
  const { startLab } = await import('#server/lab.ts');
  const own = await startLab({
    httpPort: 0,
    mqttPort: 0,
    drivers: false,
    firmwareDirs: FIRMWARE_DIRS,
    driverHost: { command: DRIVER_HOST },
    driverInfo: async (name) => DRIVERS[name]?.info,
    loadDrivers: async () => (name) => DRIVERS[name],
    version: version(),
  });
  return { lab: new LabHttp({ url: own.url }), close: () => own.close() };
};
