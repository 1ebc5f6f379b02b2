/** What a panic screen is told when its module is loaded: parameters with the kernel's names, and a few of our own. */
import { LabError } from '#bus/errors.ts';
import { number, oneOf, onOff, type Settings, settle, text } from '#regmap/params.ts';

export const PANIC_PARAMS = {
  panic_screen: oneOf('What a panic shows', ['user', 'kmsg', 'qr_code'], 'qr_code'),
  panic_qr_url: text('Address the code opens, the log behind it; empty puts plain log text in the code', '', 160),
  panic_qr_version: number('Largest QR version whose capacity is used', { min: 1, max: 40, default: 40, whole: true }),
  panic_qr_encoding: oneOf('Digits behind the address: z since Linux 6.15, zl before', ['z', 'zl'], 'z'),
  panic_qr_min_scale: number('Fewest pixels of a module; a code that would have fewer is not drawn', {
    min: 1,
    max: 16,
    default: 2,
    unit: 'px',
    whole: true,
  }),
  panic_qr_fit: onOff(
    'Take a smaller version, and so fewer lines, where the screen is too small for the largest',
    true,
  ),
  panic_qr_dense_below: number('Warn when a module has fewer pixels than this', {
    min: 1,
    max: 16,
    default: 3,
    unit: 'px',
    whole: true,
  }),
  panic_qr_parts: number('Codes shown in turn; with more than one, more of the log goes out', {
    min: 1,
    max: 16,
    default: 1,
    whole: true,
  }),
} as const;

export interface PanicIdentity {
  /** Of the machine, as `uname -m` says. */
  readonly machine: string;
  /** Of the kernel, as `uname -r` says. */
  readonly release: string;
}

export type PanicSettings = Settings<typeof PANIC_PARAMS>;

export const panicSettings = (given: Readonly<Record<string, unknown>> = {}): PanicSettings => {
  try {
    const settings = settle(PANIC_PARAMS, given);
    if (!/^[\x21-\x7e]*$/.test(settings.panic_qr_url))
      throw new RangeError(`panic_qr_url '${settings.panic_qr_url}': printable ASCII without spaces only`);
    return settings;
  } catch (thrown) {
    throw new LabError('EINVAL', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
  }
};

/** The kernel's buffer for an address. */
const MAX_URL_BYTES = 256;

/** The address up to the digits; empty when the code carries plain text. */
export const urlFor = (settings: PanicSettings, { machine, release }: PanicIdentity): string => {
  if (settings.panic_qr_url === '') return '';
  const part = settings.panic_qr_parts > 1 ? `&p=${PART_PLACES}` : '';
  const [a, v] = [encodeURIComponent(machine), encodeURIComponent(release)];
  const url = `${settings.panic_qr_url}?a=${a}&v=${v}${part}&${settings.panic_qr_encoding}=`;
  if (url.length > MAX_URL_BYTES)
    throw new LabError('EINVAL', `the address of the panic code is ${url.length} bytes; at most ${MAX_URL_BYTES}`);
  return url;
};

/** Part, of how many, of which stream (its Adler-32): written over when the panic knows them. */
export const PART_PLACES = '00.00.00000000';
