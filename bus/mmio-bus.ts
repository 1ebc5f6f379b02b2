/** The bus of a device with registers and memory: runs filters, records each register access and each span as one. */
import type { Clock } from './clock.ts';
import type { RegisterBusSnapshot } from './device.ts';
import { LabError, unknownName } from './errors.ts';
import { type GateSlot, openSlot } from './filters/gate.ts';
import { MmioGated } from './filters/mmio-gated.ts';
import type { MmioAccess, MmioPort, MmioSilicon, MmioWidth, SpanRows } from './mmio.ts';
import { extentBytes, packed, packedBytes, rowsText, wrongRows } from './span-rows.ts';
import type { Trace, TraceOutcome } from './trace.ts';

/** A register access on its way. */
export interface MmioTouch {
  readonly op: 'read' | 'write';
  readonly at: number;
  readonly width: MmioWidth;
  readonly value: number;
  readonly requester: string;
}
export interface MmioAnswer {
  readonly value: number;
  readonly outcome: TraceOutcome;
}
/** A filter stands in front of the silicon: it may change the access, the answer, or not pass it on. */
export type MmioFilter = (touch: MmioTouch, next: (touch: MmioTouch) => MmioAnswer) => MmioAnswer;

export interface MmioBusOptions {
  readonly clock: Clock;
  readonly device: string;
  readonly trace: Trace;
  /** The device's interrupt lines. */
  readonly onInterrupt?: (listener: (line: string, asserted: boolean) => void) => () => void;
  /** Where bus faults and breakpoints stand. */
  readonly slot?: GateSlot;
}

export class MmioBus {
  readonly filters = new Set<MmioFilter>();
  readonly #options: MmioBusOptions;
  readonly #silicon: MmioSilicon;
  readonly #seen = new Map<number, number>();
  readonly #slot: GateSlot;
  readonly #gated: MmioGated;

  constructor(silicon: MmioSilicon, options: MmioBusOptions) {
    this.#silicon = silicon;
    this.#options = options;
    this.#slot = options.slot ?? openSlot();
    this.#gated = new MmioGated({ ...options, slot: this.#slot, silicon, seen: this.#seen });
  }

