/** The way of NBD requests to the gate of their device and back, in the thread of the block devices; none where no gate stands. */
import type { BlockCommand, BlockCompletion, BlockStatus } from '#bus/block.ts';
import { SECTOR_BYTES } from '#bus/block.ts';
import { NO_QUEUE } from '#bus/trace.ts';
import type { NbdWork } from './export.ts';
import type { GateReturn, GateStep } from './hosted.ts';

export type Answer = (status: BlockStatus, data: Uint8Array | undefined) => void;

export interface GateWayOptions {
  /** Not 0 while a gate stands; written by the lab's thread. */
  readonly stands: Int32Array;
  /** To the lab. */
  readonly send: (steps: readonly GateStep[]) => void;
  /** On to the device. */
  readonly perform: (work: NbdWork, done: Answer) => void;
  /** Hangs up on a client. */
  readonly cut: (client: number, reason: string) => void;
}

/** A request that is at the gate, or inside the device with its answer still to pass. */
interface Pending {
  readonly generation: number;
  readonly work: NbdWork;
  readonly done: Answer;
}

export class GateWay {
  readonly #options: GateWayOptions;
  readonly #clients = new Map<number, Map<number, Pending>>();
  #generation = 0;
  #steps: GateStep[] = [];

  constructor(options: GateWayOptions) {
    this.#options = options;
  }

  /** Looked at for every request: one word of shared memory. */
  get stands(): boolean {
    return Atomics.load(this.#options.stands, 0) !== 0;
  }

  submit(work: NbdWork, done: Answer): void {
    const { op, offsetBytes, lengthBytes, fua, noUnmap, data, client } = work;
    const pending = this.#clients.get(client) ?? new Map<number, Pending>();
    this.#clients.set(client, pending);
    let tag = 0;
    while (pending.has(tag)) tag++;
    const generation = ++this.#generation;
    pending.set(tag, { generation, work, done });
    const asked: BlockCommand = {
      op,
      hctx: NO_QUEUE,
      tag,
      generation,
      sector: Math.floor(offsetBytes / SECTOR_BYTES),
      sectors: Math.ceil(lengthBytes / SECTOR_BYTES),
      ...(fua ? { fua } : {}),
      ...(noUnmap ? { noUnmap } : {}),
      ...(data === undefined ? {} : { data: whole(data) }),
    };
    this.#send({ client, asked });
  }

  /** What the lab says, in order. */
  hear(steps: readonly GateReturn[]): void {
    for (const step of steps) {
      const { client } = step;
      if ('pass' in step) this.#pass(client, step.pass);
      else if ('answer' in step) this.#answer(client, step.answer);
      else this.#options.cut(client, step.cut);
    }
  }

  /** A client has gone: nothing of its comes back. */
  left(client: number): void {
    if (this.#clients.delete(client)) this.#send({ client, left: true });
  }

  #pass(client: number, { tag, hctx, generation, data }: BlockCommand): void {
    const pending = this.#clients.get(client)?.get(tag);
    if (pending?.generation !== generation) return;
    const work = data === undefined ? pending.work : { ...pending.work, data };
    this.#options.perform(work, (status, found) => {
      const done: BlockCompletion = {
        hctx,
        tag,
        generation,
        status,
        ...(found === undefined ? {} : { data: found.slice() }), // the device may keep what it gave
      };
      if (this.#clients.get(client)?.get(tag) === pending) this.#send({ client, done });
    });
  }

  #answer(client: number, { tag, generation, status, data }: BlockCompletion): void {
    const of = this.#clients.get(client);
    const pending = of?.get(tag);
    if (pending?.generation !== generation) return;
    of?.delete(tag);
    pending.done(status, data);
  }

  /** After the rows that tell of the requests: those go when this turn of the event loop ends. */
  #send(step: GateStep): void {
    this.#steps.push(step);
    if (this.#steps.length > 1) return;
    setImmediate(() => {
      const steps = this.#steps;
      this.#steps = [];
      this.#options.send(steps);
    });
  }
}

/** Memory of its own, which can be given to another thread. */
const whole = (data: Uint8Array): Uint8Array =>
  data.byteLength === data.buffer.byteLength ? data : Uint8Array.from(data);
