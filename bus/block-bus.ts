/** The bus of a block device: keeps the rules of the port, runs filters, records requests, brings each answer to who asked. */
import {
  BLOCK_OPS,
  type BlockCommand,
  type BlockCompletion,
  type BlockIdentity,
  type BlockOp,
  type BlockSilicon,
} from './block.ts';
import { BusBlockPort, type OpenBlockPort } from './block-port.ts';
import { BlockRecorder, type BlockRecorderOptions } from './block-record.ts';
import { type Breach, breachOf, describeCommand } from './block-rules.ts';
import { LabError } from './errors.ts';
import { BlockGated } from './filters/block-gated.ts';
import { type GateSlot, openSlot } from './filters/gate.ts';
import { handOver } from './hand-over.ts';

/** Stands in front of the silicon: may change a command or an answer, hold it back, repeat it, or not pass it on. */
export interface BlockFilter {
  submit?(command: BlockCommand, next: (command: BlockCommand) => void): void;
  complete?(completion: BlockCompletion, next: (completion: BlockCompletion) => void): void;
}

export interface BlockBusOptions extends BlockRecorderOptions {
  /** Where bus faults and breakpoints stand. */
  readonly slot?: GateSlot;
}

/** Exact, whatever is recorded. */
export interface BlockCounters {
  readonly submitted: Readonly<Record<BlockOp, number>>;
  readonly completed: number;
  /** Ended with another status than OK. */
  readonly failed: number;
  /** Broke a rule of the port: never reached the device. */
  readonly refused: number;
  /** Answers nobody waited for: repeated by the device, or to a driver that has gone. */
  readonly unclaimed: number;
  readonly inFlight: number;
  /** Requests the trace has rows of. */
  readonly recorded: number;
}

/** One use of a tag. */
interface Use {
  readonly port: BusBlockPort;
  readonly command: Pick<BlockCommand, 'op' | 'sector' | 'sectors' | 'generation'>;
  readonly since: number;
  readonly recorded: boolean;
  /** `abandoned`: the device went, and its slot may be used again; an answer may still come. */
  state: 'in flight' | 'abandoned' | 'done';
}

const TAGS = 0x10000;

export class BlockBus {
  readonly filters = new Set<BlockFilter>();
  readonly #options: BlockBusOptions;
  readonly #silicon: BlockSilicon;
  readonly #recorder: BlockRecorder;
  readonly #ports = new Set<BusBlockPort>();
  /** The latest use of each (queue, tag). */
  readonly #uses = new Map<number, Use>();
  readonly #submitted = Object.fromEntries(BLOCK_OPS.map((op) => [op, 0])) as Record<BlockOp, number>;
  #counts = { completed: 0, failed: 0, refused: 0, unclaimed: 0, inFlight: 0, recorded: 0 };
  readonly #ready: [BlockCompletion, BusBlockPort][] = [];
  readonly #slot: GateSlot;
  readonly #gated: BlockGated;
  /** How many calls of ours are on the stack. */
  #within = 0;

