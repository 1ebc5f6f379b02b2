/** The rows a model makes in a replay, kept as they come; and which of them belongs to an access. */
import { TRACE_OPS, type Trace, type TraceOp, unpackRecord } from '#bus/trace.ts';
import type { RecordedSection } from '#recording/decode.ts';

const [IRQ, DONE] = [TRACE_OPS.indexOf('irq'), TRACE_OPS.indexOf('done')];

export class MadeRows {
  readonly #trace: Trace;
  readonly #most: number;
  readonly #rows: Uint8Array[] = [];
  /** Interrupts and answers. */
  own = 0;
  /** Rows beyond what is kept. */
  leftOut = 0;

  /** `interrupted` is called when an interrupt has its row, before what raised it has ended. */
  constructor(trace: Trace, most: number, interrupted: () => void) {
    this.#trace = trace;
    this.#most = most;
    trace.tap((record) => {
      const op = record[6] ?? 0;
      if (op === IRQ || op === DONE) this.own++;
      if (this.#rows.length < this.#most) this.#rows.push(Uint8Array.from(record));
      else this.leftOut++;
      if (op === IRQ) interrupted();
    });
  }

  get count(): number {
    return this.#rows.length;
  }

  /** The row of an access among those from one on; what an access raised has its row before it, so of one alone the `last` counts. */
  rowOf(from: number, op: TraceOp, at: number, last: boolean): number {
    const fits = (record: Uint8Array): boolean => {
      const made = unpackRecord(record);
      return made.op === op && made.at === at;
    };
    const made = this.#rows.slice(from);
    const found = last ? made.findLastIndex(fits) : made.findIndex(fits);
    return found < 0 ? -1 : from + found;
  }

  /** All of them, as a section like the one they were made from. */
  section(like: RecordedSection): RecordedSection {
    const { devices, requesters, texts } = this.#trace.names;
    return {
      ...like,
      names: { devices: [...devices], requesters: [...requesters], texts: [...texts] },
      records: new Uint8Array(Buffer.concat(this.#rows)),
      count: this.#rows.length,
      events: [],
      pictures: new Map(),
      missing: 0,
      complete: true,
    };
  }
}
