/** The null block device's attributes: those of Linux null_blk and of rnull, by their kernel names. */
import { type Attribute, type AttributeOptions, type Attributes, attribute } from '#regmap/attributes.ts';

/** Torvalds' tree of early 2026. */
const MAIN = 'Linux drivers/block/null_blk/main.c';
const ZONED = 'Linux drivers/block/null_blk/zoned.c';
const FAULT = 'Linux lib/fault-inject.c';
const RNULL = 'Linux drivers/block/rnull/configfs.rs';

const uint = (initially: number, doc: string, of: AttributeOptions = {}, source = MAIN): Attribute =>
  attribute('uint', String(initially), doc, source, of);
const ulong = (initially: number, doc: string, of: AttributeOptions = {}, source = MAIN): Attribute =>
  attribute('ulong', String(initially), doc, source, of);
const bool = (initially: boolean, doc: string, of: AttributeOptions = {}, source = MAIN): Attribute =>
  attribute('bool', initially ? '1' : '0', doc, source, of);

const INJECTORS = {
  timeout: 'A request is started and never answered; the block layer ends it with TIMEOUT after 5 s',
  requeue: 'A request is sent back: RESOURCE, and the block layer tries again',
  init_hctx: 'A hardware queue fails to come up: power on fails with EFAULT, a live resize with ENOMEM',
} as const;
export type InjectorName = keyof typeof INJECTORS;
export const INJECTOR_NAMES = Object.keys(INJECTORS) as readonly InjectorName[];

/** Directory of each injector in configfs. */
export const INJECTOR_GROUP: Readonly<Record<InjectorName, string>> = {
  timeout: 'timeout_inject',
  requeue: 'requeue_inject',
  init_hctx: 'init_hctx_fault_inject',
};

const injectors = (): Record<string, Attribute> =>
  Object.fromEntries(
    INJECTOR_NAMES.flatMap((name): [string, Attribute][] => {
      const group = INJECTOR_GROUP[name];
      const live = { live: true };
      return [
        [
          name,
          attribute('text', '', `${INJECTORS[name]}; sets all of ${group} at once`, MAIN, {
            range: 'interval,probability,space,times',
            live: true,
            module: name,
          }),
        ],
        [
          `${group}/probability`,
          uint(0, `${name}: chance of a hit`, { ...live, unit: '%', range: '0 to 100; 0 is off' }, FAULT),
        ],
        [`${group}/interval`, uint(1, `${name}: only every Nth event can be a hit`, live, FAULT)],
        [
          `${group}/space`,
          attribute('int', '0', `${name}: so many events go by first`, FAULT, {
            ...live,
            range: '0 to 2147483647; counts down',
          }),
        ],
        [
          `${group}/times`,
          attribute('int', '1', `${name}: hits that are left; -1 is no limit`, FAULT, {
            ...live,
            range: '-1 to 2147483647; counts down',
          }),
        ],
        [
          `${group}/verbose`,
          uint(0, `${name}: a hit is a line in the kernel log`, { ...live, range: '0 is silent' }, FAULT),
        ],
      ];
    }),
  );