  /** What was seen last at each place. */
  snapshot(): RegisterBusSnapshot {
    return { addresses: [], seen: [...this.#seen] };
  }

  restore({ seen }: RegisterBusSnapshot): void {
    this.#seen.clear();
    for (const [place, value] of seen) this.#seen.set(place, value);
  }

  /** A port on this bus; every access it makes is recorded under the requester's name. */
  port(requester: string): MmioPort {
    const gated = this.#gated;
    const open = (): boolean => this.#slot.gate === null && gated.idle;
    const late = (access: MmioAccess): Promise<number | undefined> => gated.take(() => this.#passed(access, requester));
    return {
      read: async (at, width = 4) => {
        const access = { op: 'read', at, width } as const;
        return (open() ? this.access(access, requester) : await late(access)) ?? 0;
      },
      write: async (at, value, width = 4) => {
        const access = { op: 'write', at, value, width } as const;
        if (open()) this.access(access, requester);
        else await late(access);
      },
      transfer: async (accesses) => {
        const values: number[] = [];
        for (const access of accesses) {
          const value = open() ? this.access(access, requester) : await late(access);
          if (value !== undefined) values.push(value);
        }
        return values;
      },
      readSpan: async (span, offset, length) =>
        open()
          ? this.readSpan(span, offset, length, requester)
          : gated.take(() => {
              this.#span(span, offset, length, requester, 'read');
              const read = (): Uint8Array<ArrayBuffer> => this.readSpan(span, offset, length, requester);
              return gated.readSpan({ span, offset, length, requester }, read);
            }),
      writeSpan: async (span, offset, bytes) =>
        open()
          ? this.writeSpan(span, offset, bytes, requester)
          : gated.take(() => {
              this.#span(span, offset, bytes.length, requester, 'write');
              const write = (now: Uint8Array): void => this.writeSpan(span, offset, now, requester);
              return gated.writeSpan({ span, offset, length: bytes.length, requester }, bytes, write);
            }),
      writeRows: async (span, rows, bytes, apartBytes = rows.pitchBytes) =>
        open()
          ? this.writeRows(span, rows, bytes, apartBytes, requester)
          : gated.take(() => {
              this.#rows(span, rows, bytes, apartBytes, requester);
              const write = (now: Uint8Array): void => this.writeRows(span, rows, now, rows.rowBytes, requester);
              const touch = { span, offset: rows.offset, length: packedBytes(rows), requester };
              return gated.writeSpan(touch, packed(bytes, rows, apartBytes), write);
            }),
      onInterrupt: (listener) => this.#options.onInterrupt?.(listener) ?? (() => {}),
    };
  }

  /** The value of a read; undefined for a write. Passes by what stands in front of the bus. */
  access(access: MmioAccess, requester: string): number | undefined {
    const answer = this.#filtered(this.#checked(access, requester));
    return access.op === 'read' ? answer.value : undefined;
  }

  async #passed(access: MmioAccess, requester: string): Promise<number | undefined> {
    const answer = await this.#gated.access(this.#checked(access, requester), (touch) => this.#filtered(touch));
    return access.op === 'read' ? answer.value : undefined;
  }

  #checked(access: MmioAccess, requester: string): MmioTouch {
    const { op, at, width = 4 } = access;
    const wrong = this.#wrong(at, width, access.op === 'write' ? access.value : 0);
    if (wrong !== undefined) throw this.#refusal(requester, 'bad register access', `${op}: ${wrong}`, at);
    return { op, at, width, value: access.op === 'write' ? access.value : 0, requester };
  }

  #filtered(touch: MmioTouch): MmioAnswer {
    if (this.filters.size === 0) return this.#touch(touch);
    let chain = (passed: MmioTouch): MmioAnswer => this.#touch(passed);
    for (const filter of [...this.filters].reverse()) {
      const next = chain;
      chain = (passed) => filter(passed, next);
    }
    return chain(touch);
  }

  /** A copy of the bytes. */
  readSpan(name: string, offset: number, length: number, requester: string): Uint8Array<ArrayBuffer> {
    const span = this.#span(name, offset, length, requester, 'read');
    const bytes = Uint8Array.from(span.subarray(offset, offset + length));
    this.#spanRow('span_read', name, offset, bytes, requester);
    return bytes;
  }

  writeSpan(name: string, offset: number, bytes: Uint8Array, requester: string): void {
    const span = this.#span(name, offset, bytes.length, requester, 'write');
    span.set(bytes, offset);
    this.#spanRow('span_write', name, offset, bytes, requester);
    this.#silicon.wroteSpan(name, offset, bytes.length);
  }

  /** One access, one record, whatever the number of rows. */
  writeRows(name: string, rows: SpanRows, bytes: Uint8Array, apartBytes: number, requester: string): void {
    const span = this.#rows(name, rows, bytes, apartBytes, requester);
    const { offset, rowBytes, pitchBytes } = rows;
    const whole = packed(bytes, rows, apartBytes);
    if (rows.rows <= 1 || rowBytes === pitchBytes) {
      this.writeSpan(name, offset, whole, requester);
      return;
    }
    for (let row = 0; row < rows.rows; row++)
      span.set(whole.subarray(row * rowBytes, (row + 1) * rowBytes), offset + row * pitchBytes);
    this.#spanRow('span_write', rowsText(name, rows), offset, whole, requester);
    for (let row = 0; row < rows.rows; row++) this.#silicon.wroteSpan(name, offset + row * pitchBytes, rowBytes);
  }

