/** Clause 45 management: the port a driver is given, the frames it carries, and the bus that executes them. */
import { FRAME, FRAME_BITS, MDC_HZ, mmdOf, Op, registerOf } from '#datasheets/c45.ts';
import type { RegisterPort } from '#regmap/access.ts';
import { type Clock, seconds, VirtualClock } from './clock.ts';
import type { RegisterBusSnapshot } from './device.ts';
import { LabError } from './errors.ts';
import { type GateSlot, openSlot } from './filters/gate.ts';
import { MdioGated } from './filters/mdio-gated.ts';
import type { Trace, TraceOutcome } from './trace.ts';

/** What a driver is given: vectors of 32-bit frames in, the read frames out, as the PHY drove them. */
export interface MdioPort {
  /** Sends frames in order; resolves with one frame for each read among them. Rejects with a LabError when the bus fails. */
  transfer(frames: Uint32Array): Promise<Uint32Array>;
}

/** What sits on the bus and answers: synchronous, by register. `at` is the (MMD, register) address. */
export interface MdioSilicon {
  /** True when this MMD of this port address drives the bus. */
  answers(prtad: number, devad: number): boolean;
  /** A bus read with its side effects. */
  read(at: number): number;
  /** A bus write with its side effects. */
  write(at: number, value: number): void;
  /** The stored value, no side effects. */
  peek(at: number): number;
  /** What the next bus read would return, no side effects; `peek` tells where absent. */
  look?(at: number): number;
  /** What the model makes of an access to this address. */
  outcome(at: number, op: 'read' | 'write'): TraceOutcome;
}

export interface MdioAccess {
  readonly op: 'read' | 'write';
  readonly prtad: number;
  readonly at: number;
  readonly value: number;
  readonly requester: string;
}
export interface MdioAnswer {
  readonly value: number;
  readonly outcome: TraceOutcome;
}
/** A filter stands in front of the silicon: it may change the access, the answer, or not pass it on. */
export type MdioFilter = (access: MdioAccess, next: (access: MdioAccess) => MdioAnswer) => MdioAnswer;

export interface FrameFields {
  readonly st: number;
  readonly op: number;
  readonly prtad: number;
  readonly devad: number;
  readonly ta: number;
  readonly data: number;
}

/** The 32 bits after the preamble. */
export const packFrame = (op: number, prtad: number, devad: number, data: number, ta = 0b10): number =>
  ((op << FRAME.OP.lo) | (prtad << FRAME.PRTAD.lo) | (devad << FRAME.DEVAD.lo) | (ta << FRAME.TA.lo) | data) >>> 0;

export const unpackFrame = (frame: number): FrameFields => ({
  st: frame >>> FRAME.ST.lo,
  op: (frame >>> FRAME.OP.lo) & 3,
  prtad: (frame >>> FRAME.PRTAD.lo) & 31,
  devad: (frame >>> FRAME.DEVAD.lo) & 31,
  ta: (frame >>> FRAME.TA.lo) & 3,
  data: frame & 0xffff,
});

/** True when the PHY drove the turnaround low: somebody is home. */
export const driven = (frame: number): boolean => (frame & (1 << FRAME.TA.lo)) === 0;

export const addressFrame = (prtad: number, at: number): number =>
  packFrame(Op.address, prtad, mmdOf(at), registerOf(at));
export const writeFrame = (prtad: number, devad: number, value: number): number =>
  packFrame(Op.write, prtad, devad, value);
export const readFrame = (prtad: number, devad: number): number => packFrame(Op.read, prtad, devad, 0);

