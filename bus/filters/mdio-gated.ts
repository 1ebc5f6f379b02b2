/** Management frames on their way through the gate: held, delayed, lost or changed before the PHY sees them, or after. */
import { mmdOf, Op, printC45 } from '#datasheets/c45.ts';
import type { Clock } from '../clock.ts';
import { LabError } from '../errors.ts';
import { type MdioAccess, type MdioAnswer, type MdioSilicon, packFrame, unpackFrame } from '../mdio.ts';
import type { Trace, TraceOutcome } from '../trace.ts';
import type { Gate, GateSlot } from './gate.ts';
import type { Ruling } from './ruling.ts';
import type { Touch } from './touch.ts';

export interface MdioGatedOptions {
  readonly clock: Clock;
  readonly device: string;
  readonly trace: Trace;
  readonly slot: GateSlot;
  readonly silicon: MdioSilicon;
  readonly wireNs: number;
  /** What the bus last saw at a place. */
  readonly seen: ReadonlyMap<number, number>;
  /** On to the scenario's filters and the silicon. */
  readonly pass: (access: MdioAccess) => MdioAnswer;
}

const WIDTH_BITS = 16;
const NOBODY = 0xffff;

export class MdioGated {
  readonly #of: MdioGatedOptions;
  /** Address registers before their last address frame. */
  readonly #before = new Uint16Array(32 * 32);
  /** Writes that the next access overtakes. */
  #late: (() => void)[] = [];

  constructor(of: MdioGatedOptions) {
    this.#of = of;
  }

  /** One frame; a promise when it does not pass at once. */
  frame(frame: number, requester: string, answers: number[], addresses: Uint16Array): Promise<void> | undefined {
    const { st, op, prtad, devad, data } = unpackFrame(frame);
    if (st !== 0) return undefined;
    const slot = prtad * 32 + devad;
    if (op === Op.address) {
      this.#before[slot] = addresses[slot]!;
      addresses[slot] = data;
      return undefined;
    }
    const access: MdioAccess = {
      op: op === Op.write ? 'write' : 'read',
      prtad,
      at: devad * 0x10000 + addresses[slot]!,
      value: data,
      requester,
    };
    const answer = ({ value, outcome }: MdioAnswer, badTurnaround: boolean): void => {
      if (op === Op.write) return;
      const undriven = outcome === 'undriven' || badTurnaround;
      answers.push(packFrame(op, prtad, devad, value, undriven ? 0b11 : 0b10));
      if (op === Op.readIncrement && addresses[slot]! < 0xffff) addresses[slot]!++;
    };
    const { gate } = this.#of.slot;
    const { silicon } = this.#of;
    // an address where no PHY of ours sits: nothing of this device is concerned
    if (gate === null || !silicon.answers(prtad, devad)) {
      answer(this.#of.pass(access), false);
      return undefined;
    }
    const touch = this.#touch(access);
    const held = gate.hold(touch);
    const go = (): Promise<void> | undefined => this.#ruled(gate, touch, access, answer, slot, addresses);
    return held === undefined ? go() : held.then(go);
  }

  #touch({ op, prtad, at, value, requester }: MdioAccess): Touch {
    const { silicon, seen, device } = this.#of;
    const written = op === 'write';
    return {
      device,
      op,
      at,
      value: written ? value : (silicon.look?.(at) ?? silicon.peek(at)),
      old: written ? silicon.peek(at) : (seen.get(prtad * 0x200000 + at) ?? 0),
      requester,
      widthBits: WIDTH_BITS,
    };
  }

  #ruled(
    gate: Gate,
    touch: Touch,
    access: MdioAccess,
    answer: (of: MdioAnswer, badTurnaround: boolean) => void,
    slot: number,
    addresses: Uint16Array,
  ): Promise<void> | undefined {
    const ruling = gate.rule(touch);
    if (ruling === undefined) {
      const passed = this.#of.pass(access);
      this.#catchUp();
      answer(passed, false);
      return undefined;
    }
    const go = (): void => {
      let hit = access;
      if (ruling.lostAddress) {
        addresses[slot] = this.#before[slot]!;
        hit = { ...access, at: mmdOf(access.at) * 0x10000 + addresses[slot]! };
      }
      answer(this.#perform(hit, ruling), ruling.badTurnaround);
    };
    if (ruling.delayNs > 0) return this.#of.clock.sleep(ruling.delayNs).then(go);
    go();
    return undefined;
  }

  #perform(access: MdioAccess, ruling: Ruling): MdioAnswer {
    const { pass, clock, device } = this.#of;
    const { op, at, value } = access;
    if (ruling.fate === 'lost') return this.#missed(access, 'undriven');
    if (ruling.fate === 'failed') {
      this.#missed(access, 'failed');
      throw new LabError('EIO', `${device}: the bus failed at a ${op} of ${printC45(at)} (bus fault ${ruling.by})`);
    }
    if (op === 'read') {
      const first = pass(access);
      if (ruling.twice) pass(access);
      this.#catchUp();
      return { ...first, value: ruling.value(first.value, WIDTH_BITS) };
    }
    const wrong = { ...access, value: ruling.value(value, WIDTH_BITS) };
    const write = (): MdioAnswer => {
      const answer = pass(wrong);
      if (ruling.twice) pass(wrong);
      return answer;
    };
    if (ruling.fate === 'pass') {
      const answer = write();
      this.#catchUp();
      return answer;
    }
    let done = false;
    const late = (): void => {
      if (done) return;
      done = true;
      write();
    };
    this.#late.push(late);
    clock.after(ruling.waitNs, late);
    return { value: wrong.value, outcome: 'ok' };
  }

  /** What was overtaken by the access that has just been. */
  #catchUp(): void {
    if (this.#late.length === 0) return;
    const late = this.#late;
    this.#late = [];
    for (const write of late) write();
  }

  /** An access that the silicon never saw still has its row. */
  #missed({ op, at, value, requester }: MdioAccess, outcome: TraceOutcome): MdioAnswer {
    const { trace, device, clock, wireNs, silicon } = this.#of;
    const now = op === 'read' ? NOBODY : value;
    const old = op === 'read' ? 0 : silicon.peek(at);
    trace.record({ device, requester, op, outcome, time: clock.now(), at, value: now, old, wireNs });
    return { value: now, outcome };
  }
}