  #touch({ op, at, width, value, requester }: MmioTouch): MmioAnswer {
    const outcome = this.#silicon.outcome?.(at, op) ?? 'ok';
    let old = this.#seen.get(at) ?? 0;
    let now = value;
    if (op === 'read') now = this.#silicon.read(at, width) >>> 0;
    else {
      old = this.#silicon.peek(at) >>> 0;
      this.#silicon.write(at, value, width);
    }
    this.#seen.set(at, now);
    const { trace, device, clock } = this.#options;
    trace.record({ device, requester, op, outcome, time: clock.now(), at, value: now, old });
    return { value: now, outcome };
  }

  #wrong(at: number, width: number, value: number): string | undefined {
    if (width !== 1 && width !== 2 && width !== 4) return `${width} bytes wide; registers take 1, 2 or 4`;
    if (!Number.isInteger(at) || at < 0 || at > 0xffffffff) return `address ${at} is no 32-bit address`;
    if (at % width !== 0) return `address ${at} is no multiple of ${width}`;
    const most = 2 ** (8 * width) - 1;
    if (!Number.isInteger(value) || value < 0 || value > most) return `${value} does not fit; it takes 0 to ${most}`;
    return undefined;
  }

  #span(name: string, offset: number, length: number, requester: string, verb: string): Uint8Array {
    const span = this.#silicon.span(name);
    if (span === undefined) throw unknownName('memory span', name.slice(0, 64), []);
    const fits = [offset, length].every((n) => Number.isInteger(n) && n >= 0) && offset + length <= span.length;
    if (fits) return span;
    const text = `${verb} of ${length} bytes at ${offset} of ${name}; it has ${span.length}`;
    throw this.#refusal(requester, 'beyond the span', text, offset, 'ERANGE');
  }

  /** The memory, once it is sure that the rows lie in it and the bytes are there. */
  #rows(name: string, rows: SpanRows, bytes: Uint8Array, apartBytes: number, requester: string): Uint8Array {
    const span = this.#span(name, 0, 0, requester, 'write');
    const { offset } = rows;
    const wrong = wrongRows(rows, span.length);
    if (wrong !== undefined) throw this.#refusal(requester, 'beyond the span', `${name}: ${wrong}`, offset, 'ERANGE');
    const needed = extentBytes({ ...rows, pitchBytes: apartBytes });
    if (bytes.length >= needed && apartBytes >= 0) return span;
    throw this.#refusal(requester, 'bad rows', `${needed} bytes of ${name} are written with ${bytes.length}`, offset);
  }

  #refusal(requester: string, what: string, text: string, at: number, code: 'EINVAL' | 'ERANGE' = 'EINVAL'): LabError {
    const { trace, device, clock } = this.#options;
    const place = Number.isInteger(at) ? at >>> 0 : 0;
    const time = clock.now();
    trace.record({ device, requester, op: 'note', outcome: 'refused', time, at: place, text: `${what}: ${text}` });
    return new LabError(code, `${device}: ${what}: ${text}`);
  }

  #spanRow(op: 'span_read' | 'span_write', name: string, offset: number, bytes: Uint8Array, requester: string): void {
    const { trace, device, clock } = this.#options;
    const time = clock.now();
    const old = digest(bytes);
    trace.record({ device, requester, op, outcome: 'ok', time, at: offset, value: bytes.length, old, text: name });
  }
}

/** FNV-1a over the 32-bit words, in four lanes that are put together: what tells two frames apart in a trace, cheap enough for each of them. */
export const digest = (bytes: Uint8Array): number => {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const list = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  let [a, b, c, d] = [BASIS, BASIS, BASIS, BASIS] as [number, number, number, number];
  let i = 0;
  for (const end = list.length - 3; i < end; i += 4) {
    a = mix(a, list[i]!);
    b = mix(b, list[i + 1]!);
    c = mix(c, list[i + 2]!);
    d = mix(d, list[i + 3]!);
  }
  let hash = i === 0 ? BASIS : mix(mix(mix(a, b), c), d);
  for (; i < list.length; i++) hash = mix(hash, list[i]!);
  for (i *= 4; i < aligned.length; i++) hash = mix(hash, aligned[i]!);
  return hash >>> 0;
};
const BASIS = 0x811c9dc5;
const mix = (hash: number, word: number): number => Math.imul(hash ^ word, 0x01000193);
