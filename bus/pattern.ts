/** Data that says where it belongs: patterns to write to a disk and to look for when it is read back. */
import { SECTOR_BYTES } from './block.ts';
import { LabError } from './errors.ts';

/**
 * `5a` or `deadbeef` repeats those bytes from sector 0 on; `sector` fills each sector with its number (64 bits, little
 * endian); `sector:7` mixes in a 32-bit salt, so that two writes of the same place differ.
 */
export const fillPattern = (pattern: string, sector: number, sectors: number): Uint8Array<ArrayBuffer> => {
  const salt = /^sector(?::(\d{1,10}))?$/.exec(pattern);
  if (salt !== null) return numbered(sector, sectors, Number(salt[1] ?? 0));
  const hex = /^(?:0x)?((?:[0-9a-f]{2}){1,64})$/i.exec(pattern)?.[1];
  if (hex === undefined)
    throw new LabError(
      'EINVAL',
      `pattern '${pattern.slice(0, 40)}'; it takes 1 to 64 bytes in hexadecimal as 5a, or sector, or sector:SALT`,
    );
  const bytes = Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
  const out = new Uint8Array(sectors * SECTOR_BYTES);
  const phase = (sector * SECTOR_BYTES) % bytes.length;
  for (let i = 0; i < out.length; i++) out[i] = bytes[(phase + i) % bytes.length]!;
  return out;
};

/** The first byte that differs from the pattern; -1 when none does. */
export const mismatch = (pattern: string, sector: number, found: Uint8Array): number => {
  const wanted = fillPattern(pattern, sector, Math.ceil(found.length / SECTOR_BYTES));
  return found.findIndex((byte, i) => byte !== wanted[i]);
};

const numbered = (sector: number, sectors: number, salt: number): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(sectors * SECTOR_BYTES);
  const view = new DataView(out.buffer);
  for (let at = 0; at < out.length; at += 8) {
    const here = sector + Math.floor(at / SECTOR_BYTES);
    view.setUint32(at, here >>> 0, true);
    view.setUint32(at + 4, (Math.floor(here / 2 ** 32) ^ salt) >>> 0, true);
  }
  return out;
};
