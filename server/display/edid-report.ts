/**
 * What the bytes of an EDID say (VESA E-EDID 1.4, CTA-861-G). The lab's own reading, made for bytes that are wrong on purpose: it
 * refuses nothing and shares nothing with the drivers', whose mistakes it would repeat.
 */
import type { EdidBlockView, EdidTiming, EdidView } from '#bus/edid-view.ts';
import { dataBlocks } from './edid-cta.ts';

const BLOCK_BYTES = 128;
const HEADER = [0, 255, 255, 255, 255, 255, 255, 0];
const DESCRIPTORS_AT = [54, 72, 90, 108];
const DESCRIPTOR_BYTES = 18;
const CTA = 0x02;

export const edidReport = (bytes: Uint8Array): EdidView => {
  const base = new Uint8Array(BLOCK_BYTES);
  base.set(bytes.subarray(0, BLOCK_BYTES));
  const count = Math.ceil(bytes.length / BLOCK_BYTES);
  const blocks = Array.from({ length: count }, (_, i) => bytes.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES));
  const texts = new Map(DESCRIPTORS_AT.flatMap((at) => descriptor(base, at)).toReversed());
  const range = texts.get(0xfd);
  return {
    hex: [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    bytes: bytes.length,
    version: bytes.length < 20 ? null : `${base[18]}.${base[19]}`,
    maker: String.fromCharCode(...[10, 5, 0].map((shift) => 64 + ((word(base, 8, false) >> shift) & 31))),
    product: word(base, 10),
    serialNumber: word(base, 12) + word(base, 14) * 65_536,
    made: base[16] === 255 ? `model of ${1990 + base[17]!}` : `week ${base[16]} of ${1990 + base[17]!}`,
    name: textOf(texts.get(0xfc)),
    serial: textOf(texts.get(0xff)),
    input: inputOf(base),
    sizeMm: [base[21]! * 10, base[22]! * 10],
    gamma: base[23] === 255 ? null : (base[23]! + 100) / 100,
    continuous: base[19]! >= 4 && (base[24]! & 1) !== 0,
    range: range === undefined ? null : rangeOf(range),
    timings: timingsOf(base, blocks.slice(1)),
    blocks: blocks.map(blockView),
    problems: problemsOf(bytes, base, blocks),
  };
};

const word = (bytes: Uint8Array, at: number, little = true): number =>
  little ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!;

const sumOf = (block: Uint8Array): number => block.reduce((sum, byte) => (sum + byte) & 0xff, 0);

const problemsOf = (bytes: Uint8Array, base: Uint8Array, blocks: readonly Uint8Array[]): string[] => {
  if (bytes.length === 0) return ['nothing is told'];
  const right = HEADER.filter((byte, i) => base[i] === byte).length;
  return [
    ...(bytes.length % BLOCK_BYTES === 0 ? [] : [`${bytes.length} bytes are no whole blocks of ${BLOCK_BYTES}`]),
    ...(right === HEADER.length ? [] : [`header: ${right} of ${HEADER.length} bytes are right`]),
    ...blocks.flatMap((block, i) =>
      sumOf(block) === 0 ? [] : [`block ${i}: wrong checksum, remainder is ${sumOf(block)}`],
    ),
    ...(base[126] === blocks.length - 1 ? [] : [`${base[126]} extensions are named, ${blocks.length - 1} are there`]),
  ];
};

const LINKS = ['not said', 'DVI', 'HDMI a', 'HDMI b', 'MDDI', 'DisplayPort'];
const DEPTHS = [0, 6, 8, 10, 12, 14, 16, 0];

const inputOf = (base: Uint8Array): string => {
  const input = base[20]!;
  if ((input & 0x80) === 0) return 'analog';
  if (base[18] !== 1 || base[19]! < 4) return 'digital';
  const depth = DEPTHS[(input >> 4) & 7]!;
  return [LINKS[input & 15] ?? 'digital', ...(depth === 0 ? [] : [`${depth} bits a colour`])].join(', ');
};

/** A display descriptor with its tag; none where a timing stands. */
const descriptor = (base: Uint8Array, at: number): [tag: number, bytes: Uint8Array][] =>
  word(base, at) === 0 ? [[base[at + 3]!, base.subarray(at, at + DESCRIPTOR_BYTES)]] : [];

const textOf = (from: Uint8Array | undefined): string =>
  from === undefined
    ? ''
    : String.fromCharCode(...from.subarray(5))
        .split('\n', 1)
        .join('')
        .replace(/[^\x20-\x7e]/g, '?')
        .trimEnd();

/** Byte 4 has an offset of 255 for each limit (E-EDID 1.4, table 3.26). */
const rangeOf = (from: Uint8Array): EdidView['range'] => {
  const limit = (at: number, bits: number, mask: number): number => from[at]! + ((from[4]! & bits) === mask ? 255 : 0);
  return {
    verticalHz: [limit(5, 3, 3), limit(6, 2, 2)],
    horizontalKhz: [limit(7, 12, 12), limit(8, 8, 8)],
    clockMhz: from[9]! * 10,
  };
};

