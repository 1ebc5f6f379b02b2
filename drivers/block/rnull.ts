/** rnull driver: the Rust null block driver's shape, and no more options than it has (Linux drivers/block/rnull). */
import type { BlockCompletion, BlockStatus } from '#bus/block.ts';
import { asLabError } from '#bus/errors.ts';
import { defineModule, type Kernel } from '../kernel/module.ts';
import type { GenDisk } from './gendisk.ts';
import { GenDiskBuilder } from './gendisk-builder.ts';
import { limitsOf } from './limits.ts';
import type { Hctx, Operations } from './operations.ts';
import type { IdleRequest, StartedRequest } from './request.ts';
import { TagSet } from './tag-set.ts';
import { WitnessedPort } from './witnessed-port.ts';

/** `TagSet::new(1, 256, 1)`: one queue, as many tags as the device takes of these. */
const NUM_TAGS = 256;

class NullBlkDevice implements Operations {
  readonly #port: WitnessedPort;
  readonly #pr: Kernel['pr'];
  #disk: GenDisk | undefined;

  private constructor(port: WitnessedPort, pr: Kernel['pr']) {
    this.#port = port;
    this.#pr = pr;
  }

  static async new(kernel: Kernel): Promise<void> {
    const port = new WitnessedPort(kernel.block(), kernel.pr);
    kernel.onExit(() => port.close());
    const identity = await port.identify();
    const device = new NullBlkDevice(port, kernel.pr);
    const tagSet = new TagSet({ nrHwQueues: 1, depth: Math.min(NUM_TAGS, identity.queueDepth) });
    const disk = new GenDiskBuilder()
      .capacitySectors(identity.capacitySectors)
      .logicalBlockBytes(identity.blockBytes)
      .physicalBlockBytes(identity.blockBytes)
      .rotational(identity.rotational)
      .limits(limitsOf(identity))
      .port(port)
      .build('rnullb', tagSet, device, kernel);
    device.#disk = disk;
    port.onCompletion((completions) => {
      for (const completion of completions) device.#interrupt(completion);
    });
    kernel.pr.info(`Rust null_blk loaded: ${disk.name}, ${identity.capacitySectors} sectors`);
  }

  queueRq(_hctx: Hctx, idle: IdleRequest, _isLast: boolean): BlockStatus {
    const rq = idle.start();
    const { hctx, tag, generation } = rq;
    this.#port.submit([rq.command()]).catch((thrown: unknown) => {
      this.#pr.err(`tag ${tag} was not taken: ${asLabError(thrown).message}`);
      this.#disk?.tagToRq(hctx, tag, generation)?.end('IOERR');
    });
    return 'OK';
  }

  complete(rq: StartedRequest, status: BlockStatus): void {
    if (status === 'OK') rq.endOk();
    else rq.end(status);
  }

  #interrupt({ hctx, tag, generation, status, data, sector }: BlockCompletion): void {
    const rq = this.#disk?.tagToRq(hctx, tag, generation);
    if (rq === undefined) return;
    if (status === 'RESOURCE' || status === 'DEV_RESOURCE') {
      rq.requeue();
      return;
    }
    if (status === 'OK' && data !== undefined) rq.buffer.copyIn(data.subarray(0, rq.buffer.length));
    if (sector !== undefined) rq.placeAt(sector);
    rq.complete(status);
  }
}

export const rnull = defineModule({
  name: 'rnull',
  description: 'Rust implementation of a C null block driver, in TypeScript',
  author: 'Ferrolab',
  license: 'Apache-2.0',
  drives: ['nullb'],
  init: (kernel) => NullBlkDevice.new(kernel),
});
