/** Block commands and their answers on their way through the gate: held, delayed, lost, changed, or answered by the bus itself. */
import type { BlockCommand, BlockCompletion } from '../block.ts';
import { TRACE_OP } from '../block-record.ts';
import type { Clock } from '../clock.ts';
import type { GateSlot } from './gate.ts';
import type { Ruling } from './ruling.ts';
import type { Touch } from './touch.ts';
import { Turns } from './turns.ts';

export interface BlockGatedOptions {
  readonly clock: Clock;
  readonly device: string;
  readonly slot: GateSlot;
  /** The command an answer is to. */
  readonly commandOf: (
    completion: BlockCompletion,
  ) => Pick<BlockCommand, 'op' | 'sector' | 'sectors' | 'generation'> | undefined;
  readonly requesterOf: (completion: BlockCompletion) => string;
  /** On to the scenario's filters and the device. */
  readonly pass: (command: BlockCommand) => void;
  /** To whoever asked, as an interrupt. */
  readonly answer: (completion: BlockCompletion) => void;
  /** A disconnection took the command, or its answer; without it whoever asked just waits. */
  readonly cut?: () => void;
}

/** What the answer to a command is going to suffer. */
interface Sentence {
  readonly generation: number;
  readonly ruling: Ruling;
}

export class BlockGated {
  readonly #of: BlockGatedOptions;
  readonly #turns = new Turns();
  readonly #sentences = new Map<string, Sentence>();
  #late: (() => void)[] = [];

  constructor(of: BlockGatedOptions) {
    this.#of = of;
  }

  /** No command is held, and none waits behind one. */
  get idle(): boolean {
    return this.#turns.idle;
  }

  /** No answer to come will be changed. */
  get quiet(): boolean {
    return this.#sentences.size === 0;
  }

  /** Resolves when all of them are on their way: a held one keeps those behind it. */
  submit(commands: readonly BlockCommand[], requester: string): Promise<void> {
    return this.#turns.take(async () => {
      for (const command of commands) {
        const { gate } = this.#of.slot;
        const touch = this.#touch(command, requester);
        const held = gate?.hold(touch);
        if (held !== undefined) await held;
        this.#ruled(command, gate?.rule(touch));
      }
    });
  }

  complete(completion: BlockCompletion, answer: (completion: BlockCompletion) => void): void {
    const { slot, clock, commandOf, requesterOf, device } = this.#of;
    const sentence = this.#sentenceOf(completion);
    const final = sentence === undefined ? completion : altered(completion, sentence);
    const deliver = (one: BlockCompletion, times: number): void => {
      for (let i = 0; i < times; i++) answer(one);
    };
    const times = sentence?.twice === true ? 2 : 1;
    const { gate } = slot;
    if (gate === null) {
      deliver(final, times);
      return;
    }
    const asked = commandOf(completion);
    const { tag, hctx, status } = completion;
    const touch: Touch = {
      device,
      op: 'done',
      at: completion.sector ?? asked?.sector ?? 0,
      value: asked?.sectors ?? 0,
      old: 0,
      requester: requesterOf(completion),
      widthBits: 32,
      slot: { tag, hctx, status },
    };
    const go = (): void => {
      const ruling = gate.rule(touch);
      if (ruling?.fate === 'lost') {
        this.#lost(ruling);
        return;
      }
      const told: BlockCompletion =
        ruling?.fate === 'failed' ? { hctx, tag, generation: completion.generation, status: ruling.status } : final;
      const all = ruling?.twice === true ? 2 * times : times;
      if (ruling !== undefined && ruling.delayNs > 0) clock.after(ruling.delayNs, () => deliver(told, all));
      else deliver(told, all);
    };
    const held = gate.hold(touch);
    if (held === undefined) go();
    else void held.then(go);
  }

  #touch({ op, sector, sectors, tag, hctx }: BlockCommand, requester: string): Touch {
    const slot = { tag, hctx, status: '' };
    const { device } = this.#of;
    return { device, op: TRACE_OP[op], at: sector, value: sectors, old: 0, requester, widthBits: 32, slot };
  }

  #ruled(command: BlockCommand, ruling: Ruling | undefined): void {
    const { answer, clock } = this.#of;
    const { hctx, tag, generation } = command;
    const pass = (wrong: BlockCommand): void => {
      try {
        this.#of.pass(wrong);
      } catch {
        answer({ hctx, tag, generation, status: 'OFFLINE' }); // on its way while the device went
      }
    };
    if (ruling === undefined) {
      this.#then(() => pass(command));
      return;
    }
    if (ruling.fate === 'lost') {
      this.#lost(ruling);
      return;
    }
    if (ruling.fate === 'failed') {
      const { status, delayNs } = ruling;
      const fail = (): void => answer({ hctx, tag, generation, status });
      if (delayNs > 0) clock.after(delayNs, fail);
      else fail();
      return;
    }
    const reads = command.op === 'read';
    if (ruling.twice || (reads && ruling.changes.length > 0))
      this.#sentences.set(`${hctx}/${tag}`, { generation, ruling });
    const wrong =
      command.data === undefined || ruling.changes.length === 0
        ? command
        : { ...command, data: ruling.bytes(command.data) };
    if (ruling.fate === 'later') {
      this.#later(() => pass(wrong), ruling.waitNs);
      return;
    }
    if (ruling.delayNs > 0) clock.after(ruling.delayNs, () => this.#then(() => pass(wrong)));
    else this.#then(() => pass(wrong));
  }

  #lost({ disconnected }: Ruling): void {
    if (disconnected) this.#of.cut?.();
  }

  #sentenceOf({ hctx, tag, generation }: BlockCompletion): Ruling | undefined {
    const key = `${hctx}/${tag}`;
    const sentence = this.#sentences.get(key);
    if (sentence === undefined) return undefined;
    this.#sentences.delete(key);
    return sentence.generation === generation ? sentence.ruling : undefined;
  }

  /** What was overtaken goes after what overtook it. */
  #then(pass: () => void): void {
    const late = this.#late;
    this.#late = [];
    pass();
    for (const command of late) command();
  }

  #later(pass: () => void, waitNs: number): void {
    let done = false;
    const late = (): void => {
      if (done) return;
      done = true;
      pass();
    };
    this.#late.push(late);
    this.#of.clock.after(waitNs, late);
  }
}

const altered = (completion: BlockCompletion, ruling: Ruling): BlockCompletion =>
  completion.data === undefined ? completion : { ...completion, data: ruling.bytes(completion.data) };