/** Names as configfs has them; `module` is the module parameter that gives the default. */
export const NULL_BLK_ATTRIBUTES = {
  power: bool(false, 'Powers the device on and off; off drops the write cache and keeps stored data', { live: true }),
  index: uint(0, 'Index of the disk, meaningful after power on'),
  size: ulong(256_000, 'Capacity', { unit: 'MiB', module: 'gb', range: '1 to 8589934592' }),
  blocksize: uint(512, 'Logical and physical block size', {
    unit: 'bytes',
    module: 'bs',
    range: 'a power of two, 512 to 4096',
  }),
  queue_mode: uint(2, '0 bio, 1 request, 2 multiqueue; only 2 is left: 0 becomes 2, 1 is EINVAL', {
    module: 'queue_mode',
    range: '0 or 2',
  }),
  irqmode: uint(1, 'How a request completes: 0 inline, 1 soft interrupt, 2 timer', {
    module: 'irqmode',
    range: '0 to 2; more becomes 2',
  }),
  completion_nsec: ulong(10_000, 'Time from the data to the completion, with irqmode 2; not on poll queues', {
    unit: 'ns',
    module: 'completion_nsec',
  }),
  submit_queues: uint(1, 'Hardware queues with interrupts', {
    module: 'submit_queues',
    live: true,
    range: '1 to the number of CPUs; off: 0 becomes 1, more is clamped; live: EINVAL',
  }),
  poll_queues: uint(1, 'Hardware queues that answer when polled', {
    module: 'poll_queues',
    live: true,
    range: '0 to the module parameter; off: more is clamped; live: EINVAL',
  }),
  hw_queue_depth: uint(64, 'Tags of a hardware queue', {
    module: 'hw_queue_depth',
    range: '1 to 10240; more is clamped',
  }),
  home_node: uint(0xffffffff, 'NUMA node of the memory; 4294967295 is none', { module: 'home_node' }),
  use_per_node_hctx: bool(false, 'One hardware queue a NUMA node, whatever submit_queues says', {
    module: 'use_per_node_hctx',
  }),
  no_sched: bool(false, 'No I/O scheduler unless one is chosen', { module: 'no_sched' }),
  blocking: bool(false, 'Requests may sleep; on with memory_backed', { module: 'blocking' }),
  shared_tags: bool(false, 'One tag set for all such devices, sized by the module parameters', {
    module: 'shared_tags',
  }),
  shared_tag_bitmap: bool(false, 'One set of tags across the hardware queues of the device', {
    module: 'shared_tag_bitmap',
  }),
  max_sectors: uint(0, 'Largest request; 0 leaves 2560 *', { unit: 'sectors', module: 'max_sectors' }),
  virt_boundary: bool(false, 'Segments may not cross a page', { module: 'virt_boundary' }),
  rotational: bool(false, 'Says that the medium turns', { module: 'rotational' }),
  memory_backed: bool(false, 'Keeps what is written, in memory; else writes go nowhere and reads leave the buffer', {
    module: 'memory_backed',
  }),
  discard: bool(false, 'Discard support; dropped without memory_backed and with zoned', { module: 'discard' }),
  cache_size: ulong(0, 'Volatile write-back cache; dropped without memory_backed', {
    unit: 'MiB',
    module: 'cache_size',
    range: '0 to 17592186044415; more is clamped',
  }),
  fua: bool(true, 'Offers FUA; only with a cache', { module: 'fua' }),
  mbps: uint(0, 'Bandwidth limit, in ticks of 20 ms; 0 is none', {
    unit: 'MiB/s',
    module: 'mbps',
    range: '0 to 40960; more is clamped',
  }),
  badblocks: attribute(
    'text',
    '',
    'Marks sectors bad or good again; reads as a line of start and length a range',
    MAIN,
    {
      range: '+start-end or -start-end, sectors, both inclusive',
      live: true,
    },
  ),
  badblocks_once: bool(false, 'A hit heals the bad range: the next try succeeds'),
  badblocks_partial_io: bool(false, 'Data before the first bad block is transferred, though the request fails'),
  zoned: bool(false, 'Host-managed zoned device', { module: 'zoned' }, ZONED),
  zone_size: ulong(
    256,
    'Length of a zone',
    { unit: 'MiB', module: 'zone_size', range: 'a power of two, 1 to size' },
    ZONED,
  ),
  zone_capacity: ulong(
    0,
    'Usable part of a zone; 0 is all of it',
    { unit: 'MiB', module: 'zone_capacity', range: '0 to zone_size' },
    ZONED,
  ),
  zone_nr_conv: uint(
    0,
    'Conventional zones, at the start',
    { module: 'zone_nr_conv', range: '0 to the zones less one; more is clamped' },
    ZONED,
  ),
  zone_max_open: uint(
    0,
    'Most open zones; 0 is no limit',
    { module: 'zone_max_open', range: '0 to zone_max_active; as many as there are zones is no limit' },
    ZONED,
  ),
  zone_max_active: uint(
    0,
    'Most open and closed zones; 0 is no limit',
    { module: 'zone_max_active', range: '0 and up; as many as there are zones is no limit' },
    ZONED,
  ),
  zone_append_max_sectors: uint(
    0x7fffffff,
    'Largest append; 0 is no append',
    { unit: 'sectors', module: 'zone_append_max_sectors', range: 'clamped to the zone capacity' },
    ZONED,
  ),
  zone_full: bool(false, 'Sequential zones start full', { module: 'zone_full' }, ZONED),
  zone_readonly: attribute('ulong', '', 'The zone of this sector becomes read-only; once more and it is empty', ZONED, {
    unit: 'sector',
    access: 'wo',
    live: true,
    range: 'a sector of a sequential zone',
  }),
  zone_offline: attribute('ulong', '', 'The zone of this sector goes offline; once more and it is empty', ZONED, {
    unit: 'sector',
    access: 'wo',
    live: true,
    range: 'a sector of a sequential zone',
  }),
  features: attribute('text', '', 'Names of all attributes', MAIN, { access: 'ro' }),
  ...injectors(),
} as const satisfies Attributes;

