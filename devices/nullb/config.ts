/** From attributes to a configuration: what power on checks, clamps and refuses, as null_blk and rnull do. */
import { NULL_BLK } from '#datasheets/null-blk.ts';
import { type Compat, refuse, Settings } from './settings.ts';
import { type ZoneLayout, zoneLayout } from './zone-layout.ts';

export type Personality = 'null_blk' | 'rnull';
export interface Config {
  readonly capacitySectors: number;
  readonly blockBytes: number;
  readonly irq: 'none' | 'soft' | 'timer';
  readonly completionNs: number;
  readonly submitQueues: number;
  readonly pollQueues: number;
  readonly queueDepth: number;
  readonly sharedTags: boolean;
  readonly sharedTagBitmap: boolean;
  readonly maxSectors: number;
  readonly virtBoundary: boolean;
  readonly rotational: boolean;
  readonly memoryBacked: boolean;
  readonly discard: boolean;
  readonly cacheBytes: number;
  readonly fua: boolean;
  readonly throttleMbps: number;
  readonly badblocksOnce: boolean;
  readonly badblocksPartial: boolean;
  readonly zones: ZoneLayout | null;
}

/** The machine that the device is in. */
export interface Machine {
  readonly cpus: number;
  readonly nodes: number;
  /** Module parameters that size what all devices share. */
  readonly module: { readonly submitQueues: number; readonly pollQueues: number; readonly queueDepth: number };
}

export interface Resolved {
  readonly config: Config;
  /** Attributes that read otherwise from now on. */
  readonly changed: Readonly<Record<string, string>>;
  /** Lines for the kernel log, one for each change. */
  readonly notes: readonly string[];
}

const MIB = 2 ** 20;
const SECTORS_PER_MIB = MIB / 512;

/** Throws with the errno that power on would return. */
export const resolve = (
  values: Readonly<Record<string, string>>,
  personality: Personality,
  compat: Compat,
  machine: Machine,
): Resolved => {
  const settings = new Settings(values, compat);
  const config = personality === 'rnull' ? rnull(settings) : nullBlk(settings, machine);
  return { config, changed: settings.changed, notes: settings.notes };
};

/** Source: null_blk main.c, null_validate_conf and null_add_dev. */
const nullBlk = (settings: Settings, machine: Machine): Config => {
  const mode = settings.number('queue_mode');
  if (mode === 1) throw refuse('queue_mode', '1', 'legacy requests are gone, it takes 2');
  if (mode !== 2) settings.change('queue_mode', 2, 'only multiqueue is left');
  queues(settings, machine);
  if (settings.number('irqmode') > 2) settings.change('irqmode', 2, 'there are 0, 1 and 2');
  const memoryBacked = settings.flag('memory_backed');
  if (memoryBacked) settings.imply('blocking', 1, 'taking memory may sleep');
  else settings.change('cache_size', 0, 'a cache needs memory_backed');
  const cacheLimit = 17_592_186_044_415;
  if (settings.number('cache_size') > cacheLimit) settings.change('cache_size', cacheLimit, 'no more bytes fit');
  if (settings.number('mbps') > NULL_BLK.throttleMaxMbps)
    settings.change('mbps', NULL_BLK.throttleMaxMbps, 'this is the most');
  const zoned = settings.flag('zoned');
  if (!memoryBacked) settings.change('discard', 0, 'discard needs memory_backed');
  else if (zoned) settings.change('discard', 0, 'a zoned device has resets instead');
  const blockBytes = blockSize(settings.number('blocksize'));
  const sizeMib = capacity(settings.number('size'));
  const depth = settings.number('hw_queue_depth');
  if (depth === 0) throw refuse('hw_queue_depth', '0', 'a queue has one tag at least');
  if (depth > NULL_BLK.maxDepth) settings.change('hw_queue_depth', NULL_BLK.maxDepth, 'this is the most');
  const sharedTags = settings.flag('shared_tags');
  const cacheBytes = settings.number('cache_size') * MIB;
  return {
    capacitySectors: sizeMib * SECTORS_PER_MIB,
    blockBytes,
    irq: (['none', 'soft', 'timer'] as const)[settings.number('irqmode')] ?? 'timer',
    completionNs: settings.number('completion_nsec'),
    submitQueues: sharedTags ? machine.module.submitQueues : settings.number('submit_queues'),
    pollQueues: sharedTags ? machine.module.pollQueues : settings.number('poll_queues'),
    queueDepth: sharedTags ? machine.module.queueDepth : settings.number('hw_queue_depth'),
    sharedTags,
    sharedTagBitmap: settings.flag('shared_tag_bitmap'),
    maxSectors: largestRequest(settings.number('max_sectors'), blockBytes),
    virtBoundary: settings.flag('virt_boundary'),
    rotational: settings.flag('rotational'),
    memoryBacked,
    discard: settings.flag('discard'),
    cacheBytes,
    fua: cacheBytes > 0 && settings.flag('fua'),
    throttleMbps: settings.number('mbps'),
    badblocksOnce: settings.flag('badblocks_once'),
    badblocksPartial: settings.flag('badblocks_partial_io'),
    zones: zoned ? zoneLayout(settings, sizeMib, blockBytes) : null,
  };
};

