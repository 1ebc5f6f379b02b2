/** Writes of any span of bytes: what is half a sector is read, changed and written back. */
import { SECTOR_BYTES } from '#bus/block.ts';
import type { Medium } from './medium.ts';

/** False when memory is full. */
export const writeBytes = (
  medium: Medium,
  offset: number,
  length: number,
  source: Uint8Array,
  at: number,
  fua: boolean,
): boolean => {
  const inSector = offset % SECTOR_BYTES;
  const head = inSector === 0 ? 0 : Math.min(length, SECTOR_BYTES - inSector);
  const tail = (length - head) % SECTOR_BYTES;
  const whole = length - head - tail;
  if (head > 0 && !patch(medium, offset, source.subarray(at, at + head), fua)) return false;
  if (whole > 0 && !medium.write(offset + head, whole, source, at + head, fua)) return false;
  const from = at + head + whole;
  return tail === 0 || patch(medium, offset + head + whole, source.subarray(from, from + tail), fua);
};

const patch = (medium: Medium, offset: number, bytes: Uint8Array, fua: boolean): boolean => {
  const sector = new Uint8Array(SECTOR_BYTES);
  const start = offset - (offset % SECTOR_BYTES);
  medium.read(start, SECTOR_BYTES, sector, 0);
  sector.set(bytes, offset - start);
  return medium.write(start, SECTOR_BYTES, sector, 0, fua);
};
