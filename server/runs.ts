/** Scenario runs of one lab: what there is to run, what runs, how it ended. */
import type { RunView, ScenarioView, Verdict } from '#bus/api.ts';
import { asLabError, LabError } from '#bus/errors.ts';
import type { LoadDrivers } from '#bus/kernel-port.ts';
import type { Coverage } from './coverage/coverage.ts';
import type { HistoryQuery, RunHistory } from './history/run-history.ts';
import { KeptRuns, type RunTrace } from './kept-runs.ts';
import type { LabHost } from './lab.ts';
import { liveEnv } from './scenario/live-env.ts';
import type { Scenario } from './scenario/model.ts';
import { parseScenario } from './scenario/parse.ts';
import { runScenario } from './scenario/runner.ts';
import { scenarioView } from './scenario/view.ts';
import { virtualEnv } from './scenario/virtual-env.ts';
import { ScenarioShelf } from './scenario-shelf.ts';

export interface RunRequest {
  /** Name of a scenario of this lab, or… */
  readonly scenario?: string;
  /** …the text of one. */
  readonly yaml?: string;
  /** What the text is called in messages and reports. */
  readonly file?: string;
  readonly seed?: number;
  readonly mode: RunView['mode'];
  /** Runs the same this many times, one after another. */
  readonly repeat?: number;
  /** With `repeat`: another seed each time, counted up. */
  readonly seeds?: boolean;
}

export interface RunBookOptions {
  readonly host: LabHost;
  readonly scenariosDir: string | undefined;
  readonly loadDrivers: LoadDrivers | undefined;
  readonly firmware: (name: string) => Uint8Array;
  /** Names of loadable drivers. */
  readonly drivers: () => Promise<readonly string[]>;
  /** Keeps runs across restarts; without it they are gone with the lab. */
  readonly history?: RunHistory | undefined;
}

const SEEDS = 2 ** 32;
/** Virtual runs at the same time, and how many may be asked for. */
const AT_ONCE = 4;

export class RunBook {
  readonly #options: RunBookOptions;
  readonly #kept: KeptRuns;
  readonly #stops = new Map<number, AbortController>();
  readonly #verdicts = new Map<string, Verdict>();
  readonly #listeners = new Set<(view: RunView) => void>();
  /** What was wrong with scenario files: told once each. */
  readonly #complaints = new Set<string>();
  readonly #pending = new Set<Promise<void>>();
  readonly #shelf: ScenarioShelf;
  constructor(options: RunBookOptions) {
    this.#options = options;
    this.#shelf = new ScenarioShelf(options.scenariosDir);
    const { history } = options;
    this.#kept = new KeptRuns(history);
    for (const [scenario, verdict] of history?.verdicts() ?? []) this.#verdicts.set(scenario, verdict);
  }

