/** One scenario in virtual time in this process, recorded when asked to be. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DRIVERS } from '#drivers/registry.ts';
import { RunRecorder } from '#server/recording/run-recorder.ts';
import type { Scenario } from '#server/scenario/model.ts';
import { type RunResult, runScenario } from '#server/scenario/runner.ts';
import { virtualEnv } from '#server/scenario/virtual-env.ts';
import { version } from './exit.ts';
import { FIRMWARE_DIRS } from './paths.ts';

export interface VirtualRun {
  readonly scenario: Scenario;
  readonly file: string;
  readonly seed: number;
  /** Takes the bytes of a recording; without it the run is not recorded. */
  readonly append?: ((bytes: Uint8Array) => void) | undefined;
}

export const runVirtual = async ({ scenario, file, seed, append }: VirtualRun): Promise<RunResult> => {
  const loadDriver = (name: string) => DRIVERS[name];
  if (append === undefined)
    return runScenario(scenario, () => virtualEnv(scenario, { seed, loadDriver, firmware }), { seed });
  const recorder = new RunRecorder({ scenario, file, seed, version: version(), append });
  const result = await runScenario(
    scenario,
    () =>
      recorder.watch(
        virtualEnv(scenario, {
          seed,
          loadDriver,
          firmware: (name) => {
            const bytes = firmware(name);
            if (bytes !== undefined) recorder.firmware(name, bytes);
            return bytes;
          },
          onDriver: (device, status, time) => recorder.driver(device, status, time),
        }),
      ),
    { seed, onProgress: (view) => recorder.progress(view) },
  );
  recorder.end(result.view);
  return result;
};

const firmware = (name: string): Uint8Array | undefined => {
  const path = name.includes('/') ? name : FIRMWARE_DIRS.map((folder) => join(folder, name)).find(existsSync);
  return path !== undefined && existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
};
