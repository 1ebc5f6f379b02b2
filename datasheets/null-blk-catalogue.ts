/** What can go wrong with a null block device on purpose, beyond what the kernel's own injects, and what a person can do to it. */
import { action } from '#regmap/actions.ts';
import { number, oneOf, onOff } from '#regmap/params.ts';

const DELAY = 'nbdkit-delay-filter; SPDK bdev delay';
const ERROR = 'nbdkit-error-filter; SPDK bdev error';
const EVIL = 'nbdkit-evil-filter';
const LAB = 'nobody offers it: ours';

/** Which operations a fault strikes. */
export const FAULT_OPS = ['any', 'read', 'write', 'flush', 'discard', 'write_zeroes', 'zone'] as const;
export type FaultOp = (typeof FAULT_OPS)[number];
export const LATENCY_SHAPES = ['fixed', 'uniform', 'normal', 'long-tail'] as const;
export type LatencyShape = (typeof LATENCY_SHAPES)[number];
/** Statuses a request can end with, other than OK. */
export const FAULT_STATUSES = [
  'IOERR',
  'MEDIUM',
  'NOSPC',
  'TARGET',
  'TRANSPORT',
  'TIMEOUT',
  'PROTECTION',
  'NOTSUPP',
  'RESV_CONFLICT',
  'RESOURCE',
  'DEV_RESOURCE',
  'AGAIN',
  'OFFLINE',
  'DURATION_LIMIT',
  'INVAL',
] as const;
export type FaultStatus = (typeof FAULT_STATUSES)[number];

const op = oneOf('Operations it strikes', FAULT_OPS, 'any');
const percent = (initially: number) =>
  number('Chance for each request', { min: 0, max: 100, default: initially, unit: '%' });
const nth = number('Strikes every Nth request instead of by chance; 0 is by chance', {
  min: 0,
  max: 1e9,
  default: 0,
  whole: true,
});
const times = number('Strikes left; 0 is no limit', { min: 0, max: 1e9, default: 0, whole: true });
const sectorLimit = 2 ** 44;
const range = {
  first: number('First sector it strikes', { min: 0, max: sectorLimit, default: 0, whole: true }),
  last: number('Last sector it strikes', { min: 0, max: sectorLimit, default: sectorLimit, whole: true }),
};

export const NULLB_FAULTS = {
  latency: action('latency', 'Answers come late, by a distribution', DELAY, {
    op,
    shape: oneOf('Distribution', LATENCY_SHAPES, 'fixed'),
    us: number('Fixed value, least of uniform, mean of normal, body of long-tail', {
      min: 0,
      max: 60e6,
      default: 1000,
      unit: 'us',
    }),
    spread_us: number('Width of uniform, standard deviation of normal', {
      min: 0,
      max: 60e6,
      default: 100,
      unit: 'us',
    }),
    tail_us: number('Mean of the tail that long-tail adds', { min: 0, max: 60e6, default: 20_000, unit: 'us' }),
    tail_percent: number('Requests of long-tail that are in the tail', { min: 0, max: 100, default: 1, unit: '%' }),
  }),
  error: action('errors', 'Requests end with a status of your choice and move no data', ERROR, {
    op,
    status: oneOf('How they end', FAULT_STATUSES, 'IOERR'),
    percent: percent(100),
    nth,
    times,
    ...range,
  }),
  'torn-write': action('torn write', 'Only the beginning of a write reaches the medium', LAB, {
    percent: percent(100),
    nth,
    times,
    boundary: oneOf('Where it tears', ['sector', 'byte'], 'sector'),
    answer: oneOf('What the device says', ['OK', 'IOERR'], 'OK'),
  }),
  'bit-rot': action('bit rot', 'Bits of what is read are flipped, the status is OK', EVIL, {
    percent: percent(100),
    nth,
    times,
    bits: number('Bits flipped in one read', { min: 1, max: 4096, default: 1, whole: true }),
    stays: onOff('The medium itself is damaged: the next read shows it too'),
    ...range,
  }),
  reorder: action('reordering', 'Answers are held back and given out of order', LAB, {
    window: number('Answers gathered and shuffled', { min: 2, max: 1024, default: 8, whole: true }),
    hold_us: number('Longest time one is held', { min: 1, max: 10e6, default: 1000, unit: 'us' }),
  }),
  'drop-completion': action(
    'lost completion',
    'The work is done, the answer never comes',
    `${LAB}; SPDK bdev error, pending`,
    {
      op,
      percent: percent(100),
      nth,
      times,
    },
  ),
  'duplicate-completion': action('duplicated completion', 'The answer comes twice', LAB, {
    op,
    percent: percent(100),
    nth,
    times,
    gap_us: number('Time between the two', { min: 0, max: 60e6, default: 0, unit: 'us' }),
  }),
  disconnect: action(
    'disconnect',
    'The cable is out: the device is gone from its bus, NBD clients are cut off, it comes back when cleared',
    'blktests nbd/003; nbdkit',
    {},
  ),
  'read-only': action(
    'read-only',
    'Worn out: the device says it is read-only, what would write ends with an error',
    LAB,
    {
      status: oneOf('How it ends', FAULT_STATUSES, 'MEDIUM'),
    },
  ),
  resize: action('resize', 'The capacity changes under the driver', 'blktests nbd/001; SPDK bdev null resize', {
    size_mib: number('New capacity', { min: 1, max: 2 ** 33, default: 64, whole: true, unit: 'MiB' }),
  }),
} as const;
export type NullbFault = keyof typeof NULLB_FAULTS;

export const NULLB_CONTROLS = {
  'power-cut': action('power cut', 'Power fails now: cached writes and answers on their way are lost', 'physics', {
    survives: number('Cached sectors that had reached the medium by chance', {
      min: 0,
      max: 100,
      default: 0,
      unit: '%',
    }),
  }),
  'power-on': action('power on', 'Power comes back; stored data are there', 'physics', {}),
  'flush-cache': action(
    'flush cache',
    'Writes the volatile cache to the medium',
    'Linux drivers/block/null_blk/main.c',
    {},
  ),
  'clear-badblocks': action('heal', 'Forgets every bad block', 'Linux drivers/block/null_blk/main.c', {}),
  erase: action(
    'erase',
    'Forgets all stored data, as rmdir and mkdir would',
    'Linux drivers/block/null_blk/main.c',
    {},
  ),
  'reset-counters': action('reset counters', 'Counts and latencies start again from zero', LAB, {}),
} as const;
