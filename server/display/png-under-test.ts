/** Reads the PNG files that the lab writes, chunk by chunk, so that tests see their pixels. */
import { crc32, inflateSync } from 'node:zlib';

export const readPng = (file: Uint8Array): { width: number; height: number; rgba: Uint8Array } => {
  const bytes = Buffer.from(file);
  if (bytes.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') throw new Error('no PNG signature');
  const chunks: [type: string, content: Buffer][] = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const typed = bytes.subarray(at + 4, at + 8 + length);
    if (crc32(typed) !== bytes.readUInt32BE(at + 8 + length)) throw new Error(`chunk at ${at}: wrong CRC`);
    chunks.push([typed.toString('latin1', 0, 4), typed.subarray(4)]);
    at += 12 + length;
  }
  const names = chunks.map(([type]) => type).join(' ');
  const [, head] = chunks[0] ?? ['', Buffer.alloc(13)];
  if (names !== 'IHDR IDAT IEND' || head.toString('hex', 8) !== '0806000000') throw new Error(`chunks ${names}`);
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const rows = inflateSync(chunks[1]?.[1] ?? '');
  if (rows.length !== (4 * width + 1) * height) throw new Error(`${rows.length} bytes of ${width}x${height}`);
  const rgba = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const at = y * (4 * width + 1);
    if (rows[at] !== 0) throw new Error(`row ${y} has filter ${rows[at]}`);
    rgba.set(rows.subarray(at + 1, at + 1 + 4 * width), y * 4 * width);
  }
  return { width, height, rgba };
};
