/** The requests of a device's NBD clients on their way through its gate, in the lab's thread: there faults and breakpoints stand. */
import type { BlockCommand, BlockCompletion } from '#bus/block.ts';
import type { Clock } from '#bus/clock.ts';
import { BlockGated } from '#bus/filters/block-gated.ts';
import type { GateSlot } from '#bus/filters/gate.ts';
import { nbdRequester } from '#bus/trace.ts';
import type { GateReturn, GateStep } from './hosted.ts';

export interface GatedClientsOptions {
  readonly clock: Clock;
  readonly device: string;
  readonly slot: GateSlot;
  /** Back to the thread of the block devices. */
  readonly send: (steps: readonly GateReturn[]) => void;
}

/** Each client by itself: what is held of one keeps nobody else. */
export class GatedClients {
  readonly #options: GatedClientsOptions;
  readonly #clients = new Map<number, GatedClient>();
  #steps: GateReturn[] = [];

  constructor(options: GatedClientsOptions) {
    this.#options = options;
  }

  /** What the thread says, in order. */
  hear(steps: readonly GateStep[]): void {
    for (const step of steps) {
      const { client } = step;
      if ('asked' in step) this.#client(client).ask(step.asked);
      else if ('done' in step) this.#clients.get(client)?.done(step.done);
      else {
        this.#clients.get(client)?.leave();
        this.#clients.delete(client);
        this.#options.slot.letGo?.(nbdRequester(client), 'its NBD client has gone');
      }
    }
  }

  #client(client: number): GatedClient {
    const known = this.#clients.get(client);
    if (known !== undefined) return known;
    const made = new GatedClient(client, this.#options, (step) => this.#send(step));
    this.#clients.set(client, made);
    return made;
  }

  /** Steps of one turn go together. */
  #send(step: GateReturn): void {
    this.#steps.push(step);
    if (this.#steps.length > 1) return;
    queueMicrotask(() => {
      const steps = this.#steps;
      this.#steps = [];
      this.#options.send(steps);
    });
  }
}

class GatedClient {
  readonly #requester: string;
  readonly #gated: BlockGated;
  /** By tag, until they are answered. */
  readonly #asked = new Map<number, Omit<BlockCommand, 'data'>>();
  #gone = false;

  constructor(
    client: number,
    { clock, device, slot }: Omit<GatedClientsOptions, 'send'>,
    send: (step: GateReturn) => void,
  ) {
    this.#requester = nbdRequester(client);
    this.#gated = new BlockGated({
      clock,
      device,
      slot,
      commandOf: ({ tag }) => this.#asked.get(tag),
      requesterOf: () => this.#requester,
      pass: (command) => {
        if (!this.#gone) send({ client, pass: command });
      },
      answer: (completion) => this.#answer(completion, () => send({ client, answer: completion })),
      cut: () => {
        if (!this.#gone) send({ client, cut: 'a bus fault disconnected it' });
      },
    });
    this.#deliver = (completion) => this.#answer(completion, () => send({ client, answer: completion }));
  }

  readonly #deliver: (completion: BlockCompletion) => void;

  ask(command: BlockCommand): void {
    const { data: _bytes, ...asked } = command;
    this.#asked.set(command.tag, asked);
    void this.#gated.submit([command], this.#requester);
  }

  done(completion: BlockCompletion): void {
    if (this.#asked.has(completion.tag)) this.#gated.complete(completion, this.#deliver);
  }

  /** What is under way goes nowhere. */
  leave(): void {
    this.#gone = true;
    this.#asked.clear();
  }

  #answer({ tag }: BlockCompletion, send: () => void): void {
    if (this.#gone) return;
    this.#asked.delete(tag);
    send();
  }
}
