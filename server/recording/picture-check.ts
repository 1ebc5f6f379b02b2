/** Reads back a picture of a recording, as far as it is needed to say whether it is the frame whose CRC was recorded. */
import { crc32, inflateSync } from 'node:zlib';
import { LabError } from '#bus/errors.ts';
import { DISPLAY_MOST_PIXELS } from '#datasheets/display.ts';

const SIGNATURE = '89504e470d0a1a0a';
const TRUE_COLOUR_ALPHA = [8, 6, 0, 0, 0];
const HEAD_BYTES = 13;

/** The CRC a display gives for these pixels; EINVAL where the file is no picture of that size as recordings have them. */
export const crcOfPicture = (file: Uint8Array, width: number, height: number): number => {
  if (![width, height].every((size) => size > 0 && size <= DISPLAY_MOST_PIXELS))
    throw new LabError('EINVAL', `a frame of ${width}x${height}; a display has 1 to ${DISPLAY_MOST_PIXELS} each way`);
  const chunks = chunksOf(file);
  const head = chunks.get('IHDR');
  if (head === undefined || head.length !== HEAD_BYTES) throw new LabError('EINVAL', 'a picture without its head');
  const size = new DataView(head.buffer, head.byteOffset);
  const [across, down] = [size.getUint32(0), size.getUint32(4)];
  if (across !== width || down !== height)
    throw new LabError('EINVAL', `a picture of ${across}x${down} for a frame of ${width}x${height}`);
  if (TRUE_COLOUR_ALPHA.some((value, i) => head[8 + i] !== value))
    throw new LabError('EINVAL', 'a picture that is not eight bits each of red, green, blue and alpha');
  return crcOfRows(rowsOf(chunks.get('IDAT'), width, height), width, height);
};

const chunksOf = (file: Uint8Array): ReadonlyMap<string, Uint8Array> => {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.toString('hex', 0, 8) !== SIGNATURE) throw new LabError('EINVAL', 'a picture that is no PNG file');
  const found = new Map<string, Uint8Array>();
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const end = at + 8 + length;
    if (end + 4 > bytes.length) throw new LabError('EINVAL', `a picture with ${length} bytes beyond its end`);
    if (crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end))
      throw new LabError('EINVAL', 'a picture whose own checksum is wrong');
    found.set(bytes.toString('latin1', at + 4, at + 8), bytes.subarray(at + 8, end));
    at = end + 4;
  }
  return found;
};

/** A byte for the filter, none, and the pixels of the row. */
const rowsOf = (packed: Uint8Array | undefined, width: number, height: number): Buffer => {
  const expected = (4 * width + 1) * height;
  try {
    const rows = inflateSync(packed ?? new Uint8Array(), { maxOutputLength: expected });
    if (rows.length === expected) return rows;
  } catch (cause) {
    throw new LabError('EINVAL', `a picture whose pixels cannot be read (${(cause as Error).message})`, { cause });
  }
  throw new LabError('EINVAL', `a picture of fewer than ${expected} bytes`);
};

/** As vkms: chained over the lines, 16 bits each of alpha, red, green and blue, without inversions. */
const crcOfRows = (rows: Buffer, width: number, height: number): number => {
  const line = new Uint16Array(4 * width);
  const bytes = new Uint8Array(line.buffer);
  let crc = 0;
  for (let y = 0, at = 0; y < height; y++) {
    if (rows[at++] !== 0) throw new LabError('EINVAL', 'a picture with filtered rows');
    for (let x = 0; x < 4 * width; x += 4, at += 4) {
      line[x] = 0xffff;
      line[x + 1] = rows[at]! * 257;
      line[x + 2] = rows[at + 1]! * 257;
      line[x + 3] = rows[at + 2]! * 257;
    }
    crc = (crc32(bytes, ~crc >>> 0) ^ 0xffffffff) >>> 0;
  }
  return crc;
};
