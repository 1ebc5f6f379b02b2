/** Holding a driver's accesses against an expected sequence while a run goes on. */
import { BLOCK_OPS } from '#bus/block.ts';
import type { TraceRecord } from '#bus/trace.ts';
import type { ScenarioEnv } from './env.ts';
import { evidenceText } from './evidence.ts';
import type { SequenceAccess, SequenceCondition } from './model.ts';
import type { Recording } from './recording.ts';
import type { Watch } from './watch.ts';

/** Reads may come between; the first write that is not the next one wanted ends it. */
export const watchSequence = (
  { device, wanted, besides }: SequenceCondition,
  env: ScenarioEnv,
  recording: Recording,
  from: number,
): Watch => {
  const used: { record?: number } = {};
  const place = new SequencePlace(wanted, besides);
  let next = from;
  let last: TraceRecord | undefined;
  let wrong: TraceRecord | undefined;
  const block = env.device(device).buses.block !== undefined;
  return {
    holds() {
      for (; next < recording.count && wrong === undefined && !place.done; next++) {
        const record = recording.at(next);
        if (!recording.byDriver(record) || recording.device(record) !== device) continue;
        if (!block && record.op !== 'read' && record.op !== 'write') continue; // pixels are no steps
        last = record;
        if (!place.take(record)) wrong = record;
      }
      if (!place.done || wrong !== undefined) return false;
      used.record ??= next;
      return true;
    },
    broken: () => wrong !== undefined,
    found() {
      if (place.done) return 'all of them';
      const step = `access ${place.index + 1} of ${wanted.length}`;
      const [expected, soFar] = [wanted[place.index], place.soFar];
      const text = `\`${expected?.text ?? ''}\`${soFar === 0 ? '' : ` (${soFar} so far)`}`;
      if (wrong !== undefined) return `${step}: expected ${text}, but it was ${evidenceText(env, recording, wrong)}`;
      const seen =
        last === undefined ? 'no access at all' : `the last access was ${evidenceText(env, recording, last)}`;
      return `${step}: expected ${text}; ${seen}`;
    },
    evidence: () => (wrong ?? last)?.seq ?? null,
    used,
  };
};

/** How far a stream of accesses has come along a sequence. */
export class SequencePlace {
  readonly #wanted: readonly SequenceAccess[];
  readonly #besides: SequenceCondition['besides'];
  #index = 0;
  #soFar = 0;

  constructor(wanted: readonly SequenceAccess[], besides: SequenceCondition['besides'] = []) {
    this.#wanted = wanted;
    this.#besides = besides;
  }

  /** Which of them is waited for. */
  get index(): number {
    return this.#index;
  }

  /** Times it has come already. */
  get soFar(): number {
    return this.#soFar;
  }

  /** True when nothing more is needed. */
  get done(): boolean {
    const last = this.#wanted.length - 1;
    if (this.#index > last) return true;
    return this.#index === last && this.#wanted[last]?.count === null && this.#soFar > 0;
  }

  /** False when it does not fit here. */
  take(record: TraceRecord): boolean {
    const now = this.#wanted[this.#index];
    if (now === undefined) return true;
    if (fits(now, record)) {
      this.#soFar++;
      if (this.#soFar === now.count) this.#advance();
      return true;
    }
    const after = this.#wanted[this.#index + 1];
    if (now.count === null && this.#soFar > 0 && after !== undefined && fits(after, record)) {
      this.#advance();
      return this.take(record);
    }
    return record.op === 'read' || this.#besides.some((span) => inside(span, record.at));
  }

  #advance(): void {
    this.#index++;
    this.#soFar = 0;
  }
}

const fits = ({ op, spans, bits, sectors, request }: SequenceAccess, record: TraceRecord): boolean => {
  if (record.op !== op) return false;
  if (request === null)
    return (
      (spans?.some((span) => inside(span, record.at)) ?? true) &&
      (bits === null || ((record.value ^ bits.value) & bits.mask) === 0)
    );
  if (op === 'zone' && BLOCK_OPS[(record.old >>> 24) & 0x0f] !== request) return false;
  const sector = record.aux * 2 ** 32 + record.at;
  return (spans?.some((span) => inside(span, sector)) ?? true) && (sectors === null || record.value === sectors);
};

const inside = ([first, last]: readonly [number, number], at: number): boolean => at >= first && at <= last;