  constructor(silicon: BlockSilicon, options: BlockBusOptions) {
    this.#silicon = silicon;
    this.#options = options;
    this.#recorder = new BlockRecorder(options);
    this.#slot = options.slot ?? openSlot();
    this.#gated = new BlockGated({
      ...options,
      slot: this.#slot,
      commandOf: (completion) => this.#uses.get(slotOf(completion))?.command,
      requesterOf: (completion) => this.#uses.get(slotOf(completion))?.port.requester ?? '',
      pass: (command) => this.#together(() => this.#pass(command)),
      answer: (completion) => this.#answer(completion, (final, port) => this.#deliver(final, port)),
    });
    silicon.completed = (completion) =>
      this.#completed(completion, (final) => this.#answer(final, (one, port) => this.#deliver(one, port)));
    silicon.outside = (requests) => this.#recorder.outside(requests);
    silicon.outsideGate?.(this.#slot);
    silicon.event = (event) => {
      if (event === 'removed') this.#abandon();
      for (const port of [...this.#ports]) port.tell(event);
    };
  }

  /** A port on this bus; what it submits is recorded under the requester's name. */
  port(requester: string): OpenBlockPort {
    const port = new BusBlockPort(requester, {
      identify: () => this.identify(),
      submit: (commands) => this.#submit(commands, port),
      poll: (hctx) => this.#poll(hctx, port),
      closed: () => this.#closed(port),
    });
    this.#ports.add(port);
    return port;
  }

  identify(): BlockIdentity {
    return this.#silicon.identify();
  }

  get counters(): BlockCounters {
    return { submitted: { ...this.#submitted }, ...this.#counts };
  }

  /** One request in so many has rows in the trace; a failed or refused one always has. Changing it is a note in the trace. */
  get traceEvery(): number {
    return this.#recorder.every;
  }
  set traceEvery(every: number) {
    this.#recorder.every = every;
  }

  #submit(commands: readonly BlockCommand[], port: BusBlockPort): Promise<void> | undefined {
    const identity = this.identify();
    const rung = new Set<number>();
    for (const command of commands) {
      const slot = slotOf(command);
      const use = this.#uses.get(slot);
      const breach = breachOf(command, identity) ?? taken(command, use, rung.has(slot));
      if (breach !== undefined) {
        this.#counts.refused++;
        throw this.#recorder.refusal(command, breach, port.requester);
      }
      rung.add(slot);
    }
    const owned = commands.map((command) =>
      command.data === undefined ? command : { ...command, data: handOver(command.data) },
    );
    for (const command of owned) this.#take(command, port);
    if (this.#slot.gate !== null || !this.#gated.idle) return this.#gated.submit(owned, port.requester);
    this.#together(() => {
      for (const command of owned) this.#pass(command);
    });
    return undefined;
  }

  /** What is answered meanwhile is delivered after it. */
  #together(work: () => void): void {
    this.#within++;
    try {
      work();
    } finally {
      this.#within--;
      this.#drain();
    }
  }

  #completed(completion: BlockCompletion, answer: (final: BlockCompletion) => void): void {
    if (this.#slot.gate === null && this.#gated.quiet) answer(completion);
    else this.#gated.complete(completion, answer);
  }

  #deliver(completion: BlockCompletion, port: BusBlockPort): void {
    this.#ready.push([completion, port]);
    this.#drain();
  }

  /** A device may answer inside `submit`, and a driver may submit inside an answer: in turn, so that no stack grows. */
  #drain(): void {
    if (this.#within > 0) return;
    this.#within++;
    try {
      while (this.#ready.length > 0) {
        const batches = new Map<BusBlockPort, BlockCompletion[]>();
        for (const [completion, port] of this.#ready.splice(0)) {
          const batch = batches.get(port);
          if (batch === undefined) batches.set(port, [completion]);
          else batch.push(completion);
        }
        for (const [port, batch] of batches) port.complete(batch);
      }
    } finally {
      this.#within--;
    }
  }

  #take(command: BlockCommand, port: BusBlockPort): void {
    const { op, sector, sectors, generation } = command;
    const recorded = this.#recorder.command(command, port.requester);
    if (recorded) this.#counts.recorded++;
    if (this.#uses.get(slotOf(command))?.state === 'in flight') this.#counts.inFlight--; // given up by its driver
    const use: Use = {
      port,
      command: { op, sector, sectors, generation },
      since: this.#options.clock.now(),
      recorded,
      state: 'in flight',
    };
    this.#uses.set(slotOf(command), use);
    this.#submitted[op]++;
    this.#counts.inFlight++;
  }

  #pass(command: BlockCommand): void {
    let chain = (passed: BlockCommand): void => this.#silicon.submit(passed);
    for (const filter of [...this.filters].reverse()) {
      const next = chain;
      if (filter.submit !== undefined) chain = (passed) => filter.submit?.(passed, next);
    }
    chain(command);
  }

  #poll(hctx: number, port: BusBlockPort): readonly BlockCompletion[] {
    const { submitQueues, pollQueues } = this.identify();
    if (!Number.isInteger(hctx) || hctx < 0 || hctx >= submitQueues + pollQueues)
      throw new LabError('EINVAL', `queue ${hctx} was polled; the device has 0 to ${submitQueues + pollQueues - 1}`);
    const found: BlockCompletion[] = [];
    let polling = true;
    const deliver = (final: BlockCompletion, of: BusBlockPort): void => {
      if (polling && of === port) found.push(final);
      else this.#deliver(final, of); // a filter held it back, or it is for somebody else
    };
    for (const completion of this.#silicon.poll(hctx)) this.#completed(completion, (one) => this.#answer(one, deliver));
    polling = false;
    return found;
  }

  #answer(completion: BlockCompletion, deliver: (final: BlockCompletion, port: BusBlockPort) => void): void {
    let chain = (passed: BlockCompletion): void => this.#complete(passed, deliver);
    for (const filter of [...this.filters].reverse()) {
      const next = chain;
      if (filter.complete !== undefined) chain = (passed) => filter.complete?.(passed, next);
    }
    chain(completion);
  }

  #complete(completion: BlockCompletion, deliver: (final: BlockCompletion, port: BusBlockPort) => void): void {
    const { status, generation } = completion;
    const use = this.#uses.get(slotOf(completion));
    if (use === undefined) {
      this.#counts.unclaimed++;
      this.#recorder.answer(completion, undefined, { requester: '', outcome: 'ignored', latencyNs: 0 });
      return;
    }
    const claimed = use.state !== 'done' && use.command.generation === generation;
    if (claimed) {
      if (use.state === 'in flight') this.#counts.inFlight--;
      use.state = 'done';
      this.#counts.completed++;
      if (status !== 'OK') this.#counts.failed++;
    } else this.#counts.unclaimed++;
    if (!claimed || use.recorded || status !== 'OK')
      this.#recorder.answer(completion, use.command, {
        requester: use.port.requester,
        outcome: claimed ? (status === 'OK' ? 'ok' : 'failed') : 'ignored',
        latencyNs: this.#options.clock.now() - use.since,
      });
    if (!use.port.over) deliver(completion, use.port);
  }

  /** Its owner has gone: what is still in flight is answered to nobody. */
  #closed(port: BusBlockPort): void {
    this.#ports.delete(port);
    for (const [slot, use] of this.#uses) {
      if (use.port !== port) continue;
      if (use.state === 'in flight') this.#counts.inFlight--;
      this.#uses.delete(slot);
    }
  }

  /** The device has gone, and with it its queues. */
  #abandon(): void {
    this.#counts.inFlight = 0;
    for (const use of this.#uses.values()) if (use.state === 'in flight') use.state = 'abandoned';
  }
}

const taken = (command: BlockCommand, use: Use | undefined, again: boolean): Breach | undefined => {
  if ((use?.state !== 'in flight' || command.reclaims === true) && !again) return undefined;
  const holder = again || use === undefined ? 'another command of this vector' : usedBy(use);
  return { code: 'EBUSY', what: 'tag in flight', text: `${describeCommand(command)}; the tag belongs to ${holder}` };
};

const usedBy = ({ command, port }: Use): string =>
  `a ${command.op} at ${command.sector} of ${port.requester} (use ${command.generation}), not answered yet`;

const slotOf = ({ hctx, tag }: Pick<BlockCommand, 'hctx' | 'tag'>): number => hctx * TAGS + tag;