const queues = (settings: Settings, { cpus, nodes, module }: Machine): void => {
  const asked = settings.number('submit_queues');
  if (settings.flag('use_per_node_hctx')) settings.imply('submit_queues', nodes, 'one a NUMA node');
  else if (asked > cpus) settings.change('submit_queues', cpus, `there are ${cpus} CPUs`);
  else if (asked === 0) settings.change('submit_queues', 1, 'there is one at least');
  if (settings.number('poll_queues') > module.pollQueues)
    settings.change('poll_queues', module.pollQueues, 'the module parameter poll_queues is the most');
};

/** Source: rnull.rs: one queue of 256 tags, nothing kept. */
const rnull = (settings: Settings): Config => ({
  capacitySectors: capacity(settings.number('size')) * SECTORS_PER_MIB,
  blockBytes: blockSize(settings.number('blocksize')),
  irq: settings.number('irqmode') === 0 ? 'none' : 'soft',
  completionNs: 0,
  submitQueues: 1,
  pollQueues: 0,
  queueDepth: NULL_BLK.rnullQueueDepth,
  sharedTags: false,
  sharedTagBitmap: false,
  maxSectors: largestRequest(0, settings.number('blocksize')),
  virtBoundary: false,
  rotational: settings.flag('rotational'),
  memoryBacked: false,
  discard: false,
  cacheBytes: 0,
  fua: false,
  throttleMbps: 0,
  badblocksOnce: false,
  badblocksPartial: false,
  zones: null,
});

/** Source: Linux block/blk-settings.c, blk_validate_block_size. */
export const isBlockSize = (bytes: number): boolean =>
  bytes >= 512 && bytes <= NULL_BLK.pageBytes && Number.isInteger(Math.log2(bytes));

const blockSize = (bytes: number): number => {
  if (!isBlockSize(bytes)) throw refuse('blocksize', String(bytes), 'it takes a power of two from 512 to 4096');
  return bytes;
};

const capacity = (mib: number): number => {
  if (mib < 1 || mib > NULL_BLK.maxSizeMib)
    throw refuse('size', `${mib} MiB`, `it takes 1 to ${NULL_BLK.maxSizeMib} MiB`);
  return mib;
};

/** Whole blocks, at least one. */
const largestRequest = (asked: number, blockBytes: number): number => {
  const blockSectors = blockBytes / 512;
  const sectors = asked === 0 ? NULL_BLK.defaultMaxSectors : asked;
  return Math.max(blockSectors, sectors - (sectors % blockSectors));
};
