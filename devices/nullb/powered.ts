/** A null block device with power on: its configuration and everything that is made anew each time. */
import type { BlockIdentity, BlockStatus } from '#bus/block.ts';
import type { Clock } from '#bus/clock.ts';
import type { BadBlocks } from './bad-blocks.ts';
import type { Config } from './config.ts';
import type { Counters } from './counters.ts';
import { Front } from './front.ts';
import type { Injectors } from './injectors.ts';
import type { Medium } from './medium.ts';
import { Operations } from './operations.ts';
import { type Answered, Queues } from './queues.ts';
import type { SharedTags } from './shared-tags.ts';
import type { Strikes } from './strikes.ts';
import { Throttle } from './throttle.ts';
import { Zones } from './zones.ts';

export interface PoweredParts {
  readonly clock: Clock;
  readonly medium: Medium;
  readonly badBlocks: BadBlocks;
  readonly strikes: Strikes;
  readonly counters: Counters;
  readonly injectors: Injectors;
  readonly tags: SharedTags;
  readonly nothing: boolean;
  readonly strict: boolean;
  /** A fault says otherwise than the configuration; undefined: none does. */
  readonly capacitySectors: () => number | undefined;
  readonly readOnly: () => BlockStatus | undefined;
  readonly log: (text: string) => void;
  readonly answered: (request: Answered) => void;
}

export class Powered {
  readonly config: Config;
  readonly zones: Zones | null;
  readonly throttle: Throttle;
  readonly queues: Queues;
  readonly front: Front;
  readonly #parts: PoweredParts;

  constructor(config: Config, parts: PoweredParts) {
    const { clock, medium, strict } = parts;
    this.config = config;
    this.#parts = parts;
    this.throttle = new Throttle(strict);
    this.throttle.start(config.throttleMbps, clock.now());
    this.zones =
      config.zones === null
        ? null
        : new Zones(config.zones, (sector, sectors) => medium.discard(sector * 512, sectors * 512));
    const operations = new Operations({
      ...parts,
      config,
      zones: this.zones,
      capacitySectors: () => this.capacitySectors,
    });
    this.queues = new Queues({
      ...parts,
      config,
      operations,
      throttle: this.throttle,
      tags: config.sharedTags ? parts.tags : null,
      tagFreed: () => this.front.wake(),
    });
    this.front = new Front({
      clock,
      submit: (command, answer) => this.queues.submit(command, answer, false),
      depth: config.queueDepth * (config.sharedTagBitmap ? 1 : config.submitQueues),
      queues: () => this.queues.submitQueues,
      maxSectors: config.maxSectors,
      chunkSectors: config.zones?.zoneSectors ?? 0,
      throttledUntil: () => (this.throttle.refusing ? this.throttle.retryAt(clock.now()) : undefined),
    });
  }

  get capacitySectors(): number {
    return this.#parts.capacitySectors() ?? this.config.capacitySectors;
  }

  /** Nothing stands between a request and its data but, perhaps, memory. */
  get unhindered(): boolean {
    const { badBlocks, injectors } = this.#parts;
    return (
      this.zones === null &&
      this.config.irq !== 'timer' &&
      !this.throttle.on &&
      badBlocks.idle &&
      injectors.idle &&
      !this.config.sharedTags
    );
  }

  identity(): BlockIdentity {
    const { config, queues } = this;
    const zones = config.zones;
    const features: BlockIdentity['features'][number][] = [];
    if (config.cacheBytes > 0) features.push('flush');
    if (config.fua) features.push('fua');
    if (config.discard) features.push('discard');
    // Linux offers no write_zeroes here and writes pages of zeroes instead; the device would take it
    if (this.#parts.strict && config.memoryBacked) features.push('write_zeroes');
    if (zones !== null) features.push('zoned');
    return {
      capacitySectors: this.capacitySectors,
      blockBytes: config.blockBytes,
      readOnly: this.#parts.readOnly() !== undefined,
      rotational: config.rotational,
      features,
      submitQueues: queues.submitQueues,
      pollQueues: queues.pollQueues,
      queueDepth: config.queueDepth,
      sharedTags: config.sharedTags || config.sharedTagBitmap,
      maxSectors: config.maxSectors,
      virtBoundary: config.virtBoundary,
      zoned:
        zones === null
          ? null
          : {
              zoneSectors: zones.zoneSectors,
              zones: zones.zones,
              conventional: zones.conventional,
              maxOpen: zones.maxOpen,
              maxActive: zones.maxActive,
              maxAppendSectors: zones.maxAppendSectors,
            },
    };
  }
}
