/** An EDID for the eye: its bytes by block and purpose, the monitor's identity, and what is wrong with its sums. */

export interface EdidIdentity {
  /** Three letters; empty when there are none. */
  readonly maker: string;
  readonly name: string;
  readonly serial: string;
  readonly product: number;
  readonly year: number;
  readonly widthMm: number;
  readonly heightMm: number;
  /** Lowest and highest refresh rate; null where the monitor does not say. */
  readonly hz: readonly [number, number] | null;
}

export type EdidKind =
  | 'header'
  | 'identity'
  | 'features'
  | 'colour'
  | 'timing'
  | 'text'
  | 'extension'
  | 'sum'
  | 'bad-sum';

/** Bytes that belong together. */
export interface EdidPart {
  readonly from: number;
  readonly to: number;
  readonly kind: EdidKind;
  readonly text: string;
}

export interface EdidTiming {
  readonly clockKhz: number;
  readonly width: number;
  readonly height: number;
  readonly hz: number;
}

export const EDID_BLOCK = 128;

/** Bytes of hexadecimal digits, as the panel has them. */
export const edidBytes = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length >> 1 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));

const at = (bytes: Uint8Array, i: number): number => bytes[i] ?? 0;
const HEADER = [0, 255, 255, 255, 255, 255, 255, 0];

/** Never throws: what cannot be read is empty. */
export const identityOf = (bytes: Uint8Array): EdidIdentity => {
  if (HEADER.some((byte, i) => bytes[i] !== byte)) return NOBODY;
  const word = (at(bytes, 8) << 8) | at(bytes, 9);
  const letters = [10, 5, 0].map((shift) => (word >> shift) & 31);
  const range = descriptorAt(bytes, 0xfd);
  const [low, high] = range === undefined ? [0, 0] : [range, range].map((from, i) => at(bytes, from + 5 + i));
  return {
    maker: letters.every((n) => n >= 1 && n <= 26) ? String.fromCharCode(...letters.map((n) => 64 + n)) : '',
    name: textAt(bytes, descriptorAt(bytes, 0xfc)),
    serial: textAt(bytes, descriptorAt(bytes, 0xff)),
    product: at(bytes, 10) | (at(bytes, 11) << 8),
    year: 1990 + at(bytes, 17),
    ...sizeOf(bytes),
    hz: range === undefined ? null : [low ?? 0, high ?? 0],
  };
};
const NOBODY: EdidIdentity = {
  maker: '',
  name: '',
  serial: '',
  product: 0,
  year: 0,
  widthMm: 0,
  heightMm: 0,
  hz: null,
};

/** Millimetres of the preferred timing where it says them, else the centimetres of the base block. */
const sizeOf = (bytes: Uint8Array): { readonly widthMm: number; readonly heightMm: number } => {
  const timed = at(bytes, 54) !== 0 || at(bytes, 55) !== 0;
  const widthMm = timed ? at(bytes, 66) | ((at(bytes, 68) & 0xf0) << 4) : 0;
  const heightMm = timed ? at(bytes, 67) | ((at(bytes, 68) & 0x0f) << 8) : 0;
  return widthMm > 0 && heightMm > 0
    ? { widthMm, heightMm }
    : { widthMm: at(bytes, 21) * 10, heightMm: at(bytes, 22) * 10 };
};

const DESCRIPTORS = [54, 72, 90, 108];

const isText = (bytes: Uint8Array, from: number): boolean => at(bytes, from) === 0 && at(bytes, from + 1) === 0;
const descriptorAt = (bytes: Uint8Array, tag: number): number | undefined =>
  DESCRIPTORS.find((from) => isText(bytes, from) && at(bytes, from + 3) === tag);
const textAt = (bytes: Uint8Array, from: number | undefined): string =>
  from === undefined
    ? ''
    : String.fromCharCode(...bytes.subarray(from + 5, from + 18))
        .split('\n', 1)[0]!
        .replace(/[^\x20-\x7e]/g, '')
        .trim();

/** The detailed timing at an offset; undefined where there is none. */
export const timingAt = (bytes: Uint8Array, from: number): EdidTiming | undefined => {
  const clockKhz = (at(bytes, from) | (at(bytes, from + 1) << 8)) * 10;
  if (clockKhz === 0) return undefined;
  const width = at(bytes, from + 2) | ((at(bytes, from + 4) & 0xf0) << 4);
  const height = at(bytes, from + 5) | ((at(bytes, from + 7) & 0xf0) << 4);
  const total =
    (width + (at(bytes, from + 3) | ((at(bytes, from + 4) & 15) << 8))) *
    (height + (at(bytes, from + 6) | ((at(bytes, from + 7) & 15) << 8)));
  return { clockKhz, width, height, hz: total === 0 ? 0 : (clockKhz * 1000) / total };
};

