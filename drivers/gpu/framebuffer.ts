/** Framebuffers: pictures in buffers, and the checks of ADDFB2 in the kernel's order (drm_framebuffer.c). */
import { LabError } from '#bus/errors.ts';
import type { Buffer } from './buffer.ts';
import { type Format, formatOf, MODIFIER_LINEAR, minPitchBytes, planeExtent, printFourcc } from './fourcc.ts';
import type { ModeObject } from './mode-object.ts';

export interface FramebufferPlane {
  readonly buffer: Buffer;
  readonly pitchBytes: number;
  readonly offsetBytes: number;
}

export class Framebuffer implements ModeObject {
  readonly kind = 'fb';
  readonly id: number;
  readonly width: number;
  readonly height: number;
  readonly format: Format;
  readonly modifier: number;
  readonly interlaced: boolean;
  readonly planes: readonly FramebufferPlane[];
  #references = 1;

  constructor(id: number, checked: CheckedFramebuffer) {
    this.id = id;
    this.width = checked.width;
    this.height = checked.height;
    this.format = checked.format;
    this.modifier = MODIFIER_LINEAR;
    this.interlaced = checked.interlaced;
    this.planes = checked.planes;
    for (const { buffer } of this.planes) buffer.get();
  }

  get(): this {
    this.#references++;
    return this;
  }

  put(): void {
    this.#references--;
    if (this.#references === 0) for (const { buffer } of this.planes) buffer.put();
  }
}

export interface AddFb2 {
  readonly width: number;
  readonly height: number;
  readonly fourcc: number;
  readonly flags?: number;
  readonly handles: readonly number[];
  readonly pitches: readonly number[];
  readonly offsets?: readonly number[];
  /** 64 bits each. */
  readonly modifiers?: readonly (number | bigint)[];
}

export const FB_FLAG = { INTERLACED: 1, MODIFIERS: 2 } as const;

export interface FramebufferLimits {
  readonly minWidth: number;
  readonly maxWidth: number;
  readonly minHeight: number;
  readonly maxHeight: number;
  /** Drivers without a list of modifiers. */
  readonly modifiers: boolean;
  /** Formats that at least one plane takes. */
  formats(code: number): boolean;
}

export interface CheckedFramebuffer {
  readonly width: number;
  readonly height: number;
  readonly format: Format;
  readonly interlaced: boolean;
  readonly planes: readonly FramebufferPlane[];
}

const PLANES = 4;
const MOST = 0xffffffff;
const invalid = (text: string): LabError => new LabError('EINVAL', `framebuffer: ${text}`);

export const checkFramebuffer = (
  asked: AddFb2,
  limits: FramebufferLimits,
  bufferOf: (handle: number) => Buffer | undefined,
): CheckedFramebuffer => {
  const { width, height, flags = 0, handles, pitches, offsets = [], modifiers = [] } = asked;
  const withModifiers = (flags & FB_FLAG.MODIFIERS) !== 0;
  if ((flags & ~(FB_FLAG.INTERLACED | FB_FLAG.MODIFIERS)) !== 0) throw invalid(`flags ${flags.toString(16)}h`);
  inside('width', width, limits.minWidth, limits.maxWidth);
  inside('height', height, limits.minHeight, limits.maxHeight);
  if (withModifiers && !limits.modifiers) throw invalid('this driver takes no modifiers');
  const format = formatOf(asked.fourcc);
  if (format === undefined) throw invalid(`no format ${printFourcc(asked.fourcc)} (${asked.fourcc.toString(16)}h)`);
  if (width === 0 || height === 0) throw invalid(`${width} x ${height}`);
  for (const [i, plane] of format.planes.entries()) {
    const pitch = pitches[i] ?? 0;
    const row = minPitchBytes(plane, width);
    const rows = planeExtent(height, plane.shiftY);
    const modifier = BigInt(modifiers[i] ?? 0);
    if (!handles[i]) throw invalid(`plane ${i} of ${format.name} has no buffer`);
    if (row > MOST) throw new LabError('ERANGE', `framebuffer: a row of plane ${i} does not fit 32 bits`);
    if (rows * pitch + (offsets[i] ?? 0) > MOST)
      throw new LabError('ERANGE', `framebuffer: plane ${i} does not end within 32 bits`);
    if (pitch < row) throw invalid(`plane ${i} has a pitch of ${pitch} bytes; a row of ${width} takes ${row}`);
    if (modifier !== 0n && !withModifiers) throw invalid('a modifier without the flag for it');
    if (withModifiers && modifier !== BigInt(modifiers[0] ?? 0)) throw invalid('its planes have different modifiers');
  }
  for (let i = format.planes.length; i < PLANES; i++) {
    if ((modifiers[i] ?? 0) !== 0 && BigInt(modifiers[i] ?? 0) !== 0n)
      throw invalid(`modifier ${i} belongs to no plane`);
    if (withModifiers && (handles[i] || pitches[i] || offsets[i])) throw invalid(`${format.name} has no plane ${i}`);
  }
  if (BigInt(modifiers[0] ?? 0) !== BigInt(MODIFIER_LINEAR)) throw invalid('a modifier other than linear');
  if (!limits.formats(format.code)) throw invalid(`no plane of this device takes ${format.name}`);
  const planes = format.planes.map((plane, i) => {
    const buffer = bufferOf(handles[i] ?? 0);
    if (buffer === undefined) throw new LabError('ENOENT', `framebuffer: no buffer ${handles[i]} for plane ${i}`);
    const [pitchBytes, offsetBytes] = [pitches[i] ?? 0, offsets[i] ?? 0];
    const needed = (planeExtent(height, plane.shiftY) - 1) * pitchBytes + minPitchBytes(plane, width) + offsetBytes;
    if (buffer.bytes.length < needed)
      throw invalid(`plane ${i} needs ${needed} bytes; its buffer has ${buffer.bytes.length}`);
    return { buffer, pitchBytes, offsetBytes };
  });
  return { width, height, format, interlaced: (flags & FB_FLAG.INTERLACED) !== 0, planes };
};

const inside = (what: string, found: number, min: number, max: number): void => {
  if (!Number.isInteger(found) || found < min || found > max)
    throw invalid(`${what} ${found}; this device takes ${min} to ${max}`);
};
