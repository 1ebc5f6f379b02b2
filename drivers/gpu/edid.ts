/** Reading an EDID: base block and CTA-861 extensions, with the kernel's rules for what is wrong in it (drm_edid.c). */
import { LabError } from '#bus/errors.ts';
import { CTA_MODES, cvtReduced, dmtMode } from './mode-list.ts';
import { MODE_FLAG, MODE_TYPE, type Mode, mode, modeProblem, sameTimings } from './modes.ts';

export interface Edid {
  /** As read, without the extensions that were dropped. */
  readonly bytes: Uint8Array;
  readonly maker: string;
  readonly product: number;
  readonly name: string;
  readonly serial: string;
  readonly widthMm: number;
  readonly heightMm: number;
  /** Best first. */
  readonly modes: readonly Mode[];
  readonly refreshHz: { readonly min: number; readonly max: number } | null;
  /** Any rate within the range, not only those of the modes (EDID 1.4, feature bit 0). */
  readonly continuous: boolean;
  /** What was wrong, and tolerated. */
  readonly warnings: readonly string[];
}

export const EDID_BLOCK_BYTES = 128;
const HEADER = [0, 255, 255, 255, 255, 255, 255, 0];
const HEADER_SCORE = 6;

/** Throws EINVAL for what the kernel refuses. */
export const parseEdid = (given: Uint8Array): Edid => {
  const bytes = Uint8Array.from(given);
  const warnings: string[] = [];
  if (bytes.length < EDID_BLOCK_BYTES)
    throw new LabError('EINVAL', `EDID of ${bytes.length} bytes; a block has ${EDID_BLOCK_BYTES}`);
  const base = bytes.subarray(0, EDID_BLOCK_BYTES);
  if (base.every((byte) => byte === 0)) throw new LabError('EINVAL', 'EDID block 0 is all zeroes');
  const score = HEADER.filter((byte, i) => base[i] === byte).length;
  if (score < HEADER_SCORE) throw new LabError('EINVAL', `EDID header: ${score} of 8 bytes are right`);
  if (score < HEADER.length) {
    warnings.push(`EDID header repaired: ${score} of 8 bytes were right`);
    base.set(HEADER);
  }
  const sum = checksum(base);
  if (sum !== 0) throw new LabError('EINVAL', `EDID block 0 has a wrong checksum, remainder is ${sum}`);
  if (base[18] !== 1) throw new LabError('EINVAL', `EDID version ${base[18]}.${base[19]}; only 1.x is known`);

  const extensions = readExtensions(bytes, warnings);
  const texts = descriptors(base);
  const detailed = [54, 72, 90, 108].flatMap((at) => detailedMode(base.subarray(at, at + 18)) ?? []);
  const cta = extensions.flatMap(ctaModes);
  const found = [
    ...detailed.slice(0, 1).map((first) => ({ ...first, type: MODE_TYPE.DRIVER | MODE_TYPE.PREFERRED })),
    ...detailed.slice(1),
    ...cta,
    ...standardModes(base),
    ...establishedModes(base),
  ];
  const range = texts.get(0xfd);
  return {
    bytes: joined(base, extensions),
    maker: makerOf(base),
    product: base[10]! | (base[11]! << 8),
    name: textOf(texts.get(0xfc)),
    serial: textOf(texts.get(0xff)),
    widthMm: base[21]! * 10,
    heightMm: base[22]! * 10,
    modes: found.filter(
      (one, i) => modeProblem(one) === undefined && found.findIndex((other) => sameTimings(one, other)) === i,
    ),
    refreshHz:
      range === undefined
        ? null
        : {
            min: range[5]! + ((range[4]! & 3) === 3 ? 255 : 0),
            max: range[6]! + ((range[4]! & 2) === 2 ? 255 : 0),
          },
    continuous: (base[24]! & 1) !== 0,
    warnings,
  };
};

const checksum = (block: Uint8Array): number => block.reduce((sum, byte) => (sum + byte) & 0xff, 0);

/** Bad extensions are dropped; a wrong checksum is tolerated in a CTA block, since so many carry one. */
const readExtensions = (bytes: Uint8Array, warnings: string[]): readonly Uint8Array[] => {
  const kept: Uint8Array[] = [];
  const count = bytes[126]!;
  for (let i = 1; i <= count; i++) {
    const block = bytes.subarray(i * EDID_BLOCK_BYTES, (i + 1) * EDID_BLOCK_BYTES);
    if (block.length < EDID_BLOCK_BYTES) {
      warnings.push(`EDID names ${count} extensions; ${kept.length} were read`);
      break;
    }
    const wrong = checksum(block) !== 0;
    if (!wrong) kept.push(block);
    else if (block[0] === CTA_TAG) {
      warnings.push(`EDID block ${i} (CTA) has a wrong checksum; tolerated`);
      kept.push(block);
    } else warnings.push(`EDID block ${i} has a wrong checksum; dropped`);
  }
  return kept;
};

