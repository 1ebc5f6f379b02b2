/** One framebuffer update on its way to a client: rectangle by rectangle, never more than a megabyte ahead of it. */
import { mappedColours, pixelPacker, type VncPixelFormat } from './pixel-format.ts';
import { ENCODING, RESIZE, SERVER } from './rfb.ts';
import type { ScreenFrame, ScreenRect } from './screen.ts';
import { type ZrleStream, zrleTiles } from './zrle.ts';

export interface UpdateOptions {
  readonly frame: ScreenFrame;
  readonly rects: readonly ScreenRect[];
  readonly format: VncPixelFormat;
  /** With it, ZRLE; else raw. */
  readonly zrle: ZrleStream | undefined;
  /** Resolves when the client's side took the bytes; rejects when it is gone. The buffer is used again then. */
  readonly write: (bytes: Buffer) => Promise<void>;
  /** Where raw pixels are put together; BAND_BYTES and a header fit. */
  readonly scratch: Buffer;
}

const HEADER_BYTES = 12;
const BAND_BYTES = 2 ** 20;
export const SCRATCH_BYTES = BAND_BYTES + 16 * HEADER_BYTES;

export const sendUpdate = async ({ frame, rects, format, zrle, write, scratch }: UpdateOptions): Promise<void> => {
  const { rgba, width } = frame;
  const pixels = new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.length / 4);
  const pixelBytes = format.bits / 8;
  const bands = rects.flatMap((rect) => bandsOf(rect, pixelBytes));
  const head = Buffer.alloc(4);
  head[0] = SERVER.update;
  head.writeUInt16BE(bands.length, 2);
  await write(head);
  if (zrle !== undefined) {
    for (const band of bands) {
      const body = await zrle.compress(zrleTiles(format, pixels, width, band));
      const bytes = Buffer.alloc(HEADER_BYTES + 4 + body.length);
      putRect(bytes, 0, band, ENCODING.zrle);
      bytes.writeUInt32BE(body.length, HEADER_BYTES);
      body.copy(bytes, HEADER_BYTES + 4);
      await write(bytes);
    }
    return;
  }
  const pack = pixelPacker(format);
  let at = 0;
  for (const band of bands) {
    const bytes = HEADER_BYTES + band.width * band.height * pixelBytes;
    if (at + bytes > scratch.length) {
      await write(scratch.subarray(0, at));
      at = 0;
    }
    putRect(scratch, at, band, ENCODING.raw);
    at += HEADER_BYTES;
    for (let y = band.y; y < band.y + band.height; y++) {
      pack(pixels, y * width + band.x, band.width, scratch, at);
      at += band.width * pixelBytes;
    }
  }
  if (at > 0) await write(scratch.subarray(0, at));
};

/** The whole update that tells a size: DesktopSize, or with `reason` ExtendedDesktopSize. */
export const sizeUpdate = (
  { width, height }: ScreenFrame,
  extended: { readonly by: number; readonly result: number } | null,
): Buffer => {
  const bytes = Buffer.alloc(4 + HEADER_BYTES + (extended === null ? 0 : 20));
  bytes[0] = SERVER.update;
  bytes.writeUInt16BE(1, 2);
  const { by, result } = extended ?? { by: 0, result: RESIZE.done };
  const encoding = extended === null ? ENCODING.desktopSize : ENCODING.extendedDesktopSize;
  putRect(bytes, 4, { x: by, y: result, width, height }, encoding);
  if (extended === null) return bytes;
  const screen = 4 + HEADER_BYTES;
  bytes[screen] = 1; // one screen, number 0, at 0,0
  bytes.writeUInt16BE(width, screen + 12);
  bytes.writeUInt16BE(height, screen + 14);
  return bytes;
};

/** The message of SetColourMapEntries. */
export const colourMap = (): Buffer => {
  const colours = mappedColours();
  const bytes = Buffer.alloc(6 + colours.length * 6);
  bytes[0] = SERVER.colourMap;
  bytes.writeUInt16BE(colours.length, 4);
  for (const [i, parts] of colours.entries())
    for (const [channel, part] of parts.entries()) bytes.writeUInt16BE(part, 6 + 6 * i + 2 * channel);
  return bytes;
};

const putRect = (out: Buffer, at: number, { x, y, width, height }: ScreenRect, encoding: number): void => {
  out.writeUInt16BE(x, at);
  out.writeUInt16BE(y, at + 2);
  out.writeUInt16BE(width, at + 4);
  out.writeUInt16BE(height, at + 6);
  out.writeInt32BE(encoding, at + 8);
};

/** Parts of a rectangle that fit a band, from top to bottom. */
const bandsOf = (rect: ScreenRect, pixelBytes: number): readonly ScreenRect[] => {
  const rows = Math.max(1, Math.floor(BAND_BYTES / (rect.width * pixelBytes)));
  return Array.from({ length: Math.ceil(rect.height / rows) }, (_, i) => ({
    ...rect,
    y: rect.y + i * rows,
    height: Math.min(rows, rect.height - i * rows),
  }));
};
