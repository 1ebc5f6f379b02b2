/** What a bus fault can do to an access: the catalogue that command line, scenarios, page and documents list. */
import { type Action, action } from '#regmap/actions.ts';
import { number, oneOf, onOff, type Settings } from '#regmap/params.ts';
import { BLOCK_STATUSES } from '../block.ts';

const OURS = 'ours';
const NS_MAX_US = 3_600_000_000;

export const BUS_FAULTS = {
  delay: action('delay', 'The access waits before it takes effect; on MDIO and MMIO the bus waits with it', OURS, {
    us: number('How long', { min: 0, max: NS_MAX_US, default: 1000, unit: 'us' }),
    spread_us: number('Uniform: at most so much more or less. Normal: the standard deviation', {
      min: 0,
      max: NS_MAX_US,
      default: 0,
      unit: 'us',
    }),
    distribution: oneOf('How the time varies', ['fixed', 'uniform', 'normal'], 'fixed'),
  }),
  drop: action(
    'drop',
    'The access never arrives: a read finds nobody (all ones), a write changes nothing, a block request is never answered',
    OURS,
    {},
  ),
  duplicate: action(
    'duplicate',
    'The access takes effect twice, with its side effects; the first read is answered; a block answer comes twice',
    OURS,
    {},
  ),
  reorder: action(
    'reorder',
    'A write, or a block request, takes effect after the next access of the device; reads cannot be overtaken',
    OURS,
    {
      wait_us: number('At most so long when no other access comes', {
        min: 1,
        max: NS_MAX_US,
        default: 10_000,
        unit: 'us',
      }),
    },
  ),
  error: action('error', 'The bus fails: the driver gets an error and the device sees nothing', OURS, {
    status: oneOf('What a block request ends with; other buses fail with EIO', BLOCK_STATUSES, 'IOERR'),
  }),
  'all-ones': action('all ones', 'Every bit of the value reads, or is written, as one', OURS, {}),
  'wrong-value': action('wrong value', 'Another value than the one that was sent', OURS, {
    value: number('The value; cut to the width of the access', { min: 0, max: 0xffffffff, default: 0, whole: true }),
    random: onOff('Draw it each time instead'),
  }),
  'stuck-bit': action('stuck bit', 'One data line does not move', OURS, {
    bit: number('Which', { min: 0, max: 31, default: 0, whole: true }),
    level: number('At what', { min: 0, max: 1, default: 0, whole: true }),
  }),
  'bit-flip': action('bit flip', 'Noise: one bit is wrong', OURS, {
    bit: number('Which; -1 draws it each time', { min: -1, max: 31, default: -1, whole: true }),
  }),
  'lost-address': action(
    'lost address frame',
    'MDIO: the address frame is lost, so the access hits what the address register of the MMD held before',
    'IEEE 802.3, 45.3',
    {},
  ),
  turnaround: action(
    'turnaround error',
    'MDIO: the second turnaround bit of a read is not driven low, as if nobody answered; the data bits come',
    'IEEE 802.3, 45.3.5',
    {},
  ),
  disconnect: action('disconnect', 'The connector is out: from this access on nobody answers', OURS, {
    ms: number('Until it is in again; 0: until the fault is switched off', {
      min: 0,
      max: 3_600_000,
      default: 0,
      unit: 'ms',
    }),
  }),
} as const satisfies Readonly<Record<string, Action>>;

export type BusFaultKind = keyof typeof BUS_FAULTS;
export const BUS_FAULT_KINDS = Object.keys(BUS_FAULTS) as readonly BusFaultKind[];

/** One kind with its parameters, checked. */
export type Effect = {
  readonly [K in BusFaultKind]: { readonly kind: K; readonly params: Settings<(typeof BUS_FAULTS)[K]['params']> };
}[BusFaultKind];

/** Effects that only one bus knows. */
export const ONLY_MDIO: ReadonlySet<BusFaultKind> = new Set(['lost-address', 'turnaround']);
