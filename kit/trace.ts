/** The trace of a lab under test: rows to look at, and what a driver must have done. */
import { createHash } from 'node:crypto';
import { LabError, unknownName } from '#bus/errors.ts';
import type { TraceOp, TraceOutcome, TraceRecord } from '#bus/trace.ts';
import type { BenchSpec } from '#server/bench-spec.ts';
import type { ScenarioEnv } from '#server/scenario/env.ts';
import { evidenceText } from '#server/scenario/evidence.ts';
import { findings } from '#server/scenario/findings.ts';
import type { Recording } from '#server/scenario/recording.ts';
import { watch } from '#server/scenario/watch.ts';
import { accessWords } from './access-words.ts';
import { type Unmet, unmet } from './assertion.ts';
import type { StepSource } from './step-source.ts';
import { hasPlace, RecordedRow, type TraceRow } from './trace-row.ts';

export interface RowFilter {
  /** The only device of the bench unless given. */
  readonly device?: string;
  readonly by?: string;
  readonly op?: TraceOp;
  readonly outcome?: TraceOutcome;
  /** A register, or memory as `SRAM`; takes a device where the bench has several. */
  readonly register?: string;
  /** A place from `mark()`. */
  readonly since?: number;
}

export interface SequenceOptions {
  /** The only device of the bench unless given. */
  readonly device?: string;
  /** A place from `mark()`; the beginning unless given. */
  readonly since?: number;
  /** Registers and memory that may be written at any time. */
  readonly besides?: readonly string[];
  /** No write may follow the last of them; default false. */
  readonly complete?: boolean;
}

export interface TraceOptions {
  readonly env: ScenarioEnv;
  readonly recording: Recording;
  readonly bench: BenchSpec;
  readonly source: StepSource;
  /** Hears what an assertion has found wrong. */
  readonly failed?: (sentence: string) => void;
}

export class LabTrace {
  readonly #env: ScenarioEnv;
  readonly #recording: Recording;
  readonly #bench: BenchSpec;
  readonly #source: StepSource;
  readonly #failed: (sentence: string) => void;

  constructor({ env, recording, bench, source, failed = () => {} }: TraceOptions) {
    this.#env = env;
    this.#recording = recording;
    this.#bench = bench;
    this.#source = source;
    this.#failed = failed;
  }

  /** A place to look from: `since: lab.trace.mark()`. */
  mark(): number {
    return this.#recording.count;
  }

