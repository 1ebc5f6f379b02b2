/** A row of the trace as a test sees it. */
import { ACCESS_OPS, type TraceOp, type TraceOutcome, type TraceRecord } from '#bus/trace.ts';
import { printC45 } from '#datasheets/c45.ts';
import { nameAt } from '#regmap/names.ts';
import type { ScenarioEnv } from '#server/scenario/env.ts';
import { evidenceText } from '#server/scenario/evidence.ts';
import type { Recording } from '#server/scenario/recording.ts';

/** One thing that happened on a bus. */
export interface TraceRow {
  readonly seq: number;
  /** Lab time. */
  readonly timeMs: number;
  readonly device: string;
  /** Who: a driver's name, `scenario` for the test itself, `micro` for a device's firmware. */
  readonly by: string;
  readonly op: TraceOp;
  readonly outcome: TraceOutcome;
  /** The datasheet's name, or an address as `3.E854h`; of a block request, its sector; null where there is none. */
  readonly register: string | null;
  readonly at: number;
  readonly value: number;
  readonly old: number;
  /** All of it in one line, decoded. */
  readonly text: string;
}

const PLACED: ReadonlySet<TraceOp> = ACCESS_OPS;
/** True where the address means a place. */
export const hasPlace = ({ op }: TraceRecord): boolean => PLACED.has(op);

/** Decoded only when somebody looks: an upload is tens of thousands of rows. */
export class RecordedRow implements TraceRow {
  readonly seq: number;
  readonly op: TraceOp;
  readonly outcome: TraceOutcome;
  readonly timeMs: number;
  readonly at: number;
  readonly value: number;
  readonly old: number;
  readonly #record: TraceRecord;
  readonly #env: ScenarioEnv;
  readonly #recording: Recording;

  constructor(record: TraceRecord, env: ScenarioEnv, recording: Recording) {
    this.seq = record.seq;
    this.op = record.op;
    this.outcome = record.outcome;
    this.timeMs = record.time / 1e6;
    this.at = record.at;
    this.value = record.value;
    this.old = record.old;
    this.#record = record;
    this.#env = env;
    this.#recording = recording;
  }

  get device(): string {
    return this.#recording.device(this.#record);
  }

  get by(): string {
    return this.#recording.requester(this.#record);
  }

  get byDriver(): boolean {
    return this.#recording.byDriver(this.#record);
  }

  get register(): string | null {
    if (!hasPlace(this.#record)) return null;
    const { device, buses } = this.#env.device(this.device);
    if (buses.block !== undefined) return String(this.at);
    return nameAt(device.registers, this.at) ?? printC45(this.at);
  }

  get text(): string {
    return evidenceText(this.#env, this.#recording, this.#record);
  }
}