/** One PHY on a port as plain registers: an access is an address frame and a data frame. An absent PHY reads FFFFh. */
export const c45Registers = (port: MdioPort, prtad: number): RegisterPort => ({
  async read(at) {
    const [frame] = await port.transfer(Uint32Array.of(addressFrame(prtad, at), readFrame(prtad, mmdOf(at))));
    if (frame === undefined) throw new LabError('EPROTO', `a read of ${at.toString(16)}h was answered with no frame`);
    return frame & 0xffff;
  },
  async write(at, value) {
    await port.transfer(Uint32Array.of(addressFrame(prtad, at), writeFrame(prtad, mmdOf(at), value)));
  },
  async writeAll(writes) {
    const frames = new Uint32Array(writes.length * 2);
    writes.forEach(([at, value], i) => {
      frames[2 * i] = addressFrame(prtad, at);
      frames[2 * i + 1] = writeFrame(prtad, mmdOf(at), value);
    });
    if (frames.length > 0) await port.transfer(frames);
  },
});

export interface MdioBusOptions {
  readonly clock: Clock;
  readonly device: string;
  readonly trace: Trace;
  /** Management clock; 0 takes no time on the wire. The standard's 2.5 MHz unless told. */
  readonly mdcHz?: number;
  /** Where bus faults and breakpoints stand. */
  readonly slot?: GateSlot;
}

/** Two wires with one PHY on them: keeps the address register of each (PRTAD, DEVAD), runs filters, records each access. */
export class MdioBus {
  readonly filters = new Set<MdioFilter>();
  readonly #options: MdioBusOptions;
  readonly #silicon: MdioSilicon;
  readonly #frameNs: number;
  readonly #addresses = new Uint16Array(32 * 32);
  readonly #seen = new Map<number, number>();
  readonly #waiting: (() => void)[] = [];
  readonly #slot: GateSlot;
  readonly #gated: MdioGated;
  /** In the trace, of whoever accessed last. */
  #lane: { readonly requester: string | null; readonly number: number } = { requester: null, number: 0 };
  /** What the last access came to. */
  #outcome: TraceOutcome = 'ok';
  #busy = false;