  /** Everything recorded, oldest first, as far as it fits the filter: drivers, the test, faults, interrupts, notes. */
  rows(filter: RowFilter = {}): readonly TraceRow[] {
    const { device, by, op, outcome, register, since = 0 } = filter;
    if (device !== undefined) this.#env.device(device);
    const spans = register === undefined ? undefined : this.#source.spans(this.#device(device), register);
    const found: TraceRow[] = [];
    for (const record of this.#records(since)) {
      if (device !== undefined && this.#recording.device(record) !== device) continue;
      if (by !== undefined && this.#recording.requester(record) !== by) continue;
      if (op !== undefined && record.op !== op) continue;
      if (outcome !== undefined && record.outcome !== outcome) continue;
      if (spans !== undefined && !(hasPlace(record) && spans.some(([a, b]) => record.at >= a && record.at <= b)))
        continue;
      found.push(new RecordedRow(record, this.#env, this.#recording));
    }
    return found;
  }

  /** What drivers asked of the device: reads, writes, block requests. */
  accesses(filter: RowFilter = {}): readonly TraceRow[] {
    return this.rows(filter).filter((row) => row instanceof RecordedRow && row.byDriver);
  }

  /**
   * The driver's writes are these, in this order: `write MICRO_RESETN 0000h`, `write SRAM x24576`, `read UC_STATUS STATUS=tracking`,
   * of a block device `write @4096+8`, `flush`. More reads may come between; another write fails, unless `besides` has its place.
   */
  expectAccesses(wanted: readonly string[], options: SequenceOptions = {}): void {
    const { since = 0, besides = [], complete = false } = options;
    const device = this.#device(options.device);
    if (wanted.length === 0) {
      this.#noWrites(device, since, besides, 'no write at all');
      return;
    }
    const look = this.#look({ sequence: [...wanted], device, besides: [...besides] }, since);
    if (!look.holds()) {
      throw this.#unmet({
        sentence: `Expected ${counted(wanted)} of ${device} in this order; ${look.found()}`,
        expected: [...wanted],
        actual: accessWords(this.#recording, this.#env, device, { since, wanted }),
        evidence: look.evidence?.() ?? null,
      });
    }
    if (complete) this.#noWrites(device, look.used.record ?? since, besides, 'no write after the last access wanted');
  }

  /** These came in this order, whatever came between. */
  expectInOrder(wanted: readonly string[], options: Pick<SequenceOptions, 'device' | 'since'> = {}): void {
    const { since = 0 } = options;
    const device = this.#device(options.device);
    const look = this.#look({ accesses: [...wanted], device }, since);
    if (look.holds()) return;
    throw this.#unmet({
      sentence: `Expected ${counted(wanted)} of ${device} in this order, others between; found ${look.found()}`,
      expected: [...wanted],
      actual: accessWords(this.#recording, this.#env, device, { since, wanted }),
    });
  }

  /** Each kind of misuse once, with what did it first: accesses against the datasheet, and what a port refused. */
  findings(): readonly string[] {
    return findings(this.#recording, this.#bench);
  }

  /** Fails when a driver has done anything against a datasheet or a port's rules. */
  noFindings(): void {
    const found = this.findings();
    if (found.length === 0) return;
    const sentence = `Expected no findings; there ${found.length === 1 ? 'is one' : `are ${found.length}`}:`;
    throw this.#unmet({
      sentence: [sentence, ...found.map((text) => `  ${text}`)].join('\n'),
      expected: [],
      actual: found,
    });
  }

  /** SHA-256 of everything recorded so far: the same test with the same seed has the same one. */
  hash(): string {
    const { names } = this.#recording;
    return createHash('sha256').update(this.#recording.packed()).update(JSON.stringify(names)).digest('hex');
  }

  #noWrites(device: string, since: number, besides: readonly string[], expected: string): void {
    const free = besides.flatMap((place) => this.#source.spans(device, place));
    for (const record of this.#records(since)) {
      if (record.op === 'read' || this.#recording.device(record) !== device || !this.#recording.byDriver(record))
        continue;
      if (free.some(([first, last]) => record.at >= first && record.at <= last)) continue;
      throw this.#unmet({
        sentence: `Expected ${expected} to ${device}, found ${evidenceText(this.#env, this.#recording, record)}`,
        expected: [],
        actual: accessWords(this.#recording, this.#env, device, { since, wanted: [] }),
        evidence: record.seq,
      });
    }
  }

  #unmet(given: Unmet): Error {
    this.#failed(given.sentence);
    return unmet(this.#env, this.#recording, given);
  }

  #look(of: Parameters<StepSource['condition']>[0], since: number): ReturnType<typeof watch> {
    const marks = {
      record: since,
      log: 0,
      loaded: new Map(),
      io: new Map(),
      drawn: new Map(),
      kept: new Map(),
      vblanks: new Map(),
    };
    return watch(this.#source.condition(of), this.#env, this.#recording, marks);
  }

  *#records(since: number): Generator<TraceRecord> {
    for (let i = since; i < this.#recording.count; i++) yield this.#recording.at(i);
  }

  #device(asked: string | undefined): string {
    const names = Object.keys(this.#bench);
    const [only = ''] = names;
    if (asked === undefined && names.length === 1) return only;
    if (asked === undefined)
      throw new LabError('EINVAL', `the bench has ${names.join(', ')}: say which with { device }`);
    if (!names.includes(asked)) throw unknownName('device', asked, names);
    return asked;
  }
}

const counted = ({ length }: readonly string[]): string => (length === 1 ? '1 access' : `${length} accesses`);