const joined = (base: Uint8Array, extensions: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array((1 + extensions.length) * EDID_BLOCK_BYTES);
  whole.set(base);
  whole[126] = extensions.length;
  whole[127] = 0;
  whole[127] = (256 - checksum(whole.subarray(0, EDID_BLOCK_BYTES))) & 0xff;
  for (const [i, block] of extensions.entries()) whole.set(block, (i + 1) * EDID_BLOCK_BYTES);
  return whole;
};

const makerOf = (base: Uint8Array): string => {
  const word = (base[8]! << 8) | base[9]!;
  return String.fromCharCode(...[10, 5, 0].map((shift) => 64 + ((word >> shift) & 31)));
};

/** Display descriptors of the base block by tag; the first of each. */
const descriptors = (base: Uint8Array): ReadonlyMap<number, Uint8Array> => {
  const found = new Map<number, Uint8Array>();
  for (const at of [108, 90, 72, 54])
    if (base[at] === 0 && base[at + 1] === 0) found.set(base[at + 3]!, base.subarray(at, at + 18));
  return found;
};

const textOf = (descriptor: Uint8Array | undefined): string =>
  descriptor === undefined
    ? ''
    : String.fromCharCode(...descriptor.subarray(5))
        .split('\n', 1)[0]!
        .replace(/[^\x20-\x7e]/g, '')
        .trimEnd();

const detailedMode = (d: Uint8Array): Mode | undefined => {
  const clock = d[0]! | (d[1]! << 8);
  if (clock === 0) return undefined;
  const hactive = d[2]! | ((d[4]! & 0xf0) << 4);
  const hblank = d[3]! | ((d[4]! & 0x0f) << 8);
  const vactive = d[5]! | ((d[7]! & 0xf0) << 4);
  const vblank = d[6]! | ((d[7]! & 0x0f) << 8);
  const hfront = d[8]! | ((d[11]! & 0xc0) << 2);
  const hsync = d[9]! | ((d[11]! & 0x30) << 4);
  const vfront = (d[10]! >> 4) | ((d[11]! & 0x0c) << 2);
  const vsync = (d[10]! & 15) | ((d[11]! & 0x03) << 4);
  const interlaced = (d[17]! & 0x80) !== 0;
  const lines = interlaced ? 2 : 1;
  const separate = (d[17]! & 0x18) === 0x18;
  const flags =
    (separate && (d[17]! & 2) !== 0 ? MODE_FLAG.PHSYNC : MODE_FLAG.NHSYNC) |
    (separate && (d[17]! & 4) !== 0 ? MODE_FLAG.PVSYNC : MODE_FLAG.NVSYNC) |
    (interlaced ? MODE_FLAG.INTERLACE : 0);
  const vstart = (vactive + vfront) * lines;
  return mode(
    clock * 10,
    [hactive, hactive + hfront, hactive + hfront + hsync, hactive + hblank],
    [vactive * lines, vstart, vstart + vsync * lines, (vactive + vblank) * lines + (interlaced ? 1 : 0)],
    flags,
  );
};

const CTA_TAG = 0x02;

const ctaModes = (block: Uint8Array): readonly Mode[] => {
  if (block[0] !== CTA_TAG) return [];
  const modes: Mode[] = [];
  const detailedAt = Math.min(block[2]!, EDID_BLOCK_BYTES - 1);
  for (let at = 4; at < detailedAt; at += 1 + (block[at]! & 31)) {
    if (block[at]! >> 5 !== 2) continue;
    for (const code of block.subarray(at + 1, Math.min(at + 1 + (block[at]! & 31), detailedAt))) {
      const known = CTA_MODES[code >= 129 && code <= 192 ? code & 127 : code];
      if (known !== undefined) modes.push(known);
    }
  }
  for (let at = detailedAt; detailedAt >= 4 && at + 18 < EDID_BLOCK_BYTES; at += 18) {
    const found = detailedMode(block.subarray(at, at + 18));
    if (found === undefined) break;
    modes.push(found);
  }
  return modes;
};

const standardModes = (base: Uint8Array): readonly Mode[] =>
  Array.from({ length: 8 }, (_, i) => 38 + 2 * i).flatMap((at) => {
    const [first, second] = [base[at]!, base[at + 1]!];
    if (first === 1 && second === 1) return [];
    const width = (first + 31) * 8;
    const [across, down] = ASPECTS[second >> 6]!;
    const height = Math.floor((width * down) / across);
    const refresh = (second & 63) + 60;
    return [dmtMode(width, height, refresh) ?? cvtReduced(width, height, refresh)];
  });

const ASPECTS: readonly (readonly [number, number])[] = [
  [16, 10],
  [4, 3],
  [5, 4],
  [16, 9],
];

const establishedModes = (base: Uint8Array): readonly Mode[] =>
  (
    [
      [35, 5, 640, 480],
      [35, 0, 800, 600],
      [36, 3, 1024, 768],
    ] as const
  ).flatMap(([at, bit, width, height]) => ((base[at]! >> bit) & 1 ? [dmtMode(width, height, 60) ?? []].flat() : []));
