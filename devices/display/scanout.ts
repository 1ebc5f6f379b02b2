/** From registers to what is scanned out: layers, background, mode; and what is wrong with them. */
import { BYTE_ORDER, DISPLAY, DISPLAY_MOST_PIXELS, FRAME_FLOOR_NS } from '#datasheets/display.ts';
import { formatOf, fourcc, rowBytes } from '#datasheets/display-formats.ts';
import { PLANE_BLOCKS, PLANE_MOST_PIXELS, PLANE_NAMES, type PlaneName } from '#datasheets/display-planes.ts';
import { decode } from '#regmap/codec.ts';
import type { Pokes, Register, Values } from '#regmap/declare.ts';
import { isPlain, type Layer, type Rotation } from './layer.ts';

/** The raw value of a register by address. */
export type Levels = (at: number) => number;
export type Findings = { -readonly [F in keyof Pokes<typeof DISPLAY.FINDING>]?: boolean };

export interface Mode {
  readonly width: number;
  readonly height: number;
  readonly frameNs: number;
}

/** The mode the timing registers hold; undefined when they are none (drm_mode_validate_basic). */
export const modeOf = (levels: Levels, interlaced: boolean): Mode | undefined => {
  const of = (register: Register): number => levels(register.at);
  const across = [DISPLAY.H_DISPLAY, DISPLAY.H_SYNC_START, DISPLAY.H_SYNC_END, DISPLAY.H_TOTAL].map(of);
  const down = [DISPLAY.V_DISPLAY, DISPLAY.V_SYNC_START, DISPLAY.V_SYNC_END, DISPLAY.V_TOTAL].map(of);
  const clockKhz = of(DISPLAY.CLOCK_KHZ);
  const rising = (edges: readonly number[]): boolean => edges.every((edge, i) => edge >= (edges[i - 1] ?? 1));
  if (clockKhz === 0 || !rising(across) || !rising(down)) return undefined;
  const [width = 0, , , hTotal = 0] = across;
  const [height = 0, , , vTotal = 0] = down;
  if (width > DISPLAY_MOST_PIXELS || height > DISPLAY_MOST_PIXELS) return undefined;
  const whole = Math.floor((hTotal * vTotal * 1_000_000) / clockKhz);
  return { width, height, frameNs: Math.max(FRAME_FLOOR_NS, interlaced ? Math.floor(whole / 2) : whole) };
};

/** The planes that are shown, nearest last. */
export const layersOf = (levels: Levels, memoryBytes: number): { layers: readonly Layer[]; findings: Findings } => {
  const findings: Findings = {};
  const layers = PLANE_NAMES.flatMap((plane) => layerOf(plane, levels, findings) ?? []);
  for (const layer of layers) judgeMemory(layer, memoryBytes, findings);
  return { layers: layers.toSorted((a, b) => a.zpos - b.zpos), findings };
};

const layerOf = (plane: PlaneName, levels: Levels, findings: Findings): Layer | undefined => {
  const block = PLANE_BLOCKS[plane];
  const get = <R extends Register>(register: R): Values<R> => decode(register, levels(register.at));
  const raw = (register: Register): number => levels(register.at);
  const control = get(block.CTRL);
  if (!control.ENABLE) return undefined;
  const format = formatOf(raw(block.FORMAT));
  if (format === undefined) {
    findings.BAD_FORMAT = true;
    return undefined;
  }
  const size = get(block.DST_SIZE);
  const order = get(block.ZPOS_ALPHA);
  const source = {
    x: raw(block.SRC_X) / 65_536,
    y: raw(block.SRC_Y) / 65_536,
    width: raw(block.SRC_W) / 65_536,
    height: raw(block.SRC_H) / 65_536,
  };
  const target = { x: raw(block.DST_X) | 0, y: raw(block.DST_Y) | 0, width: size.WIDTH, height: size.HEIGHT };
  const sides = [source.width, source.height, target.width, target.height];
  if (sides.some((side) => side === 0 || side > PLANE_MOST_PIXELS)) {
    findings.BAD_SCALE = true;
    return undefined;
  }
  return {
    plane,
    format,
    bases: [raw(block.BASE0), raw(block.BASE1), raw(block.BASE2)],
    pitches: [raw(block.PITCH0), raw(block.PITCH1), raw(block.PITCH2)],
    source,
    target,
    zpos: order.ZPOS,
    alpha: order.ALPHA,
    blend: typeof control.BLEND === 'number' ? 'none' : control.BLEND,
    rotation: ROTATIONS[control.ROTATION] ?? 0,
    reflectX: control.REFLECT_X,
    reflectY: control.REFLECT_Y,
    bilinear: control.FILTER === 'bilinear',
    encoding: typeof control.ENCODING === 'number' ? 'bt601' : control.ENCODING,
    limited: control.RANGE === 'limited',
  };
};
const ROTATIONS: Readonly<Record<string, Rotation>> = { none: 0, r90: 90, r180: 180, r270: 270 };