  /** Every readable scenario of the scenarios directory; what is wrong with the others is in the kernel log. */
  scenarios(): readonly ScenarioView[] {
    const { host } = this.#options;
    return this.#shelf.names().flatMap((name) => {
      try {
        return [scenarioView(this.#shelf.read(name), this.#verdicts.get(name) ?? null)];
      } catch (error) {
        const { message } = asLabError(error);
        if (!this.#complaints.has(message)) host.log.add('err', 'lab', message);
        this.#complaints.add(message);
        return [];
      }
    });
  }

  /** Runs since the lab began, newest first. */
  list(): readonly RunView[] {
    return this.#kept.list;
  }

  /** Those, and as many before them as a page shows, newest first. */
  shown(): readonly RunView[] {
    return this.#kept.shown;
  }

  /** Ended runs of every lab that kept them here, newest first; those of this one where nothing is kept. */
  kept(query: HistoryQuery): readonly RunView[] {
    return this.#kept.query(query);
  }

  get(run: number): RunView {
    return this.#kept.get(run);
  }

  /** Records of a finished virtual run. */
  trace(run: number): RunTrace {
    return this.#kept.trace(run);
  }

  /** What a run touched of the datasheets; of the newest ones only. */
  coverage(run: number): Coverage {
    return this.#kept.coverage(run);
  }

  /** Starts a run and returns at once; EBUSY when as many run as may. */
  async start(request: RunRequest): Promise<RunView> {
    const scenario = await this.#scenario(request);
    const { mode, repeat = 1 } = request;
    const running = this.list()
      .toReversed()
      .filter((view) => view.state === 'running' && view.mode === mode);
    const most = mode === 'live' ? 1 : AT_ONCE;
    if (running.length >= most)
      throw new LabError(
        'EBUSY',
        `run ${running.map(({ run }) => run).join(', ')} is still running; ${most} may at once`,
      );
    if (mode === 'virtual' && this.#options.loadDrivers === undefined)
      throw new LabError('EOPNOTSUPP', 'this lab has no drivers to load in virtual time; run it live');
    const stop = new AbortController();
    const first = await new Promise<RunView>((resolve) => {
      const pending = this.#runAll(scenario, request, repeat, stop, resolve).finally(() =>
        this.#pending.delete(pending),
      );
      this.#pending.add(pending);
    });
    return first;
  }

  /** Stops a running one; of what has ended nothing changes. */
  stop(run: number): RunView {
    const view = this.get(run);
    this.#stops.get(run)?.abort();
    return view;
  }

  /** Calls `listener` with each change of a run. */
  onChange(listener: (view: RunView) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** How many runs ended with each verdict. */
  tally(): ReadonlyMap<Verdict, number> {
    const counts = new Map<Verdict, number>();
    for (const { verdict } of this.list()) if (verdict !== null) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    return counts;
  }

  async close(): Promise<void> {
    for (const stop of this.#stops.values()) stop.abort();
    await Promise.all(this.#pending);
  }

  async #runAll(
    scenario: Scenario,
    request: RunRequest,
    repeat: number,
    stop: AbortController,
    started: (view: RunView) => void,
  ): Promise<void> {
    const first = request.seed ?? scenario.seed;
    for (let turn = 0; turn < repeat && !stop.signal.aborted; turn++) {
      const seed = request.seeds === true ? (first + turn) % SEEDS : first;
      await this.#run(scenario, { ...request, seed }, stop, turn === 0 ? started : () => {});
    }
  }

  async #run(scenario: Scenario, request: RunRequest, stop: AbortController, started: (view: RunView) => void) {
    const run = this.#kept.next();
    const seed = request.seed ?? scenario.seed;
    const { mode } = request;
    const keep = (view: RunView): void => {
      this.#kept.set(view);
      for (const listener of this.#listeners) listener(view);
    };
    this.#stops.set(run, stop);
    keep(beginning(run, scenario, mode, seed));
    started(this.get(run));
    try {
      const env = mode === 'live' ? await liveEnv(scenario, this.#options.host) : await this.#virtual(scenario, seed);
      const { view, records, names } = await runScenario(scenario, env, {
        run,
        seed,
        signal: stop.signal,
        // done is told below, when the records are kept
        onProgress: (view) => view.state === 'done' || keep(view),
      });
      this.#kept.ran(run, { scenario: scenario.name, bench: scenario.bench, records, names });
      if (view.verdict !== null) this.#verdicts.set(scenario.name, view.verdict);
      keep({ ...view, run });
    } catch (error) {
      const reason = asLabError(error).message;
      keep({ ...this.get(run), state: 'done', verdict: 'lab-infra', reason });
    } finally {
      this.#stops.delete(run);
      await this.#kept.ended(run, (text) => void this.#options.host.log.add('err', 'lab', text));
    }
  }

  async #virtual(scenario: Scenario, seed: number) {
    const { loadDrivers, firmware } = this.#options;
    const loadDriver = (await loadDrivers?.()) ?? (() => undefined);
    return virtualEnv(scenario, { seed, loadDriver, firmware: (name) => orUndefined(() => firmware(name)) });
  }

  async #scenario({ scenario, yaml, file = 'given.yaml' }: RunRequest): Promise<Scenario> {
    if ((scenario === undefined) === (yaml === undefined))
      throw new LabError('EINVAL', 'give either the name of a scenario or its yaml');
    const drivers = await this.#options.drivers();
    return yaml === undefined ? this.#shelf.read(scenario ?? '', { drivers }) : parseScenario(yaml, file, { drivers });
  }
}

const orUndefined = <T>(make: () => T): T | undefined => {
  try {
    return make();
  } catch {
    return undefined;
  }
};

/** A run before its first step. */
const beginning = (run: number, scenario: Scenario, mode: RunView['mode'], seed: number): RunView => ({
  run,
  scenario: scenario.name,
  title: scenario.title,
  mode,
  seed,
  state: 'running',
  verdict: null,
  reason: null,
  startedAt: new Date().toISOString(),
  traceHash: null,
  accesses: 0,
  virtualMs: 0,
  wallMs: 0,
  findings: [],
  steps: [],
  teaches: scenario.teaches,
});
