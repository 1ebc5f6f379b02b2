/** Declared attributes: settings of a device as configfs offers them, with the kernel's spellings and errnos. */

/** C types as their kernel parsers take them; `u32` and `u64` are Rust's, decimal only; `text` is parsed by its owner. */
export type AttributeType = 'int' | 'uint' | 'ulong' | 'bool' | 'u32' | 'u64' | 'text';
export type AttributeAccess = 'rw' | 'ro' | 'wo';

export interface Attribute {
  readonly type: AttributeType;
  readonly doc: string;
  /** As it reads when nothing was written. */
  readonly default: string;
  readonly unit: string;
  /** What it takes, in words. */
  readonly range: string;
  readonly access: AttributeAccess;
  /** May be written while the device is powered. */
  readonly live: boolean;
  /** Name of the module parameter that gives the default; null where there is none. */
  readonly module: string | null;
  readonly source: string;
}
export type Attributes = Readonly<Record<string, Attribute>>;

/** One attribute as a panel, a form or a command line shows it. */
export interface AttributeView extends Attribute {
  readonly name: string;
  /** Null: write-only. */
  readonly value: string | null;
  /** A write would be let in now. */
  readonly writable: boolean;
  /** Why not; empty when writable. */
  readonly reason: string;
}

export type AttributeOptions = Partial<Pick<Attribute, 'unit' | 'range' | 'access' | 'live' | 'module'>>;

/** One entry of a table of attributes. */
export const attribute = (
  type: AttributeType,
  initially: string,
  doc: string,
  source: string,
  { unit = '', range = RANGES[type], access = 'rw', live = false, module = null }: AttributeOptions = {},
): Attribute => ({ type, doc, default: initially, unit, range, access, live, module, source });

export type Parsed =
  | { readonly ok: true; readonly value: bigint | boolean | string; readonly text: string }
  | { readonly ok: false; readonly errno: 'EINVAL' | 'ERANGE'; readonly why: string };

/** Longest text one write takes: configfs hands a page over, with a closing zero. */
export const ATTRIBUTE_TEXT_LIMIT = 4095;

/** Takes what was written as the kernel's parser of that type would; `text` is how it reads afterwards. */
export const parseAttribute = (type: AttributeType, written: string): Parsed => {
  if (written.length > ATTRIBUTE_TEXT_LIMIT)
    return refused('EINVAL', `${written.length} characters, one write takes ${ATTRIBUTE_TEXT_LIMIT}`);
  switch (type) {
    case 'text': {
      const text = written.replace(/\n$/, '');
      return { ok: true, value: text, text };
    }
    case 'bool':
      return parseBool(written);
    case 'u32':
    case 'u64':
      return parseRust(type, written);
    default:
      return parseC(type, written);
  }
};

/** Every attribute's value at first, by name. */
export const defaultTexts = (attributes: Attributes): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).map(([name, { default: text }]) => [name, text]));

const RANGES: Readonly<Record<AttributeType, string>> = {
  int: '-2147483648 to 2147483647',
  uint: '0 to 4294967295',
  ulong: '0 to 18446744073709551615',
  bool: '0 or 1; y, n, on, off too',
  u32: '0 to 4294967295, decimal',
  u64: '0 to 18446744073709551615, decimal',
  text: 'text',
};

const LIMITS = {
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  uint: [0n, 2n ** 32n - 1n],
  ulong: [0n, 2n ** 64n - 1n],
  u32: [0n, 2n ** 32n - 1n],
  u64: [0n, 2n ** 64n - 1n],
} as const;

/** Source: Linux lib/kstrtox.c, _kstrtoull and its callers: one sign, 0x or 0 chooses the base, one newline may follow. */
const parseC = (type: 'int' | 'uint' | 'ulong', written: string): Parsed => {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\n?$/.exec(written);
  const sign = match?.[1];
  const digits = match?.[2];
  if (digits === undefined || (sign === '-' && type !== 'int'))
    return refused('EINVAL', `${quoted(written)} is no ${WORDS[type]}: decimal, 0x and hex, or 0 and octal`);
  const octal = /^0[0-7]+$/.test(digits);
  const size = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  return within(type, sign === '-' ? -size : size);
};

/** Source: core::str::FromStr for integers, as drivers/block/rnull/configfs.rs uses it: an overflow is EINVAL too. */
const parseRust = (type: 'u32' | 'u64', written: string): Parsed => {
  const match = /^\s*\+?([0-9]+)\s*$/.exec(written);
  if (match?.[1] === undefined) return refused('EINVAL', `${quoted(written)} is no ${type}: decimal digits only`);
  const parsed = within(type, BigInt(match[1]));
  return parsed.ok ? parsed : refused('EINVAL', parsed.why);
};

/** Source: Linux lib/kstrtox.c, kstrtobool: the first character decides, after an `o` the second. */
const parseBool = (written: string): Parsed => {
  const first = written.charAt(0).toLowerCase();
  const word = first === 'o' ? written.slice(0, 2).toLowerCase() : first;
  if (['y', 't', '1', 'on'].includes(word)) return { ok: true, value: true, text: '1' };
  if (['n', 'f', '0', 'of'].includes(word)) return { ok: true, value: false, text: '0' };
  return refused('EINVAL', `${quoted(written)} is no bool: 0, 1, y, n, on, off`);
};

const within = (type: keyof typeof LIMITS, value: bigint): Parsed => {
  const [min, max] = LIMITS[type];
  return value < min || value > max
    ? refused('ERANGE', `${value} does not fit: ${RANGES[type]}`)
    : { ok: true, value, text: String(value) };
};

const WORDS = { int: 'int', uint: 'unsigned int', ulong: 'unsigned long' } as const;
const quoted = (written: string): string => JSON.stringify(written.length > 40 ? `${written.slice(0, 40)}…` : written);
const refused = (errno: 'EINVAL' | 'ERANGE', why: string): Parsed => ({ ok: false, errno, why });
