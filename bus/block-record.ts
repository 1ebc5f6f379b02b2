/** What the trace tells of block requests: one in so many has rows, one that failed or was refused always has. */
import {
  BLOCK_OPS,
  BLOCK_STATUSES,
  type BlockCommand,
  type BlockCompletion,
  type BlockOp,
  type OutsideRequests,
  type OutsideRow,
} from './block.ts';
import type { Breach } from './block-rules.ts';
import type { Clock } from './clock.ts';
import { LabError } from './errors.ts';
import {
  NBD_REQUESTER,
  NO_QUEUE,
  nbdRequester,
  packTag,
  type Trace,
  type TraceOp,
  type TraceOutcome,
} from './trace.ts';
import { LEFT_OUT } from './trace-words.ts';

export interface BlockRecorderOptions {
  readonly clock: Clock;
  readonly device: string;
  readonly trace: Trace;
  /** Requests recorded: one in so many. All unless told. */
  readonly traceEvery?: number;
}

type Place = Pick<BlockCommand, 'tag' | 'hctx' | 'sector' | 'sectors'>;

const LATENCY_MAX_NS = 0xffffffff;
const FUA = 0x80;
const NO_UNMAP = 0x40;

export class BlockRecorder {
  readonly #options: BlockRecorderOptions;
  #every = 1;
  #seen = 0;
  /** Of NBD clients, dropped here since the last note about such. */
  #dropped = 0;

  constructor(options: BlockRecorderOptions) {
    this.#options = options;
    this.every = options.traceEvery ?? 1;
  }

  /** One request in so many is recorded. Changing it is a note in the trace, so that a reader knows. */
  get every(): number {
    return this.#every;
  }
  set every(every: number) {
    if (!Number.isInteger(every) || every < 1 || every > 1e9)
      throw new LabError('EINVAL', `one request in ${every} is recorded; it takes a whole number from 1`);
    if (every === this.#every) return;
    this.#every = every;
    const { trace, device, clock } = this.#options;
    const text = every === 1 ? 'every request is recorded' : `one request in ${every} is recorded`;
    trace.record({ device, requester: 'lab', op: 'note', outcome: 'ok', time: clock.now(), value: every, text });
  }

  /** True when the command has a row, and its answer shall have one too. */
  command(command: BlockCommand, requester: string): boolean {
    if (this.#seen++ % this.#every !== 0) return false;
    const { clock } = this.#options;
    const upper = Math.floor(command.sector / 2 ** 32);
    this.#row(requester, TRACE_OP[command.op], 'ok', command, detailOf(command), upper, clock.now());
    return true;
  }

  /** `asked` is where the command was; undefined for an answer to no command at all. */
  answer(
    completion: BlockCompletion,
    asked: Pick<BlockCommand, 'sector' | 'sectors'> | undefined,
    { requester, outcome, latencyNs }: { requester: string; outcome: TraceOutcome; latencyNs: number },
  ): void {
    const { tag, hctx, status, sector = asked?.sector ?? 0 } = completion;
    const place = { tag, hctx, sector, sectors: asked?.sectors ?? 0 };
    const detail = BLOCK_STATUSES.indexOf(status);
    const time = this.#options.clock.now();
    this.#row(requester, 'done', outcome, place, detail, Math.min(LATENCY_MAX_NS, latencyNs), time);
  }

  /** Requests of NBD clients. Those that get no row, here or where they were seen, are a note with their number. */
  outside({ rows, leftOut, time }: OutsideRequests): void {
    for (const row of rows) this.#outsideRow(row);
    if (leftOut === undefined) return;
    const value = leftOut + this.#dropped;
    this.#dropped = 0;
    if (value === 0) return;
    const { trace, device } = this.#options;
    trace.record({ device, requester: NBD_REQUESTER, op: 'note', outcome: 'ok', time, value, text: LEFT_OUT });
  }

  #outsideRow(row: OutsideRow): void {
    const { number, op, sector, sectors, refused, answer, time } = row;
    const failed = answer !== undefined && answer.status !== 'OK';
    if (number % this.#every !== 0 && !failed) {
      if (answer === undefined) this.#dropped++;
      return;
    }
    const place = { tag: number, hctx: NO_QUEUE, sector, sectors };
    const requester = nbdRequester(row.client);
    if (answer === undefined) {
      const outcome = refused ? 'refused' : 'ok';
      this.#row(requester, TRACE_OP[op], outcome, place, detailOf(row), Math.floor(sector / 2 ** 32), time);
    } else {
      const outcome = failed ? 'failed' : 'ok';
      const latencyNs = Math.min(LATENCY_MAX_NS, answer.latencyNs);
      this.#row(requester, 'done', outcome, place, BLOCK_STATUSES.indexOf(answer.status), latencyNs, time);
    }
  }

  /** The error for whoever broke a rule. */
  refusal(command: BlockCommand, { code, what, text }: Breach, requester: string): LabError {
    const { trace, device, clock } = this.#options;
    trace.record({
      device,
      requester,
      op: 'note',
      outcome: 'refused',
      time: clock.now(),
      at: lowOf(command.sector),
      value: lowOf(command.sectors),
      old: packTag({ tag: command.tag, hctx: command.hctx, detail: detailOf(command) }),
      text: `${what}: ${text}`,
    });
    return new LabError(code, `${device}: ${what}: ${text}`);
  }

  #row(
    requester: string,
    op: TraceOp,
    outcome: TraceOutcome,
    place: Place,
    detail: number,
    aux: number,
    time: number,
  ): void {
    const { trace, device } = this.#options;
    const { tag, hctx, sector, sectors } = place;
    trace.record({
      device,
      requester,
      op,
      outcome,
      time,
      at: lowOf(sector),
      value: lowOf(sectors),
      old: packTag({ tag, hctx, detail }),
      wireNs: aux,
    });
  }
}

/** What a command is in the trace. */
export const TRACE_OP: Readonly<Record<BlockOp, TraceOp>> = {
  read: 'read',
  write: 'write',
  flush: 'flush',
  discard: 'discard',
  write_zeroes: 'write_zeroes',
  zone_append: 'zone',
  zone_open: 'zone',
  zone_close: 'zone',
  zone_finish: 'zone',
  zone_reset: 'zone',
  zone_reset_all: 'zone',
  zone_report: 'zone',
};

const detailOf = ({ op, fua, noUnmap }: Pick<BlockCommand, 'op' | 'fua' | 'noUnmap'>): number =>
  (fua === true ? FUA : 0) | (noUnmap === true ? NO_UNMAP : 0) | BLOCK_OPS.indexOf(op);

const lowOf = (value: number): number => (Number.isSafeInteger(value) ? value % 2 ** 32 : 0);
