/** Runs a scenario step by step in whatever environment it is given, and says how it ended and whose it is. */
import type { EvidenceView, RunView, StepView } from '#bus/api.ts';
import { asLabError } from '#bus/errors.ts';
import type { TraceNames } from '#bus/trace.ts';
import { Deeds } from './act.ts';
import type { ScenarioEnv } from './env.ts';
import { evidenceView } from './evidence.ts';
import { findings } from './findings.ts';
import type { Scenario } from './model.ts';
import { Recording } from './recording.ts';
import { StrictWatch } from './strict.ts';
import { blame, type Ending, Failure } from './verdict.ts';
import { expectedText, stepDetail, stepKind, stepTitle } from './words.ts';

export interface RunOptions {
  readonly run?: number;
  readonly seed: number;
  /** Aborting ends the run as lab-infra. */
  readonly signal?: AbortSignal;
  /** Called at each change of a step, first with everything waiting. */
  readonly onProgress?: (view: RunView) => void;
}
export interface RunResult {
  readonly view: RunView;
  /** Packed trace records of the run. */
  readonly records: Uint8Array;
  readonly names: TraceNames;
}

/** Opens the environment when it is not open yet, runs, closes it. Never rejects: what goes wrong is a verdict. */
export const runScenario = async (
  scenario: Scenario,
  given: ScenarioEnv | (() => ScenarioEnv | Promise<ScenarioEnv>),
  options: RunOptions,
): Promise<RunResult> => {
  const progress = new Progress(scenario, options);
  let env: ScenarioEnv | undefined;
  let recording: Recording | undefined;
  try {
    env = typeof given === 'function' ? await given() : given;
    recording = new Recording(env.trace, Object.keys(scenario.bench));
    progress.begin(env, recording);
    progress.end(await perform(scenario, env, recording, progress, options));
  } catch (thrown) {
    const { code, message } = asLabError(thrown);
    progress.end({ verdict: 'lab-infra', reason: `The lab itself failed: ${code}: ${message}.`, found: message });
  } finally {
    recording?.close();
    try {
      await env?.close();
    } catch (thrown) {
      progress.end({
        verdict: 'lab-infra',
        reason: `The lab did not close: ${asLabError(thrown).message}.`,
        found: '',
      });
    }
  }
  return {
    view: progress.finish(),
    records: recording?.packed() ?? new Uint8Array(),
    names: recording?.names ?? { devices: [''], requesters: [''], texts: [''] },
  };
};

const perform = async (
  scenario: Scenario,
  env: ScenarioEnv,
  recording: Recording,
  progress: Progress,
  { signal }: RunOptions,
): Promise<Ending> => {
  const began = env.clock.now();
  const deeds = new Deeds({ scenario, env, recording, began, signal });
  const strict = new StrictWatch(scenario, env, recording);
  try {
    for (const [index, step] of scenario.steps.entries()) {
      progress.step(index, 'running');
      await deeds.begin(step);
      strict.check();
      progress.step(index, 'done');
    }
    return { verdict: 'pass', reason: `All ${scenario.steps.length} steps held.`, found: null };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return blame(thrown, env, recording, deeds.marks);
  } finally {
    deeds.disarm();
  }
};

/** The run as dashboards see it, kept up to date. */
class Progress {
  readonly #scenario: Scenario;
  readonly #options: RunOptions;
  readonly #startedAt = new Date();
  readonly #wallBegan = performance.now();
  readonly #steps: StepView[];
  #env: ScenarioEnv | undefined;
  #recording: Recording | undefined;
  #began = 0;
  #stepBegan = 0;
  #ending: Ending | undefined;
  #rests: EvidenceView | null | undefined;

  constructor(scenario: Scenario, options: RunOptions) {
    this.#scenario = scenario;
    this.#options = options;
    this.#steps = scenario.steps.map((step, index) => ({
      index,
      title: stepTitle(scenario, step),
      detail: stepDetail(scenario, step),
      kind: stepKind(step),
      state: 'waiting',
      endedAt: null,
      firstSeq: null,
      lastSeq: null,
      expected: expectedText(scenario, step),
      found: null,
    }));
  }

  begin(env: ScenarioEnv, recording: Recording): void {
    this.#env = env;
    this.#recording = recording;
    this.#began = env.clock.now();
    this.#tell();
  }

  step(index: number, state: 'running' | 'done'): void {
    if (state === 'running') {
      this.#stepBegan = this.#recording?.count ?? 0;
      this.#change(index, { state });
    } else this.#change(index, { state, ...this.#covered() });
    this.#tell();
  }

  /** The first ending counts, unless the lab breaks after it. */
  end(ending: Ending): void {
    this.#ending = ending;
    this.#evidence(ending);
    if (ending.verdict === 'pass') return;
    for (const { index, state } of this.#steps) {
      if (state === 'running') this.#change(index, { state: 'failed', found: ending.found, ...this.#covered() });
      else if (state === 'waiting') this.#change(index, { state: 'skipped' });
    }
  }

  /** The last view, told once more. */
  finish(): RunView {
    const view = this.#view('done');
    this.#options.onProgress?.(view);
    return view;
  }

  /** Looked up while the devices are still there. */
  #evidence({ evidence }: Ending): EvidenceView | null {
    if (this.#env === undefined || this.#recording === undefined) return null;
    this.#rests ??= evidenceView(this.#env, this.#recording, evidence);
    return this.#rests;
  }

  #change(index: number, change: Partial<StepView>): void {
    const step = this.#steps[index];
    if (step !== undefined) this.#steps[index] = { ...step, ...change };
  }

  #covered(): Pick<StepView, 'endedAt' | 'firstSeq' | 'lastSeq'> {
    const recording = this.#recording;
    const now = recording?.count ?? 0;
    const any = recording !== undefined && now > this.#stepBegan;
    return {
      endedAt: this.#runTime(),
      firstSeq: any ? recording.at(this.#stepBegan).seq : null,
      lastSeq: any ? recording.at(now - 1).seq : null,
    };
  }

  #runTime(): number {
    return this.#env === undefined ? 0 : this.#env.clock.now() - this.#began;
  }

  #tell(): void {
    this.#options.onProgress?.(this.#view('running'));
  }

  #view(state: RunView['state']): RunView {
    const { name, title, teaches } = this.#scenario;
    const ending = state === 'done' ? this.#ending : undefined;
    const virtual = this.#env?.mode === 'virtual';
    return {
      run: this.#options.run ?? 0,
      scenario: name,
      title,
      mode: this.#env?.mode ?? 'virtual',
      seed: this.#options.seed,
      state,
      verdict: ending?.verdict ?? null,
      reason: ending?.reason ?? null,
      evidence: ending === undefined ? null : this.#evidence(ending),
      startedAt: this.#startedAt.toISOString(),
      traceHash: state === 'done' && virtual ? (this.#recording?.hash() ?? null) : null,
      accesses: this.#recording?.accesses ?? 0,
      virtualMs: Math.round(this.#runTime() / 1e3) / 1e3,
      wallMs: Math.round((performance.now() - this.#wallBegan) * 10) / 10,
      findings:
        state === 'done' && this.#recording !== undefined ? findings(this.#recording, this.#scenario.bench) : [],
      steps: [...this.#steps],
      teaches,
    };
  }
}
