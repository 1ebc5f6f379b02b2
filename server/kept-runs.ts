/** What is kept of runs: the views of the last ones, the records of fewer, and those of labs before this one. */
import type { RunView } from '#bus/api.ts';
import { asLabError, LabError } from '#bus/errors.ts';
import type { TraceNames } from '#bus/trace.ts';
import type { BenchSpec } from './bench-spec.ts';
import { type Coverage, coverageOf } from './coverage/coverage.ts';
import { touchedBy } from './coverage/touched.ts';
import type { HistoryQuery, RunHistory } from './history/run-history.ts';

export interface RunTrace {
  readonly records: Uint8Array;
  readonly names: TraceNames;
}

/** A run that has ended, as long as its records are kept. */
interface Ran extends RunTrace {
  readonly scenario: string;
  readonly bench: BenchSpec;
}

/** Runs kept; of the oldest the records are forgotten first. */
const KEPT_RUNS = 200;
const KEPT_TRACES = 12;
/** Of the runs before the lab began, those that pages are told of. */
const SHOWN_HISTORY = 100;

export class KeptRuns {
  readonly #history: RunHistory | undefined;
  readonly #views = new Map<number, RunView>();
  readonly #ran = new Map<number, Ran>();
  /** Runs of labs before this one, newest first. */
  readonly #before: readonly RunView[];
  #last: number;

  constructor(history: RunHistory | undefined) {
    this.#history = history;
    this.#last = history?.last ?? 0;
    this.#before = history?.list({ limit: SHOWN_HISTORY }) ?? [];
  }

  /** The number of a new run. */
  next(): number {
    return ++this.#last;
  }

  /** Since the lab began, newest first. */
  get list(): readonly RunView[] {
    return [...this.#views.values()].reverse();
  }

  /** Those, and as many before them as a page shows, newest first. */
  get shown(): readonly RunView[] {
    return [...this.list, ...this.#before];
  }

  /** Ended runs of every lab that kept them here, newest first; those of this one where nothing is kept. */
  query(query: HistoryQuery): readonly RunView[] {
    if (this.#history !== undefined) return this.#history.list(query);
    const { scenario, before = Number.POSITIVE_INFINITY, limit = SHOWN_HISTORY } = query;
    const fits = (view: RunView): boolean =>
      view.state === 'done' && view.run < before && (scenario === undefined || view.scenario === scenario);
    return this.list.filter(fits).slice(0, limit);
  }

  get(run: number): RunView {
    const view = this.#views.get(run) ?? this.#history?.get(run);
    if (view === undefined) throw new LabError('ENOENT', `no run ${run}; the newest is ${this.#last}`);
    return view;
  }

  set(view: RunView): void {
    this.#views.set(view.run, view);
  }

  /** Its records, before it is told of as done. */
  ran(run: number, ran: Ran): void {
    this.#ran.set(run, ran);
  }

  /** Records of a finished virtual run. */
  trace(run: number): RunTrace {
    const { state, mode } = this.get(run);
    const trace = mode === 'live' ? undefined : (this.#ran.get(run) ?? this.#history?.trace(run));
    if (trace !== undefined) return { records: trace.records, names: trace.names };
    if (state === 'running') throw new LabError('EAGAIN', `run ${run} is still running`);
    throw new LabError(
      'ENOENT',
      mode === 'live'
        ? `run ${run} was live: its accesses are in the lab's own trace`
        : `the records of run ${run} are no longer kept; the last ${KEPT_TRACES} runs keep theirs`,
    );
  }

  /** What a run touched of the datasheets; of the newest ones only. */
  coverage(run: number): Coverage {
    if (this.get(run).state === 'running') throw new LabError('EAGAIN', `run ${run} is still running`);
    const ran = this.#ran.get(run);
    if (ran === undefined)
      throw new LabError('ENOENT', `what run ${run} touched is no longer known; it is of the last ${KEPT_TRACES} runs`);
    return coverageOf(ran.scenario, touchedBy(ran));
  }

  /** Writes an ended run into the history and forgets what is too old. A history that cannot be written is told of. */
  async ended(run: number, complain: (text: string) => void): Promise<void> {
    const [view, ran] = [this.#views.get(run), this.#ran.get(run)];
    for (const old of [...this.#ran.keys()].slice(0, -KEPT_TRACES)) this.#ran.delete(old);
    for (const { run: old, state } of [...this.#views.values()].slice(0, -KEPT_RUNS))
      if (state === 'done') this.#views.delete(old);
    if (this.#history === undefined || view === undefined) return;
    try {
      await this.#history.add(view, view.mode === 'virtual' ? ran : undefined);
    } catch (thrown) {
      complain(`run ${run} is not in the history: ${asLabError(thrown).message}`);
    }
  }
}
