/** One block device on a bus in virtual time, and modules loaded for it in this process: where block drivers are tested. */
import type { BlockCommand, BlockCompletion, BlockEvent, BlockIdentity, BlockSilicon } from '#bus/block.ts';
import { BlockBus } from '#bus/block-bus.ts';
import { seconds, VirtualClock } from '#bus/clock.ts';
import type { Disk } from '#bus/disk.ts';
import type { DriverModule, LoadedModule } from '#bus/kernel-port.ts';
import { Trace } from '#bus/trace.ts';
import { type InProcess, inProcess } from '../kernel/in-process.ts';

/** Longer than anything under test may take. */
const LIMIT_NS = seconds(600);

export class BlockBench<S extends BlockSilicon> {
  readonly clock = new VirtualClock();
  readonly trace = new Trace();
  readonly silicon: S;
  readonly bus: BlockBus;

  constructor(make: (clock: VirtualClock) => S) {
    this.silicon = make(this.clock);
    this.bus = new BlockBus(this.silicon, { clock: this.clock, device: 'nullb0', trace: this.trace });
  }

  /** Loads a module and lets time pass until its init has ended; rejects as `load` does. */
  async insmod(module: DriverModule, params: Readonly<Record<string, unknown>> = {}): Promise<LoadedBlock> {
    const port = this.bus.port(module.info.name);
    const kernel = inProcess(this.clock, { block: port });
    const loaded: LoadedModule = await this.until(module.load(kernel, params));
    const [disk] = kernel.disks.values();
    const exit = async (): Promise<void> => {
      await this.until(loaded.exit());
      port.close();
    };
    return { kernel, disk, exit };
  }

  /** Lets time pass until the promise has settled. */
  async until<V>(promise: Promise<V>): Promise<V> {
    let settled = false;
    const done = promise.finally(() => {
      settled = true;
    });
    done.catch(() => {});
    await this.clock.run(this.clock.now() + LIMIT_NS, () => settled);
    if (!settled) throw new Error(`nothing had come of it after ${LIMIT_NS / 1e9} s of virtual time`);
    return done;
  }

  async pass(ns: number): Promise<void> {
    await this.clock.run(this.clock.now() + ns);
  }
}

export interface LoadedBlock {
  readonly kernel: InProcess;
  /** The first disk it offers. */
  readonly disk: Disk | undefined;
  exit(): Promise<void>;
}

export const IDENTITY: BlockIdentity = {
  capacitySectors: 4096,
  blockBytes: 512,
  readOnly: false,
  rotational: false,
  features: ['flush', 'fua', 'discard'],
  submitQueues: 1,
  pollQueues: 0,
  queueDepth: 8,
  sharedTags: false,
  maxSectors: 64,
  virtBoundary: false,
  zoned: null,
};

/** Silicon that keeps each command until the test answers it. */
export class PatientSilicon implements BlockSilicon {
  identity: BlockIdentity;
  readonly held: BlockCommand[] = [];
  /** What was submitted, in order: `write 8+8`. */
  readonly log: string[] = [];
  /** Answers at once when it returns a completion. */
  atOnce: (command: BlockCommand) => Partial<BlockCompletion> | undefined = () => undefined;
  completed: (completion: BlockCompletion) => void = () => {};
  event: (event: BlockEvent) => void = () => {};
  readonly #polled: BlockCompletion[] = [];

  constructor(identity: Partial<BlockIdentity> = {}) {
    this.identity = { ...IDENTITY, ...identity };
  }

  identify(): BlockIdentity {
    return this.identity;
  }

  submit(command: BlockCommand): void {
    this.log.push(`${command.op} ${command.sector}+${command.sectors}${command.fua === true ? ' fua' : ''}`);
    const answer = this.atOnce(command);
    if (answer === undefined) this.held.push(command);
    else this.answer(command, answer);
  }

  poll(): readonly BlockCompletion[] {
    return this.#polled.splice(0);
  }

  /** Answers a command, kept or not; more than once if the test likes. */
  answer({ hctx, tag, generation }: BlockCommand, of: Partial<BlockCompletion> = {}): void {
    const completion: BlockCompletion = { hctx, tag, generation, status: 'OK', ...of };
    if (hctx >= this.identity.submitQueues) this.#polled.push(completion);
    else this.completed(completion);
  }

  /** Answers the oldest command, or that at a place in the line. */
  next(of: Partial<BlockCompletion> = {}, at = 0): BlockCommand {
    const [command] = this.held.splice(at, 1);
    if (command === undefined) throw new Error('there is no command to answer');
    this.answer(command, of);
    return command;
  }
}