const judgeMemory = ({ format, bases, pitches, source }: Layer, memoryBytes: number, findings: Findings): void => {
  const right = Math.ceil(source.x + source.width);
  const below = Math.ceil(source.y + source.height);
  for (const plane of format.planeBits.keys()) {
    const rows = format.kind === 'yuv' && plane > 0 ? Math.ceil(below / format.subY) : below;
    const row = rowBytes(format, plane, right);
    if (row > pitches[plane]!) findings.BAD_PITCH = true;
    if (bases[plane]! + (rows - 1) * pitches[plane]! + row > memoryBytes) findings.BASE_BEYOND_VRAM = true;
  }
};

/** What the compatible half shows, and 60 times a second whatever the size; undefined while it is off or has no such mode. */
export const dispiLayer = (levels: Levels): Layer | undefined => {
  const of = (register: Register): number => levels(register.at);
  const [width, height] = [of(DISPLAY.DISPI_XRES), of(DISPLAY.DISPI_YRES)];
  const [code, bytes] = DEPTHS[of(DISPLAY.DISPI_BPP)] ?? ['', 0];
  if (!decode(DISPLAY.DISPI_ENABLE, of(DISPLAY.DISPI_ENABLE)).ENABLED) return undefined;
  if (Math.min(width, height) === 0 || Math.max(width, height) > DISPLAY_MOST_PIXELS) return undefined;
  const big = bytes === 4 && of(DISPLAY.QEXT_BYTE_ORDER) === BYTE_ORDER.big;
  const format = formatOf(fourcc(big ? 'BX24' : code));
  if (format === undefined) return undefined;
  const pitch = Math.max(of(DISPLAY.DISPI_VIRT_WIDTH), width) * bytes;
  return {
    plane: 'DISPI',
    format,
    bases: [of(DISPLAY.DISPI_Y_OFFSET) * pitch + of(DISPLAY.DISPI_X_OFFSET) * bytes, 0, 0],
    pitches: [pitch, 0, 0],
    source: { x: 0, y: 0, width, height },
    target: { x: 0, y: 0, width, height },
    zpos: 0,
    alpha: 0xffff,
    blend: 'none',
    rotation: 0,
    reflectX: false,
    reflectY: false,
    bilinear: false,
    encoding: 'bt601',
    limited: false,
  };
};
const DEPTHS: Readonly<Record<number, readonly [code: string, bytes: number]>> = {
  8: ['C8', 1],
  15: ['XR15', 2],
  16: ['RG16', 2],
  24: ['RG24', 3],
  32: ['XR24', 4],
};

/** Pixels of the screen that a write to memory may have changed: whole rows unless it lies in one row; undefined: none. */
export const touchedBy = (layer: Layer, offset: number, length: number): Layer['target'] | undefined => {
  const { format, bases, pitches, source, target } = layer;
  const end = offset + length;
  const [base = 0] = bases;
  const [pitch = 0] = pitches;
  const bits = format.planeBits[0] ?? 0;
  const right = source.x + source.width;
  if (isPlain(layer) && format.kind !== 'yuv' && rowBytes(format, 0, right) <= pitch) {
    const from = Math.max(0, offset - base);
    const to = Math.min(end - base, (source.y + source.height) * pitch);
    if (to <= from) return undefined;
    const [first, last] = [Math.floor(from / pitch), Math.floor((to - 1) / pitch)];
    const top = Math.max(0, first - source.y);
    const rows = Math.min(source.height, last - source.y + 1) - top;
    if (rows <= 0) return undefined;
    if (first !== last) return { ...target, y: target.y + top, height: rows };
    const left = Math.max(source.x, Math.floor(((from - first * pitch) * 8) / bits));
    const until = Math.min(right, Math.ceil(((to - first * pitch) * 8) / bits));
    if (until <= left) return undefined;
    return { x: target.x + left - source.x, y: target.y + top, width: until - left, height: 1 };
  }
  const rows = Math.ceil(source.y + source.height);
  const hit = format.planeBits.some((_, plane) => {
    const most = bases[plane]! + rows * pitches[plane]! + rowBytes(format, plane, Math.ceil(right));
    return end > bases[plane]! && offset < most;
  });
  return hit ? target : undefined;
};
