/** The recording of one test, for `ferrolab open`, `diff` and Wireshark. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RunView, Verdict } from '#bus/api.ts';
import { version } from '#cli/exit.ts';
import { AppendFile } from '#server/recording/append-file.ts';
import { RunRecorder } from '#server/recording/run-recorder.ts';
import type { DriverStatus, ScenarioEnv } from '#server/scenario/env.ts';
import type { Scenario } from '#server/scenario/model.ts';

export interface TestRecordingOptions {
  readonly path: string;
  readonly bench: Scenario['bench'];
  readonly seed: number;
}

/** How a test stood when its lab was closed. */
export interface TestEnd {
  /** Null: nothing the lab itself was asked for has failed. */
  readonly failure: { readonly verdict: Verdict; readonly reason: string } | null;
  readonly accesses: number;
  readonly virtualMs: number;
  readonly findings: readonly string[];
}

const NAME = 'test';

export class TestRecording {
  readonly #seed: number;
  readonly #file: AppendFile;
  readonly #recorder: RunRecorder;
  readonly #startedAt = new Date();

  /** Begins the file anew, its folder too. */
  constructor({ path, bench, seed }: TestRecordingOptions) {
    this.#seed = seed;
    mkdirSync(dirname(path), { recursive: true });
    this.#file = new AppendFile(path, 'record');
    const append = (bytes: Uint8Array): void => this.#file.append(bytes);
    this.#recorder = new RunRecorder({
      scenario: { name: NAME, yaml: '', bench },
      file: path,
      seed,
      version: version(),
      append,
    });
  }

  /** Listens; the environment is given back. */
  watch(env: ScenarioEnv): ScenarioEnv {
    return this.#recorder.watch(env);
  }

  driver(device: string, status: DriverStatus, time: number): void {
    this.#recorder.driver(device, status, time);
  }

  firmware(name: string, bytes: Uint8Array): void {
    this.#recorder.firmware(name, bytes);
  }

  end({ failure, accesses, virtualMs, findings }: TestEnd): void {
    const run: RunView = {
      run: 0,
      scenario: NAME,
      title: 'A test of its own',
      mode: 'virtual',
      seed: this.#seed,
      state: 'done',
      verdict: failure?.verdict ?? 'pass',
      reason: failure?.reason ?? 'Nothing the lab was asked for has failed.',
      startedAt: this.#startedAt.toISOString(),
      traceHash: null,
      accesses,
      virtualMs,
      wallMs: Date.now() - this.#startedAt.getTime(),
      findings,
      steps: [],
      teaches: '',
    };
    this.#recorder.end(run);
    this.#file.close();
  }
}
