/** What a panic draws on: two inks, prepared beforehand in the surface's own format, and rectangles of them. */
import { LabError } from '#bus/errors.ts';
import { greyOf, type PanicFormat, PIXEL_FORMATS, type PlaneLayout, type YuvRange } from './pixel-formats.ts';

export const BACKGROUND = 0;
export const FOREGROUND = 1;
export type Ink = typeof BACKGROUND | typeof FOREGROUND;

/** A surface never allocates, and never draws outside itself. */
export interface PanicSurface {
  readonly width: number;
  readonly height: number;
  readonly format: PanicFormat;
  /** The lighter of the two. */
  readonly lightInk: Ink;
  fill(x: number, y: number, width: number, height: number, ink: Ink): void;
  setPixel(x: number, y: number, ink: Ink): void;
}

export interface MemorySurfaceOptions {
  readonly format: PanicFormat;
  readonly width: number;
  readonly height: number;
  /** The framebuffer; without it, one is made. */
  readonly bytes?: Uint8Array;
  /** Its planes, where each lies in memory of its own. */
  readonly memory?: readonly Uint8Array[];
  /** Of each plane; without them planes follow each other, rows without gaps. */
  readonly pitchBytes?: readonly number[];
  readonly offsetBytes?: readonly number[];
  /** 0xRRGGBB. */
  readonly foreground?: number;
  readonly background?: number;
  readonly range?: YuvRange;
  /** C8: the palette in use, R G B of each index; without it the palette is taken to be a grey ramp. */
  readonly palette?: Uint8Array;
}

/** A framebuffer in memory. Made when the mode is set: drawing on it needs nothing more. */
export class MemorySurface implements PanicSurface {
  readonly format: PanicFormat;
  readonly width: number;
  readonly height: number;
  readonly lightInk: Ink;
  /** Memory of the first plane, and often of all. */
  readonly bytes: Uint8Array;
  readonly #memory: readonly Uint8Array[];
  readonly pitchBytes: readonly number[];
  readonly offsetBytes: readonly number[];
  readonly #layouts: readonly PlaneLayout[];
  /** The bytes of each plane's sample, background first. */
  readonly #inks: readonly (readonly [Uint8Array, Uint8Array])[];