/** Remainder of the sum of a block: 0 is right. */
export const blockSum = (bytes: Uint8Array, block: number): number =>
  bytes.subarray(block * EDID_BLOCK, (block + 1) * EDID_BLOCK).reduce((sum, byte) => (sum + byte) & 0xff, 0);

/** Every byte in exactly one part, in order. */
export const edidParts = (bytes: Uint8Array): readonly EdidPart[] => {
  const parts: EdidPart[] = [];
  const add = (from: number, to: number, kind: EdidKind, text: string): void => {
    if (from < bytes.length) parts.push({ from, to: Math.min(to, bytes.length), kind, text });
  };
  const who = identityOf(bytes);
  const whole = HEADER.every((byte, i) => bytes[i] === byte);
  add(0, 8, 'header', whole ? 'Header: 00 FF FF FF FF FF FF 00' : 'Header: not the one every EDID begins with');
  add(8, 18, 'identity', `Maker ${who.maker || '?'}, product ${hexWord(who.product)}, made in ${who.year || '?'}`);
  add(18, 20, 'identity', `EDID version ${at(bytes, 18)}.${at(bytes, 19)}`);
  add(20, 25, 'features', `Input, size ${at(bytes, 21)} × ${at(bytes, 22)} cm, gamma, features`);
  add(25, 35, 'colour', 'Chromaticity of red, green, blue and white');
  add(35, 38, 'timing', 'Established timings: one bit each');
  add(38, 54, 'timing', 'Standard timings: two bytes each');
  for (const from of DESCRIPTORS) add(from, from + 18, isText(bytes, from) ? 'text' : 'timing', describe(bytes, from));
  add(126, 127, 'extension', `${at(bytes, 126)} extension ${at(bytes, 126) === 1 ? 'block' : 'blocks'} after this one`);
  addSum(add, bytes, 0);
  for (let block = 1; block * EDID_BLOCK < bytes.length; block++) {
    const from = block * EDID_BLOCK;
    const tag = EXTENSIONS[at(bytes, from)] ?? `tag ${hexByte(at(bytes, from))}`;
    add(from, from + 127, 'extension', `Extension block ${block}: ${tag}`);
    addSum(add, bytes, block);
  }
  return parts;
};

const addSum = (
  add: (from: number, to: number, kind: EdidKind, text: string) => void,
  bytes: Uint8Array,
  block: number,
): void => {
  const from = block * EDID_BLOCK + 127;
  const rest = blockSum(bytes, block);
  add(
    from,
    from + 1,
    rest === 0 ? 'sum' : 'bad-sum',
    rest === 0 ? `Checksum of block ${block}: right` : `Checksum of block ${block}: wrong, remainder ${hexByte(rest)}`,
  );
};

const describe = (bytes: Uint8Array, from: number): string => {
  if (!isText(bytes, from)) {
    const timing = timingAt(bytes, from);
    if (timing === undefined) return 'Detailed timing without a clock';
    const { width, height, hz, clockKhz } = timing;
    return `Detailed timing ${width}×${height} at ${hz.toFixed(2)} Hz, ${(clockKhz / 1000).toFixed(2)} MHz`;
  }
  switch (at(bytes, from + 3)) {
    case 0xfc:
      return `Name: ${textAt(bytes, from)}`;
    case 0xff:
      return `Serial: ${textAt(bytes, from)}`;
    case 0xfe:
      return `Text: ${textAt(bytes, from)}`;
    case 0xfd:
      return `Range limits: ${at(bytes, from + 5)} to ${at(bytes, from + 6)} Hz, ${at(bytes, from + 7)} to ${at(bytes, from + 8)} kHz`;
    case 0x10:
      return 'Unused descriptor';
    default:
      return `Descriptor ${hexByte(at(bytes, from + 3))}`;
  }
};

const EXTENSIONS: Readonly<Record<number, string>> = { 2: 'CTA-861', 112: 'DisplayID', 240: 'block map' };
const hexByte = (n: number): string => `${n.toString(16).toUpperCase().padStart(2, '0')}h`;
const hexWord = (n: number): string => `${n.toString(16).toUpperCase().padStart(4, '0')}h`;
