/** Register accesses and memory spans on their way through the gate: held, delayed, lost or changed, one at a time. */
import type { Clock } from '../clock.ts';
import { LabError } from '../errors.ts';
import type { MmioSilicon } from '../mmio.ts';
import type { MmioAnswer, MmioTouch } from '../mmio-bus.ts';
import type { Trace, TraceOp, TraceOutcome } from '../trace.ts';
import type { GateSlot } from './gate.ts';
import type { Ruling } from './ruling.ts';
import type { Touch } from './touch.ts';
import { Turns } from './turns.ts';

export interface MmioGatedOptions {
  readonly clock: Clock;
  readonly device: string;
  readonly trace: Trace;
  readonly slot: GateSlot;
  readonly silicon: MmioSilicon;
  /** What the bus last saw at a place. */
  readonly seen: ReadonlyMap<number, number>;
}

/** A run of memory that is read or written. */
export interface SpanTouch {
  readonly span: string;
  readonly offset: number;
  readonly length: number;
  readonly requester: string;
}

export class MmioGated {
  readonly #of: MmioGatedOptions;
  readonly #turns = new Turns();
  #late: (() => void)[] = [];

  constructor(of: MmioGatedOptions) {
    this.#of = of;
  }

  /** Nothing is held or delayed, and nothing waits behind it. */
  get idle(): boolean {
    return this.#turns.idle;
  }

  take<T>(work: () => Promise<T> | T): Promise<T> {
    return this.#turns.take(work);
  }

  async access(access: MmioTouch, pass: (access: MmioTouch) => MmioAnswer): Promise<MmioAnswer> {
    const { op, at, width, value, requester } = access;
    const { silicon, seen, device } = this.#of;
    const written = op === 'write';
    const ruling = await this.#ruled({
      device,
      op,
      at,
      value: written ? value : (silicon.look?.(at) ?? silicon.peek(at)) >>> 0,
      old: written ? silicon.peek(at) >>> 0 : (seen.get(at) ?? 0),
      requester,
      widthBits: 8 * width,
    });
    if (ruling === undefined) return this.#then(pass(access));
    if (ruling.fate === 'lost') return this.#missed(access, 'undriven');
    if (ruling.fate === 'failed') {
      this.#missed(access, 'failed');
      throw this.#failure(op, at, ruling);
    }
    if (op === 'read') {
      const first = pass(access);
      if (ruling.twice) pass(access);
      return this.#then({ ...first, value: ruling.value(first.value, 8 * width) });
    }
    const wrong = { ...access, value: ruling.value(value, 8 * width) };
    const write = (): MmioAnswer => {
      const answer = pass(wrong);
      if (ruling.twice) pass(wrong);
      return answer;
    };
    if (ruling.fate === 'pass') return this.#then(write());
    this.#later(write, ruling);
    return { value: wrong.value, outcome: 'ok' };
  }

  /** Nobody there: all ones, as of a card that was pulled. */
  async readSpan(of: SpanTouch, read: () => Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const ruling = await this.#ruled(this.#spanTouch('span_read', of));
    if (ruling?.fate === 'lost') return this.#missedSpan('span_read', of, 'undriven');
    if (ruling?.fate === 'failed') {
      this.#missedSpan('span_read', of, 'failed');
      throw this.#failure('span_read', of.offset, ruling);
    }
    const bytes = read();
    return this.#then(ruling === undefined ? bytes : ruling.bytes(bytes));
  }

  async writeSpan(of: SpanTouch, bytes: Uint8Array, write: (bytes: Uint8Array) => void): Promise<void> {
    const ruling = await this.#ruled(this.#spanTouch('span_write', of));
    if (ruling?.fate === 'lost') {
      this.#missedSpan('span_write', of, 'undriven');
      return;
    }
    if (ruling?.fate === 'failed') {
      this.#missedSpan('span_write', of, 'failed');
      throw this.#failure('span_write', of.offset, ruling);
    }
    const now = ruling === undefined ? bytes : ruling.bytes(bytes);
    if (ruling?.fate === 'later') {
      this.#later(() => write(now), ruling);
      return;
    }
    this.#then(write(now));
    if (ruling?.twice === true) write(now);
  }

  async #ruled(touch: Touch): Promise<Ruling | undefined> {
    const { slot, clock } = this.#of;
    const { gate } = slot;
    if (gate === null) return undefined;
    const held = gate.hold(touch);
    if (held !== undefined) await held;
    const ruling = gate.rule(touch);
    if (ruling !== undefined && ruling.delayNs > 0) await clock.sleep(ruling.delayNs);
    return ruling;
  }

  #spanTouch(op: TraceOp, { span, offset, length, requester }: SpanTouch): Touch {
    const { device } = this.#of;
    return { device, op, at: offset, value: length, old: 0, requester, widthBits: 32, span };
  }

  /** What was overtaken by the access that has just been. */
  #then<T>(answer: T): T {
    const late = this.#late;
    this.#late = [];
    for (const write of late) write();
    return answer;
  }

  #later(write: () => unknown, { waitNs }: Ruling): void {
    let done = false;
    const late = (): void => {
      if (done) return;
      done = true;
      write();
    };
    this.#late.push(late);
    this.#of.clock.after(waitNs, late);
  }

  #failure(op: TraceOp, at: number, { by }: Ruling): LabError {
    const place = `${at.toString(16).toUpperCase().padStart(4, '0')}h`;
    return new LabError('EIO', `${this.#of.device}: the bus failed at a ${op} of ${place} (bus fault ${by})`);
  }

  /** An access that the device never saw still has its row. */
  #missed({ op, at, width, value, requester }: MmioTouch, outcome: TraceOutcome): MmioAnswer {
    const { trace, device, clock } = this.#of;
    const now = op === 'read' ? 2 ** (8 * width) - 1 : value;
    trace.record({ device, requester, op, outcome, time: clock.now(), at, value: now });
    return { value: now, outcome };
  }

  #missedSpan(op: TraceOp, { span, offset, length, requester }: SpanTouch, outcome: TraceOutcome): Uint8Array {
    const { trace, device, clock } = this.#of;
    const row = { device, requester, op, outcome, time: clock.now(), at: offset, value: length, text: span };
    trace.record(row);
    return new Uint8Array(length).fill(0xff);
  }
}
