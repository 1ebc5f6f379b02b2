/** Composed lines, packed into a writeback format. */
import type { Channel, PixelFormat } from '#datasheets/display-formats.ts';
import { CHANNELS } from './pixel-read.ts';

/** Packs a line of ARGB, 16 bits a channel, into memory at `at`; the caller has checked that it fits. */
export const writeLine = (format: PixelFormat, line: Uint16Array, memory: Uint8Array, at: number): void => {
  if (format.kind !== 'rgb' && format.kind !== 'rgb16')
    throw new RangeError(`${format.name} is no format of a writeback`);
  const size = (format.planeBits[0] ?? 0) / 8;
  // the unused channel of an X format reads all ones, as the alpha of an opaque frame
  const unused: Channel = format.kind === 'rgb16' ? [48, 16] : spare(format.planeBits[0] ?? 0, format.name);
  const places = [format.alpha ? format.opacity : unused, format.red, format.green, format.blue] as const;
  for (let i = 0, to = at; i < line.length; i += CHANNELS, to += size) {
    if (format.kind === 'rgb16') {
      for (const [channel, [lo]] of places.entries()) {
        const value = line[i + channel]!;
        memory[to + lo / 8] = value & 0xff;
        memory[to + lo / 8 + 1] = value >> 8;
      }
      continue;
    }
    let word = 0;
    for (const [channel, [lo, bits]] of places.entries()) if (bits > 0) word |= narrow(line[i + channel]!, bits) << lo;
    for (let byte = 0; byte < size; byte++) memory[to + byte] = (word >>> (8 * byte)) & 0xff;
  }
};

/** The nearest code of fewer bits, so that widening it again comes closest. */
export const narrow = (value: number, bits: number): number => Math.round((value * (2 ** bits - 1)) / 0xffff);

const spare = (bits: number, name: string): Channel => {
  if (bits !== 32) return [0, 0];
  return name.endsWith('2101010') ? [30, 2] : [24, 8];
};
