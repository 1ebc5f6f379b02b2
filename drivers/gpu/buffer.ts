/** Dumb buffers: memory a client draws into, under a handle of its own (drm_dumb_buffers.c). */
import { LabError } from '#bus/errors.ts';
import { type Format, formatNamed, minPitchBytes } from './fourcc.ts';

/** Memory of the machine; where it lies on the device is the driver's business. */
export class Buffer {
  readonly bytes: Uint8Array;
  readonly #freed: (buffer: Buffer) => void;
  #references = 1;

  constructor(bytes: Uint8Array, freed: (buffer: Buffer) => void) {
    this.bytes = bytes;
    this.#freed = freed;
  }

  get(): this {
    this.#references++;
    return this;
  }

  put(): void {
    this.#references--;
    if (this.#references === 0) this.#freed(this);
  }
}

export interface DumbRequest {
  readonly width: number;
  readonly height: number;
  readonly bpp: number;
  readonly flags?: number;
}

export interface DumbSize {
  readonly pitchBytes: number;
  readonly sizeBytes: number;
}

const PAGE_BYTES = 4096;
const MOST = 0xffffffff;

/** Pitch and size of what is asked for; EINVAL for nothing, or for more than 32 bits. */
export const dumbSize = ({ width, height, bpp }: DumbRequest, alignBytes: number): DumbSize => {
  const asked = `a dumb buffer of ${width} x ${height}, ${bpp} bits`;
  for (const count of [width, height, bpp])
    if (!Number.isInteger(count) || count <= 0 || count > MOST)
      throw new LabError('EINVAL', `${asked}: each must be whole and above 0`);
  const [mapped] = (MAPPED[bpp] ?? LEGACY(bpp)).planes;
  const row = minPitchBytes(mapped!, width);
  const pitchBytes = Math.ceil(row / alignBytes) * alignBytes;
  if (row > MOST || pitchBytes > MOST) throw new LabError('EINVAL', `${asked}: its rows do not fit 32 bits`);
  if (pitchBytes * height > MOST - PAGE_BYTES) throw new LabError('EINVAL', `${asked}: it does not fit 32 bits`);
  return { pitchBytes, sizeBytes: Math.ceil((pitchBytes * height) / PAGE_BYTES) * PAGE_BYTES };
};

/** The number of bits is a colour mode: the format it stands for decides the pitch. */
const MAPPED: Readonly<Record<number, Format>> = Object.fromEntries(
  (
    [
      [1, 'C1'],
      [2, 'C2'],
      [4, 'C4'],
      [8, 'C8'],
      [15, 'XRGB1555'],
      [16, 'RGB565'],
      [24, 'RGB888'],
      [32, 'XRGB8888'],
    ] as const
  ).map(([bpp, name]) => [bpp, formatNamed(name)!]), // the table of formats has all of them
);
const LEGACY = (bpp: number): Format => ({
  name: '',
  code: 0,
  alpha: false,
  planes: [{ bitsPerSample: Math.ceil(bpp / 8) * 8, shiftX: 0, shiftY: 0 }],
});