export const RNULL_ATTRIBUTES = {
  power: bool(false, 'Powers the device on and off', { live: true }, RNULL),
  blocksize: attribute('u32', '4096', 'Logical and physical block size', RNULL, {
    unit: 'bytes',
    range: 'a power of two, 512 to 4096, decimal',
  }),
  rotational: bool(false, 'Says that the medium turns', {}, RNULL),
  size: attribute('u64', '4096', 'Capacity', RNULL, { unit: 'MiB', range: '1 to 8589934592, decimal' }),
  irqmode: attribute('u32', '0', 'How a request completes: 0 inline, 1 soft interrupt', RNULL, { range: '0 or 1' }),
  features: attribute('text', 'blocksize,size,rotational,irqmode', 'Names of the attributes', RNULL, { access: 'ro' }),
} as const satisfies Attributes;

/** Module parameters of null_blk that are no attribute's default under their own name. */
export const NULL_BLK_MODULE_ONLY = {
  nr_devices: uint(1, 'Devices made when the module is loaded', { module: 'nr_devices' }),
  gb: attribute('int', '250', 'Capacity', MAIN, { unit: 'GiB', module: 'gb' }),
  bs: attribute('int', '512', 'Block size; more than a page is clamped', MAIN, { unit: 'bytes', module: 'bs' }),
} as const satisfies Attributes;

/** Numbers of the device that no attribute changes. */
export const NULL_BLK = {
  pageBytes: 4096,
  /** Throttle: budgets a second. Source: null_blk main.c, TICKS_PER_SEC. */
  throttleTicksPerSecond: 50,
  throttleMaxMbps: 40_960,
  /** Tag set timeout. Source: null_blk main.c. */
  timeoutNs: 5e9,
  /** Longest wait before a request that found no resource is tried again. Source: Linux block/blk-mq.c, BLK_MQ_RESOURCE_DELAY. */
  resourceDelayNs: 3e6,
  /** Source: Linux block/blk-mq.h, BLK_MQ_MAX_DEPTH. */
  maxDepth: 10_240,
  /** Source: Linux block/blk.h, BLK_DEF_MAX_SECTORS_CAP; which default applies differs between versions. */
  defaultMaxSectors: 2560,
  /** Source: null_blk main.c, UINT_MAX >> 9. */
  maxDiscardSectors: 8_388_607,
  /** Pages that one round of cache eviction writes back. Source: null_blk main.c, FREE_BATCH. */
  evictionPages: 16,
  /** The table of bad blocks is a page of 64-bit entries. Source: Linux include/linux/badblocks.h. */
  badEntries: 512,
  badEntrySectors: 512,
  rnullQueueDepth: 256,
  /** Largest device whose byte offsets a double holds exactly.. */
  maxSizeMib: 2 ** 33,
} as const;

/** Zone descriptors are 64 bytes. Source: Linux include/uapi/linux/blkzoned.h, struct blk_zone. */
export const ZONE_DESCRIPTOR_BYTES = 64;
export const ZONE_TYPE = { conventional: 1, sequential: 2 } as const;
export const ZONE_COND = {
  NOT_WP: 0x0,
  EMPTY: 0x1,
  IMP_OPEN: 0x2,
  EXP_OPEN: 0x3,
  CLOSED: 0x4,
  READONLY: 0xd,
  FULL: 0xe,
  OFFLINE: 0xf,
} as const;
export type ZoneCondName = keyof typeof ZONE_COND;
export const ZONE_COND_NAMES: Readonly<Record<number, ZoneCondName>> = Object.fromEntries(
  Object.entries(ZONE_COND).map(([name, code]) => [code, name as ZoneCondName]),
);