const timingsOf = (base: Uint8Array, extensions: readonly Uint8Array[]): readonly EdidTiming[] => [
  ...DESCRIPTORS_AT.flatMap((at) => detailed(base.subarray(at, at + DESCRIPTOR_BYTES), 'detailed', at === 54)),
  ...extensions.flatMap(ctaTimings),
  ...standard(base),
  ...ESTABLISHED.flatMap(([at, bit, width, height, refreshHz]) =>
    (base[at]! >> bit) & 1 ? [plain('established', width, height, refreshHz, refreshHz === 87)] : [],
  ),
];

const plain = (
  origin: EdidTiming['origin'],
  width: number,
  height: number,
  refreshHz: number,
  interlaced = false,
): EdidTiming => ({ origin, preferred: false, width, height, refreshHz, interlaced, detail: null });

/** E-EDID 1.4, table 3.21. */
const detailed = (d: Uint8Array, origin: EdidTiming['origin'], preferred = false): EdidTiming[] => {
  if (d.length < DESCRIPTOR_BYTES || word(d, 0) === 0) return [];
  const twelve = (low: number, high: number, shift: number): number => d[low]! | (((d[high]! >> shift) & 15) << 8);
  const across = [
    twelve(2, 4, 4),
    d[8]! | ((d[11]! & 0xc0) << 2),
    d[9]! | ((d[11]! & 0x30) << 4),
    twelve(3, 4, 0),
  ] as const;
  const down = [
    twelve(5, 7, 4),
    (d[10]! >> 4) | ((d[11]! & 0x0c) << 2),
    (d[10]! & 15) | ((d[11]! & 0x03) << 4),
    twelve(6, 7, 0),
  ] as const;
  const horizontal = edges(across);
  const vertical = edges(down);
  const clockKhz = word(d, 0) * 10;
  const flags = d[17]!;
  const interlaced = (flags & 0x80) !== 0;
  const sign = (bit: number): string => ((flags & bit) === 0 ? '-' : '+');
  const pixels = horizontal[3] * vertical[3];
  return [
    {
      origin,
      preferred,
      width: across[0],
      height: down[0] * (interlaced ? 2 : 1),
      refreshHz: pixels === 0 ? 0 : Math.round((clockKhz * 1e6) / pixels) / 1000,
      interlaced,
      detail: {
        clockKhz,
        horizontal,
        vertical,
        sync: (flags & 0x18) === 0x18 ? `${sign(2)}hsync ${sign(4)}vsync` : '',
      },
    },
  ];
};

const edges = ([shown, front, sync, blank]: readonly [number, number, number, number]): readonly [
  number,
  number,
  number,
  number,
] => [shown, shown + front, shown + front + sync, shown + blank];

const ctaTimings = (block: Uint8Array): EdidTiming[] => {
  const first = block[2] ?? 0;
  if (block[0] !== CTA || first < 4) return [];
  const found: EdidTiming[] = [];
  for (let at = first; at + DESCRIPTOR_BYTES < BLOCK_BYTES; at += DESCRIPTOR_BYTES) {
    const [one] = detailed(block.subarray(at, at + DESCRIPTOR_BYTES), 'CTA detailed');
    if (one === undefined) break;
    found.push(one);
  }
  return found;
};

const ASPECTS = [
  [16, 10],
  [4, 3],
  [5, 4],
  [16, 9],
] as const;

const standard = (base: Uint8Array): EdidTiming[] =>
  [38, 40, 42, 44, 46, 48, 50, 52].flatMap((at) => {
    if (word(base, at) === 0x0101 || base[at] === 0) return [];
    const width = (base[at]! + 31) * 8;
    const [across, down] = ASPECTS[base[at + 1]! >> 6]!;
    return [plain('standard', width, Math.floor((width * down) / across), (base[at + 1]! & 63) + 60)];
  });

/** Byte, bit, timing (E-EDID 1.4, table 3.18). 1024x768 at 87 Hz is interlaced. */
const ESTABLISHED = [
  [35, 7, 720, 400, 70],
  [35, 6, 720, 400, 88],
  [35, 5, 640, 480, 60],
  [35, 4, 640, 480, 67],
  [35, 3, 640, 480, 72],
  [35, 2, 640, 480, 75],
  [35, 1, 800, 600, 56],
  [35, 0, 800, 600, 60],
  [36, 7, 800, 600, 72],
  [36, 6, 800, 600, 75],
  [36, 5, 832, 624, 75],
  [36, 4, 1024, 768, 87],
  [36, 3, 1024, 768, 60],
  [36, 2, 1024, 768, 70],
  [36, 1, 1024, 768, 75],
  [36, 0, 1280, 1024, 75],
  [37, 7, 1152, 870, 75],
] as const;

const blockView = (block: Uint8Array, i: number): EdidBlockView => {
  const tag = block[0] ?? 0;
  const cta = i > 0 && tag === CTA;
  const other = cta ? `CTA-861 revision ${block[1] ?? 0}` : `extension ${tag.toString(16).padStart(2, '0')}h`;
  return { kind: i === 0 ? 'base' : other, remainder: sumOf(block), holds: cta ? dataBlocks(block) : [] };
};