  constructor(silicon: MdioSilicon, options: MdioBusOptions) {
    this.#silicon = silicon;
    this.#options = options;
    const mdcHz = options.mdcHz ?? MDC_HZ;
    this.#frameNs = mdcHz === 0 ? 0 : Math.round((seconds(1) * FRAME_BITS) / mdcHz);
    this.#slot = options.slot ?? openSlot();
    this.#gated = new MdioGated({
      ...options,
      slot: this.#slot,
      silicon,
      wireNs: 2 * this.#frameNs,
      seen: this.#seen,
      pass: (access) => this.#filtered(access),
    });
  }

  /** Where each address register stands and what was seen last at each place. */
  snapshot(): RegisterBusSnapshot {
    const addresses = [...this.#addresses].flatMap((at, slot) => (at === 0 ? [] : [[slot, at] as const]));
    return { addresses, seen: [...this.#seen] };
  }

  restore({ addresses, seen }: RegisterBusSnapshot): void {
    this.#addresses.fill(0);
    for (const [slot, at] of addresses) this.#addresses[slot] = at;
    this.#seen.clear();
    for (const [place, value] of seen) this.#seen.set(place, value);
  }

  /** A port on this bus; every access it makes is recorded under the requester's name. */
  port(requester: string): MdioPort {
    return { transfer: (frames) => this.transfer(frames, requester) };
  }

  /** One vector at a time, each frame at its time on the wire. */
  async transfer(frames: Uint32Array, requester: string): Promise<Uint32Array> {
    if (this.#frameNs === 0 && this.#slot.gate === null && !this.#busy) return this.execute(frames, requester);
    if (this.#busy) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    this.#busy = true;
    try {
      if (this.#slot.gate !== null) return await this.#slowly(frames, 0, [], requester);
      return this.#frameNs === 0 ? this.execute(frames, requester) : await this.#paced(frames, requester);
    } finally {
      this.#busy = false;
      this.#waiting.shift()?.();
    }
  }

  /** The whole vector at once, taking no time. */
  execute(frames: Uint32Array, requester: string): Uint32Array {
    const answers: number[] = [];
    for (const frame of frames) this.#frame(frame, requester, answers);
    return Uint32Array.from(answers);
  }

  #paced(frames: Uint32Array, requester: string): Promise<Uint32Array> {
    const { clock } = this.#options;
    const answers: number[] = [];
    return new Promise((resolve, reject) => {
      let next = 0;
      const step = (): void => {
        try {
          while (next < frames.length) {
            if (this.#slot.gate !== null) {
              resolve(this.#slowly(frames, next, answers, requester)); // somebody put a fault or a breakpoint there
              return;
            }
            this.#frame(frames[next++]!, requester, answers);
            if (!(next < frames.length && clock instanceof VirtualClock && clock.spend(this.#frameNs))) {
              clock.after(this.#frameNs, step);
              return;
            }
          }
          resolve(Uint32Array.from(answers));
        } catch (error) {
          reject(error as Error);
        }
      };
      step();
    });
  }

  /** With a gate in front: any frame may be held or delayed on its way. */
  async #slowly(frames: Uint32Array, from: number, answers: number[], requester: string): Promise<Uint32Array> {
    const { clock } = this.#options;
    for (let i = from; i < frames.length; i++) {
      if (this.#slot.gate === null) this.#frame(frames[i]!, requester, answers);
      else {
        const waits = this.#gated.frame(frames[i]!, requester, answers, this.#addresses);
        if (waits !== undefined) await waits;
      }
      const more = i + 1 < frames.length;
      if (this.#frameNs > 0 && !(more && clock instanceof VirtualClock && clock.spend(this.#frameNs)))
        await clock.sleep(this.#frameNs);
    }
    return Uint32Array.from(answers);
  }

  #frame(frame: number, requester: string, answers: number[]): void {
    const { st, op, prtad, devad, data } = unpackFrame(frame);
    if (st !== 0) return; // Clause 22: a Clause 45 PHY does not answer
    const slot = prtad * 32 + devad;
    if (op === Op.address) {
      this.#addresses[slot] = data;
      return;
    }
    const register = this.#addresses[slot]!;
    const at = devad * 0x10000 + register;
    const kind = op === Op.write ? 'write' : 'read';
    let value: number;
    if (this.filters.size === 0) value = this.#touch(kind, prtad, at, data, requester);
    else {
      const answer = this.#filtered({ op: kind, prtad, at, value: data, requester });
      value = answer.value;
      this.#outcome = answer.outcome;
    }
    if (kind === 'write') return;
    answers.push(packFrame(op, prtad, devad, value, this.#outcome === 'undriven' ? 0b11 : 0b10));
    if (op === Op.readIncrement && register < 0xffff) this.#addresses[slot] = register + 1;
  }

  #filtered(access: MdioAccess): MdioAnswer {
    let chain = ({ op, prtad, at, value, requester }: MdioAccess): MdioAnswer => ({
      value: this.#touch(op, prtad, at, value, requester),
      outcome: this.#outcome,
    });
    for (const filter of [...this.filters].reverse()) {
      const next = chain;
      chain = (passed) => filter(passed, next);
    }
    return chain(access);
  }

  /** The value that was read or written; what became of it is in `#outcome`, for an object for each access is a tenth of its cost. */
  #touch(op: 'read' | 'write', prtad: number, at: number, value: number, requester: string): number {
    const home = this.#silicon.answers(prtad, mmdOf(at));
    const outcome = home ? this.#silicon.outcome(at, op) : 'undriven';
    const place = prtad * 0x200000 + at;
    const changes = home && op === 'write';
    const old = changes ? this.#silicon.peek(at) : (this.#seen.get(place) ?? 0);
    let now = value;
    if (changes) this.#silicon.write(at, value);
    else if (op === 'read') now = home ? this.#silicon.read(at) : 0xffff;
    this.#seen.set(place, now);
    const { trace, device, clock } = this.#options;
    if (requester !== this.#lane.requester) this.#lane = { requester, number: trace.lane(device, requester) };
    trace.access(this.#lane.number, op, outcome, clock.now(), at, now, old, 2 * this.#frameNs);
    this.#outcome = outcome;
    return now;
  }
}
