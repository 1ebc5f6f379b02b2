/** A picture as a PNG file (RFC 2083, W3C PNG 3): true colour with alpha, 8 bits a channel, no interlace. */
import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';

export interface PngSource {
  readonly width: number;
  readonly height: number;
  /** Four bytes a pixel. */
  readonly rgba: Uint8Array;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const TRUE_COLOUR_ALPHA = 6;
const squeeze = promisify(deflate);

/** The pixels are taken before the first wait; packing them is done beside the main thread. */
export const png = async (source: PngSource): Promise<Buffer> =>
  pngOf(source, await squeeze(unfiltered(source.rgba, source.width * 4, source.height), { level: 1 }));

/** The file around rows that are packed already. */
export const pngOf = ({ width, height }: Pick<PngSource, 'width' | 'height'>, packed: Uint8Array): Buffer => {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, TRUE_COLOUR_ALPHA, 0, 0, 0], 8);
  return Buffer.concat([SIGNATURE, chunk('IHDR', head), chunk('IDAT', packed), chunk('IEND', Buffer.alloc(0))]);
};

/** Rows as they are: a filter would be work for the main thread (PNG 3, 9.2, type 0). */
export const unfiltered = (rgba: Uint8Array, rowBytes: number, height: number): Uint8Array => {
  const out = new Uint8Array((rowBytes + 1) * height);
  for (let y = 0; y < height; y++) out.set(rgba.subarray(y * rowBytes, (y + 1) * rowBytes), y * (rowBytes + 1) + 1);
  return out;
};

const chunk = (type: string, content: Uint8Array): Buffer => {
  const out = Buffer.alloc(12 + content.length);
  out.writeUInt32BE(content.length, 0);
  out.write(type, 4, 'latin1');
  out.set(content, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + content.length)), 8 + content.length);
  return out;
};
