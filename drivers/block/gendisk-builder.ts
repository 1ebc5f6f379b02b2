/** Says what a disk is, checks it, and adds it under the first free name. */
import { LabError } from '#bus/errors.ts';
import { type DiskGround, GenDisk } from './gendisk.ts';
import { checkLimits, DEFAULT_LIMITS, type QueueLimits } from './limits.ts';
import type { Operations } from './operations.ts';
import type { TagSet } from './tag-set.ts';
import type { WitnessedPort } from './witnessed-port.ts';

/** How long an unloading driver may take to end what it has; after that the layer ends it. */
const DRAIN_NS = 1e9;
const POLL_EVERY_NS = 10_000;

/** Says what the disk is, then adds it: `new GenDiskBuilder().capacitySectors(n).build('nullb', ...)`. */
export class GenDiskBuilder {
  #capacity = 0;
  #limits: QueueLimits = DEFAULT_LIMITS;
  #port: WitnessedPort | undefined;
  #drainNs = DRAIN_NS;
  #pollEveryNs = POLL_EVERY_NS;

  capacitySectors(sectors: number): this {
    if (!Number.isSafeInteger(sectors) || sectors < 0)
      throw new LabError('EINVAL', `a capacity of ${sectors} sectors; it takes a whole number from 0`);
    this.#capacity = sectors;
    return this;
  }

  /** Throws EINVAL for a size that is no power of two from 512 to a page. */
  logicalBlockBytes(bytes: number): this {
    return this.limits({
      logicalBlockBytes: bytes,
      physicalBlockBytes: Math.max(bytes, this.#limits.physicalBlockBytes),
    });
  }

  physicalBlockBytes(bytes: number): this {
    return this.limits({ physicalBlockBytes: bytes });
  }

  rotational(rotational: boolean): this {
    return this.limits({ rotational });
  }

  limits(limits: Partial<QueueLimits>): this {
    const all = { ...this.#limits, ...limits };
    checkLimits(all);
    this.#limits = all;
    return this;
  }

  /** The port its driver uses: what passes there is what the driver is measured by. */
  port(port: WitnessedPort): this {
    this.#port = port;
    return this;
  }

  drainNs(ns: number): this {
    this.#drainNs = ns;
    return this;
  }

  pollEveryNs(ns: number): this {
    this.#pollEveryNs = ns;
    return this;
  }

  /** Adds the disk as the first free of `nullb0`, `nullb1`...; it goes when the module is unloaded. */
  build<H>(prefix: string, tagSet: TagSet, operations: Operations<H>, kernel: DiskGround): GenDisk<H> {
    const of = {
      capacity: this.#capacity,
      limits: this.#limits,
      drainNs: this.#drainNs,
      pollEveryNs: this.#pollEveryNs,
    };
    for (let index = 0; ; index++) {
      const disk = new GenDisk(`${prefix}${index}`, { ...of, port: this.#port, tagSet, operations, kernel });
      try {
        kernel.onExit(() => disk.remove());
        kernel.addDisk(disk);
        return disk;
      } catch (thrown) {
        if (!(thrown instanceof LabError && thrown.code === 'EEXIST') || index > 255) throw thrown;
      }
    }
  }
}
