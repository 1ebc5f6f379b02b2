/** Rows of source pixels as 16 bits a channel: loops without a call for each pixel where the format allows. */
import type { Channel, PixelFormat } from '#datasheets/display-formats.ts';
import type { Layer } from './layer.ts';
import { CHANNELS, OPAQUE, type PixelReader, pixelReader, type RowReader } from './pixel-read.ts';
import { wideRoom } from './wide-room.ts';
import { yuvRows } from './yuv-read.ts';

/** Gives what a pixel reader gives, pixel by pixel. */
export const rowReader = (layer: Layer, memory: Uint8Array): RowReader => {
  const read = pixelReader(layer, memory);
  const { format } = layer;
  if (format.kind === 'yuv') return yuvRows(format, layer, memory, read);
  return byteRows(layer, memory, read) ?? pixelByPixel(read);
};

/** Brings `count` pixels from (x, y) on to the quick loops as they are in memory, blue first; undefined where they are not so, or not there. */
export type RawReader = (x: number, y: number, count: number) => number | undefined;

export const rawReader = (layer: Layer, memory: Uint8Array): RawReader | undefined => {
  const room = wideRoom();
  if (room === undefined || (layer.format.name !== 'XRGB8888' && layer.format.name !== 'ARGB8888')) return undefined;
  const [base = 0] = layer.bases;
  const [pitch = 0] = layer.pitches;
  return (x, y, count) => {
    const from = base + y * pitch + x * 4;
    return from + count * 4 > memory.length ? undefined : room.bring(memory.subarray(from, from + count * 4));
  };
};

const pixelByPixel =
  (read: PixelReader): RowReader =>
  (x, y, count, out, at) => {
    for (let i = 0; i < count; i++) read(x + i, y, out, at + i * CHANNELS);
  };

/** Formats with a byte for each channel: a byte times 257 is its word. */
const byteRows = ({ format, bases, pitches }: Layer, memory: Uint8Array, read: PixelReader): RowReader | undefined => {
  const bytes = bytesOf(format);
  if (bytes === undefined) return undefined;
  const { size, red, green, blue, opacity } = bytes;
  const [base = 0] = bases;
  const [pitch = 0] = pitches;
  const slow = pixelByPixel(read);
  const room = size === 4 && blue === 0 && green === 1 && red === 2 ? wideRoom() : undefined;
  return (x, y, count, out, at) => {
    let from = base + y * pitch + x * size;
    if (from + count * size > memory.length) return slow(x, y, count, out, at);
    const to = room?.place(out, at);
    const brought = to === undefined ? undefined : room?.bring(memory.subarray(from, from + count * size));
    if (room !== undefined && to !== undefined && brought !== undefined) {
      if (opacity < 0) room.loops.widenSolid(brought, to, count);
      else room.loops.widen(brought, to, count);
      return;
    }
    for (let to = at, end = at + count * CHANNELS; to < end; to += CHANNELS, from += size) {
      out[to] = opacity < 0 ? OPAQUE : memory[from + opacity]! * 257;
      out[to + 1] = memory[from + red]! * 257;
      out[to + 2] = memory[from + green]! * 257;
      out[to + 3] = memory[from + blue]! * 257;
    }
  };
};

const bytesOf = (format: PixelFormat) => {
  if (format.kind !== 'rgb') return undefined;
  const { red, green, blue, opacity, alpha } = format;
  const byte = ([lo, bits]: Channel): number => (bits === 8 && lo % 8 === 0 ? lo / 8 : -1);
  const places = { red: byte(red), green: byte(green), blue: byte(blue), opacity: alpha ? byte(opacity) : -1 };
  if (Math.min(places.red, places.green, places.blue) < 0 || (alpha && places.opacity < 0)) return undefined;
  return { size: (format.planeBits[0] ?? 0) / 8, ...places };
};
