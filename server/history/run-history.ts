/** Runs kept across restarts: an SQLite file with every run's outcome, and the records of as many as fit. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { deflate, inflateSync } from 'node:zlib';
import type { RunView, Verdict } from '#bus/api.ts';
import { LabError } from '#bus/errors.ts';
import { RECORD_BYTES, type TraceNames } from '#bus/trace.ts';

export interface RunHistoryOptions {
  /** `:memory:` keeps nothing beyond the process. */
  readonly file: string;
  /** Of the oldest runs the records go first, when all together take more. */
  readonly traceBytes?: number;
  /** Runs kept. */
  readonly runs?: number;
}

export interface KeptTrace {
  readonly records: Uint8Array;
  readonly names: TraceNames;
}

export interface HistoryQuery {
  readonly scenario?: string;
  /** Only runs with a smaller number. */
  readonly before?: number;
  readonly limit?: number;
}

const FORMAT = 1;
const TRACE_BYTES = 64 * 2 ** 20;
const RUNS = 5000;
/** What a trace may unpack to: a million records. */
const UNPACKED_BYTES = (1 << 20) * RECORD_BYTES;

const packed = promisify(deflate);

export class RunHistory {
  readonly #db: DatabaseSync;
  readonly #traceBytes: number;
  readonly #runs: number;
  readonly #insert: StatementSync;
  readonly #insertTrace: StatementSync;
  #closed = false;

  /** Throws one LabError for a file that is no history, is of a newer version, or is in use by another lab. */
  constructor({ file, traceBytes = TRACE_BYTES, runs = RUNS }: RunHistoryOptions) {
    this.#traceBytes = traceBytes;
    this.#runs = runs;
    this.#db = open(file);
    this.#insert = this.#db.prepare('INSERT OR REPLACE INTO runs (run, scenario, verdict, view) VALUES (?, ?, ?, ?)');
    this.#insertTrace = this.#db.prepare(
      'INSERT OR REPLACE INTO traces (run, names, records, bytes) VALUES (?, ?, ?, ?)',
    );
  }

  /** Number of the newest run; 0 before the first. */
  get last(): number {
    return Number(this.#db.prepare('SELECT max(run) AS last FROM runs').get()?.last ?? 0);
  }

  /** Keeps a run that has ended; when this resolves it outlives a kill. */
  async add(view: RunView, trace?: KeptTrace): Promise<void> {
    const records = trace === undefined ? undefined : await packed(trace.records, { level: 1 });
    if (this.#closed) return; // the lab went meanwhile
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      this.#insert.run(view.run, view.scenario, view.verdict, JSON.stringify(view));
      if (trace !== undefined && records !== undefined && records.length <= this.#traceBytes) {
        const names = JSON.stringify(trace.names);
        this.#insertTrace.run(view.run, names, records, records.length + names.length);
      }
      this.#forgetOld();
      this.#db.exec('COMMIT');
    } catch (thrown) {
      this.#db.exec('ROLLBACK');
      throw thrown;
    }
  }

  /** Newest first. */
  list({ scenario, before, limit = 100 }: HistoryQuery = {}): readonly RunView[] {
    const rows = this.#db
      .prepare(
        'SELECT view FROM runs WHERE (?1 IS NULL OR scenario = ?1) AND (?2 IS NULL OR run < ?2) ORDER BY run DESC LIMIT ?3',
      )
      .all(scenario ?? null, before ?? null, limit);
    return rows.flatMap(({ view }) => viewOf(view) ?? []);
  }

  get(run: number): RunView | undefined {
    return viewOf(this.#db.prepare('SELECT view FROM runs WHERE run = ?').get(run)?.view);
  }

  /** Undefined when its records were never kept, or are not any more. */
  trace(run: number): KeptTrace | undefined {
    const row = this.#db.prepare('SELECT names, records FROM traces WHERE run = ?').get(run);
    if (row === undefined || typeof row.names !== 'string' || !(row.records instanceof Uint8Array)) return undefined;
    const records = new Uint8Array(inflateSync(row.records, { maxOutputLength: UNPACKED_BYTES }));
    return { records, names: JSON.parse(row.names) as TraceNames }; // written by `add`
  }

  /** How the newest run of each scenario ended. */
  verdicts(): ReadonlyMap<string, Verdict> {
    const rows = this.#db
      .prepare('SELECT scenario, verdict, max(run) FROM runs WHERE verdict IS NOT NULL GROUP BY scenario')
      .all();
    return new Map(rows.map(({ scenario, verdict }) => [String(scenario), verdict as Verdict])); // written by `add`
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#db.close();
  }

  #forgetOld(): void {
    this.#db.prepare('DELETE FROM runs WHERE run <= (SELECT max(run) FROM runs) - ?').run(this.#runs);
    this.#db.prepare('DELETE FROM traces WHERE run NOT IN (SELECT run FROM runs)').run();
    this.#db
      .prepare(
        `DELETE FROM traces WHERE run IN (SELECT run FROM (
           SELECT run, sum(bytes) OVER (ORDER BY run DESC) AS total FROM traces) WHERE total > ?)`,
      )
      .run(this.#traceBytes);
  }
}

const open = (file: string): DatabaseSync => {
  let db: DatabaseSync | undefined;
  try {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
    db = new DatabaseSync(file);
    // one lab a file: the second is told so instead of two counting the same runs
    db.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA auto_vacuum = FULL; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; COMMIT',
    );
    const format = Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    const tables = Number(db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table'").get()?.n ?? 0);
    if (format > FORMAT)
      throw new LabError(
        'EINVAL',
        `run history ${file} is of a newer Ferrolab (format ${format}, this one has ${FORMAT})`,
      );
    if (format === 0 && tables > 0) throw new LabError('EINVAL', `${file} is a database, but no run history`);
    if (format === 0) db.exec(`${TABLES}; PRAGMA user_version = ${FORMAT}`);
    return db;
  } catch (cause) {
    db?.close();
    if (cause instanceof LabError) throw cause;
    const { message } = cause as Error;
    if (/locked|busy/.test(message))
      throw new LabError('EBUSY', `run history ${file} is in use by another lab`, { cause });
    throw new LabError('EINVAL', `run history ${file} cannot be used: ${message}`, { cause });
  }
};

const TABLES = `
  CREATE TABLE runs (run INTEGER PRIMARY KEY, scenario TEXT NOT NULL, verdict TEXT, view TEXT NOT NULL) STRICT;
  CREATE INDEX runs_by_scenario ON runs (scenario, run);
  CREATE TABLE traces (run INTEGER PRIMARY KEY, names TEXT NOT NULL, records BLOB NOT NULL, bytes INTEGER NOT NULL) STRICT`;

/** A row that somebody else wrote is left out. */
const viewOf = (text: unknown): RunView | undefined => {
  try {
    const view: unknown = JSON.parse(String(text));
    return typeof view === 'object' && view !== null && 'run' in view ? (view as RunView) : undefined; // written by `add`
  } catch {
    return undefined;
  }
};
