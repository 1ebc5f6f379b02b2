/** What the trace is told of the requests of NBD clients: a few each interval one by one, the others by their number. */
import { type BlockStatus, OUTSIDE_ROWS, type OutsideRequests, type OutsideRow, SECTOR_BYTES } from '#bus/block.ts';
import { COMMAND_FLAG } from '#bus/nbd-codec.ts';
import type { NbdWork } from './export.ts';

/** Failed ones beyond those, whose answers have rows. */
export const FAILED_EACH = 16;

/** A request that has a row, and shall have one for its answer. */
export type Shown = Omit<OutsideRow, 'answer'>;

export interface RequestLogOptions {
  /** Lab nanoseconds. */
  readonly now: () => number;
  readonly tell: (requests: OutsideRequests) => void;
}

export class RequestLog {
  readonly #options: RequestLogOptions;
  #room = OUTSIDE_ROWS;
  #failedRoom = FAILED_EACH;
  #leftOut = 0;
  #number = 0;
  #rows: OutsideRow[] = [];
  /** Something was told since the interval began. */
  #told = false;

  constructor(options: RequestLogOptions) {
    this.#options = options;
  }

  /** A request is handed over; null when it has no row. Costs next to nothing once the interval's rows are used up. */
  begin(
    client: number,
    op: NbdWork['op'],
    offsetBytes: number,
    lengthBytes: number,
    flags: number,
    refused = false,
  ): Shown | null {
    if (this.#room === 0) {
      this.#leftOut++;
      return null;
    }
    this.#room--;
    const shown = this.#request(client, op, offsetBytes, lengthBytes, flags, refused);
    this.#push(shown);
    return shown;
  }

  end(shown: Shown, status: BlockStatus): void {
    const time = this.#options.now();
    this.#push({ ...shown, time, answer: { status, latencyNs: time - shown.time } });
  }

  /** One without a row has failed: its answer has one, while there is room. */
  failed(
    client: number,
    op: NbdWork['op'],
    offsetBytes: number,
    lengthBytes: number,
    flags: number,
    status: BlockStatus,
  ): void {
    if (this.#failedRoom === 0) return;
    this.#failedRoom--;
    const request = this.#request(client, op, offsetBytes, lengthBytes, flags, false);
    this.#push({ ...request, answer: { status, latencyNs: 0 } });
  }

  /** The interval is over: what it left out is told, and there is room again. */
  turn(): void {
    const last = this.take();
    if (last !== null) this.#options.tell(last);
  }

  /** As `turn`, for who passes it on himself; null when there is nothing to tell. */
  take(): OutsideRequests | null {
    const [rows, leftOut, told] = [this.#rows, this.#leftOut, this.#told];
    this.#rows = [];
    this.#leftOut = 0;
    this.#told = false;
    this.#room = OUTSIDE_ROWS;
    this.#failedRoom = FAILED_EACH;
    return told || leftOut > 0 ? { rows, leftOut, time: this.#options.now() } : null;
  }

  #request(client: number, op: NbdWork['op'], offset: number, length: number, flags: number, refused: boolean): Shown {
    return {
      time: this.#options.now(),
      number: this.#number++,
      client,
      op,
      sector: Math.floor(offset / SECTOR_BYTES),
      sectors: Math.ceil(length / SECTOR_BYTES),
      fua: (flags & COMMAND_FLAG.fua) !== 0,
      noUnmap: op === 'write_zeroes' && (flags & COMMAND_FLAG.noHole) !== 0,
      refused,
    };
  }

  /** Rows of one turn of the event loop go together. */
  #push(row: OutsideRow): void {
    this.#told = true;
    this.#rows.push(row);
    if (this.#rows.length > 1) return;
    setImmediate(() => {
      const rows = this.#rows;
      this.#rows = [];
      if (rows.length > 0) this.#options.tell({ rows, time: this.#options.now() });
    });
  }
}