  constructor(options: MemorySurfaceOptions) {
    const { format, width, height, foreground = 0xffffff, background = 0, range = 'full', palette } = options;
    const layouts: readonly PlaneLayout[] | undefined = PIXEL_FORMATS[format];
    if (layouts === undefined)
      throw new LabError('EINVAL', `pixel format ${format}: there is ${Object.keys(PIXEL_FORMATS).join(', ')}`);
    if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
      throw new LabError('EINVAL', `a surface of ${width} x ${height}: both must be whole and above 0`);
    this.format = format;
    this.width = width;
    this.height = height;
    this.lightInk = greyOf(foreground) >= greyOf(background) ? FOREGROUND : BACKGROUND;
    this.#layouts = layouts;
    const { pitchBytes, offsetBytes, ends } = placePlanes(options, layouts);
    this.pitchBytes = pitchBytes;
    this.offsetBytes = offsetBytes;
    const { bytes = new Uint8Array(options.memory === undefined ? Math.max(...ends) : 0) } = options;
    this.#memory = ends.map((end, plane) => {
      const memory = options.memory?.[plane] ?? bytes;
      if (memory.length >= end) return memory;
      throw new LabError(
        'EINVAL',
        `${format} ${width} x ${height}, plane ${plane}, needs ${end} bytes; there are ${memory.length}`,
      );
    });
    this.bytes = this.#memory[0]!; // every format has a plane
    this.#inks = layouts.map(({ sample }) => {
      const ink = (rgb: number): Uint8Array =>
        format === 'C8' && palette !== undefined
          ? Uint8Array.of(nearestIndex(palette, rgb))
          : Uint8Array.from(sample(rgb, range));
      return [ink(background), ink(foreground)] as const;
    });
  }

  setPixel(x: number, y: number, ink: Ink): void {
    if (x >= 0 && y >= 0 && x < this.width && y < this.height) this.fill(x, y, 1, 1, ink);
  }

  fill(x: number, y: number, width: number, height: number, ink: Ink): void {
    const left = x < 0 ? 0 : x;
    const top = y < 0 ? 0 : y;
    const right = x + width < this.width ? x + width : this.width;
    const bottom = y + height < this.height ? y + height : this.height;
    if (left >= right || top >= bottom) return;
    for (let i = 0; i < this.#layouts.length; i++) this.#fillPlane(i, left, top, right, bottom, ink);
  }

  #fillPlane(i: number, left: number, top: number, right: number, bottom: number, ink: Ink): void {
    const { memory, stepBytes, writeBytes, skipBytes, pixelBits, shiftX, shiftY } = this.#layouts[i]!;
    const sample = this.#inks[i]![ink]!;
    const bytes = this.#memory[memory]!;
    if (pixelBits !== undefined) {
      this.#fillBits(bytes, pixelBits, sample[0]!, left, top, right, bottom);
      return;
    }
    const first = left >> shiftX;
    const samples = ((right - 1) >> shiftX) - first + 1;
    const firstRow = top >> shiftY;
    const rows = ((bottom - 1) >> shiftY) - firstRow + 1;
    const pitch = this.pitchBytes[memory]!;
    const origin = this.offsetBytes[memory]! + firstRow * pitch + first * stepBytes + skipBytes;
    const gapless = stepBytes === writeBytes;
    for (let n = 0, at = origin; n < samples; n++, at += stepBytes)
      for (let j = 0; j < writeBytes; j++) bytes[at + j] = sample[j]!;
    for (let row = 1, at = origin + pitch; row < rows; row++, at += pitch)
      if (gapless) bytes.copyWithin(at, origin, origin + samples * stepBytes);
      else for (let n = 0, to = at; n < samples; n++, to += stepBytes) bytes[to] = sample[0]!;
  }

  #fillBits(
    bytes: Uint8Array,
    bits: number,
    value: number,
    left: number,
    top: number,
    right: number,
    bottom: number,
  ): void {
    const mask = (1 << bits) - 1;
    for (let y = top; y < bottom; y++) {
      const row = this.offsetBytes[0]! + y * this.pitchBytes[0]!;
      for (let x = left; x < right; x++) {
        const at = row + ((x * bits) >> 3);
        const shift = 8 - bits - ((x * bits) & 7);
        bytes[at] = (bytes[at]! & ~(mask << shift)) | (value << shift);
      }
    }
  }
}

/** Pitch and offset of each plane of memory, as asked for or without gaps, and where the last of them ends. */
const placePlanes = (options: MemorySurfaceOptions, layouts: readonly PlaneLayout[]) => {
  const { format, width, height } = options;
  const pitchBytes: number[] = [];
  const offsetBytes: number[] = [];
  const ends: number[] = [];
  for (const memory of new Set(layouts.map((layout) => layout.memory))) {
    const here = layouts.filter((layout) => layout.memory === memory);
    const row = Math.max(...here.map((layout) => rowBytes(layout, width)));
    const rows = ((height - 1) >> (here[0]?.shiftY ?? 0)) + 1;
    const pitch = options.pitchBytes?.[memory] ?? row;
    const offset = options.offsetBytes?.[memory] ?? ends[memory - 1] ?? 0;
    if (!(pitch >= row && Number.isInteger(pitch)))
      throw new LabError(
        'EINVAL',
        `${format}, plane ${memory}: a pitch of ${pitch} bytes; a row of ${width} takes ${row}`,
      );
    if (!(offset >= 0 && Number.isInteger(offset)))
      throw new LabError(
        'EINVAL',
        `${format}, plane ${memory}: an offset of ${offset} bytes; it must be whole and not below 0`,
      );
    pitchBytes.push(pitch);
    offsetBytes.push(offset);
    ends.push(offset + (rows - 1) * pitch + row);
  }
  return { pitchBytes, offsetBytes, ends };
};

const rowBytes = ({ stepBytes, shiftX, pixelBits }: PlaneLayout, width: number): number =>
  pixelBits === undefined ? (((width - 1) >> shiftX) + 1) * stepBytes : (width * pixelBits + 7) >> 3;

const nearestIndex = (palette: Uint8Array, rgb: number): number => {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < Math.min(256, Math.floor(palette.length / 3)); i++) {
    const distance = [16, 8, 0]
      .map((shift, channel) => ((rgb >> shift) & 0xff) - palette[3 * i + channel]!)
      .reduce((sum, difference) => sum + difference ** 2, 0);
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
};
