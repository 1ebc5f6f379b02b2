/** null_blk driver: attaches a null block device through blk-mq, as Linux drivers/block/null_blk/main.c does with its own. */

import type { BlockCommand, BlockCompletion, BlockIdentity, BlockStatus } from '#bus/block.ts';
import { ms, us } from '#bus/clock.ts';
import { asLabError, type LabError } from '#bus/errors.ts';
import { number, type Params, type Settings } from '#regmap/params.ts';
import { defineModule, type Kernel } from '../kernel/module.ts';
import type { GenDisk } from './gendisk.ts';
import { GenDiskBuilder } from './gendisk-builder.ts';
import { limitsOf } from './limits.ts';
import type { Hctx, Operations } from './operations.ts';
import type { IdleRequest, StartedRequest } from './request.ts';
import { TagSet } from './tag-set.ts';
import { WitnessedPort } from './witnessed-port.ts';

/** Parameters by the kernel's names, as far as they are the driver's business; the rest are attributes of the device. */
export const NULL_BLK_PARAMS = {
  submit_queues: number('Hardware queues to use; 0 uses all the device has', {
    min: 0,
    max: 1024,
    default: 0,
    whole: true,
  }),
  hw_queue_depth: number("Requests in flight on each hardware queue; 0 is the device's depth", {
    min: 0,
    max: 10240,
    default: 0,
    whole: true,
  }),
  timeout_ms: number('How long the device may take for a request', {
    min: 1,
    max: 3_600_000,
    default: 5000,
    unit: 'ms',
  }),
  poll_us: number('Time between two looks at a poll queue', { min: 1, max: 1_000_000, default: 10, unit: 'us' }),
} as const satisfies Params;
type NullBlkParams = typeof NULL_BLK_PARAMS;

/** What each hardware queue keeps: commands not yet sent. */
export interface Batch {
  commands: BlockCommand[];
}

export class NullBlk implements Operations<Batch> {
  protected readonly kernel: Kernel<Params>;
  protected readonly port: WitnessedPort;
  readonly #settings: Settings<NullBlkParams>;
  /** Stops listening to the device. */
  protected freeIrq: () => void = () => {};
  #attached: Attached | undefined;

  constructor(kernel: Kernel<Params>, settings: Settings<NullBlkParams>) {
    this.kernel = kernel;
    this.#settings = settings;
    this.port = new WitnessedPort(kernel.block(), kernel.pr);
    kernel.onExit(() => this.port.close());
  }

  async probe(): Promise<void> {
    const identity = await this.port.identify();
    const { submit_queues: queues, timeout_ms: timeoutMs, poll_us: pollUs } = this.#settings;
    const tagSet = new TagSet({
      nrHwQueues: identity.submitQueues,
      pollQueues: identity.pollQueues,
      depth: this.depth(identity),
      sharedTags: identity.sharedTags,
      timeoutNs: ms(timeoutMs),
    });
    if (queues > 0) tagSet.mapQueues(queues);
    const disk = new GenDiskBuilder()
      .capacitySectors(identity.capacitySectors)
      .limits(limitsOf(identity))
      .pollEveryNs(us(pollUs))
      .port(this.port)
      .build('nullb', tagSet, this, this.kernel);
    this.#attached = { disk, tagSet, built: identity, now: identity };
    this.freeIrq = this.port.onCompletion((completions) => {
      for (const completion of completions) this.interrupt(completion);
    });
    this.port.onEvent((event) => void (event === 'removed' ? this.#removed() : this.#revalidate()));
    const size = `${identity.capacitySectors} sectors in blocks of ${identity.blockBytes}`;
    this.kernel.pr.info(`disk ${disk.name} created: ${size}, ${tagSet.nrHwQueues} queues of ${tagSet.depth}`);
  }

  initHctx(): Batch {
    return { commands: [] };
  }

  queueRq(hctx: Hctx<Batch>, idle: IdleRequest, isLast: boolean): BlockStatus {
    hctx.own.commands.push(idle.start().command());
    if (isLast) this.commitRqs(hctx);
    return 'OK';
  }

  commitRqs(hctx: Hctx<Batch>): void {
    const { commands } = hctx.own;
    hctx.own.commands = [];
    this.send(commands);
  }

  async poll(hctx: Hctx<Batch>): Promise<number> {
    const completions = await this.port.poll(hctx.index);
    for (const completion of completions) this.interrupt(completion);
    return completions.length;
  }

  complete(rq: StartedRequest, status: BlockStatus): void {
    rq.end(status);
  }

  timeout(rq: StartedRequest): 'done' | 'reset-timer' {
    this.kernel.pr.info(`rq ${rq.op} tag ${rq.tag} at sector ${rq.sector} timed out`);
    rq.end('TIMEOUT');
    return 'done';
  }

  /** One answer of the device. */
  protected interrupt(completion: BlockCompletion): void {
    const { hctx, tag, generation, status, data, sector } = completion;
    const rq = this.disk.tagToRq(hctx, tag, generation);
    if (rq === undefined) return; // too late, or for the second time: the layer has counted it
    if (status === 'RESOURCE' || status === 'DEV_RESOURCE') {
      rq.requeue();
      return;
    }
    if (status === 'OK') {
      if (data !== undefined) rq.buffer.copyIn(data.subarray(0, rq.buffer.length));
      if (sector !== undefined) rq.placeAt(sector);
    }
    rq.complete(status);
  }

  /** Rings the doorbell; what the port does not take ends with an error. */
  protected send(commands: readonly BlockCommand[]): void {
    this.port.submit(commands).catch((thrown: unknown) => this.#notTaken(commands, asLabError(thrown)));
  }

  async #notTaken(commands: readonly BlockCommand[], { code, message }: LabError): Promise<void> {
    if (code === 'EINVAL') await this.#revalidate(); // it may have fewer queues now
    const { submitQueues, pollQueues } = this.#device.now;
    const moved = commands.some(({ hctx }) => hctx >= submitQueues + pollQueues);
    if (!moved) this.kernel.pr.err(`${commands.length} commands were not taken: ${code}: ${message}`);
    const status = code === 'ENODEV' ? 'OFFLINE' : REFUSED.has(code) ? 'IOERR' : 'TRANSPORT';
    for (const { hctx, tag, generation } of commands) {
      const rq = this.disk.tagToRq(hctx, tag, generation);
      if (moved) rq?.requeue();
      else rq?.end(status);
    }
  }

  /** Tags a hardware queue gets. */
  protected depth({ queueDepth }: BlockIdentity): number {
    const asked = this.#settings.hw_queue_depth;
    return asked === 0 ? queueDepth : Math.min(asked, queueDepth);
  }

  protected get disk(): GenDisk<Batch> {
    return this.#device.disk;
  }

  get #device(): Attached {
    return this.#attached!; // there since `probe`, and nothing is called before
  }

  #removed(): void {
    this.kernel.pr.warning(`${this.disk.name}: the device is gone`);
    this.disk.markDead();
    this.disk.busyIter((rq) => rq.end('OFFLINE'));
  }

  async #revalidate(): Promise<void> {
    try {
      const { tagSet, built } = this.#device;
      const identity = await this.port.identify();
      this.#device.now = identity;
      const queues = this.#settings.submit_queues || identity.submitQueues;
      // Poll queues are numbered after the others: when these become more or fewer, they are not where they were.
      tagSet.mapQueues(Math.min(queues, identity.submitQueues), identity.submitQueues === built.submitQueues);
      this.disk.setLimits(limitsOf(identity));
      this.disk.setCapacity(identity.capacitySectors);
      this.disk.markDead(false);
    } catch (thrown) {
      this.kernel.pr.err(`the device does not say what it is now: ${asLabError(thrown).message}`);
    }
  }
}

interface Attached {
  readonly disk: GenDisk<Batch>;
  readonly tagSet: TagSet;
  /** What the device was when the tags were made, and what it is now. */
  readonly built: BlockIdentity;
  now: BlockIdentity;
}

/** The port did not like the command; anything else means the way to the device is broken. */
const REFUSED: ReadonlySet<string> = new Set(['EINVAL', 'EBUSY', 'ERANGE', 'EMSGSIZE', 'EOPNOTSUPP']);

export const nullBlk = defineModule({
  name: 'null_blk',
  description: 'Null block device through blk-mq, after Linux drivers/block/null_blk',
  author: 'Ferrolab',
  license: 'Apache-2.0',
  drives: ['nullb'],
  params: NULL_BLK_PARAMS,
  init: (kernel) => new NullBlk(kernel, kernel.params).probe(),
});
