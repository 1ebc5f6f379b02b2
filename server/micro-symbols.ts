/** Finds the names of a running program: the map beside the image whose bytes are in program memory. */
import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { LabError } from '#bus/errors.ts';
import type { CodeSymbol } from '#bus/micro-view.ts';
import { parseSymbols } from '#devices/qt2025/micro/debug-symbols.ts';
import { checkNamedFiles } from './file-trust.ts';

export interface FoundSymbols {
  readonly file: string;
  readonly symbols: readonly CodeSymbol[];
  /** Bytes of program memory that are not those of the image. */
  readonly differing: number;
}

const MAP_LIMIT = 4 * 1024 * 1024;
/** More than this share of other bytes, and it is another program. */
const STRANGE = 0.05;

/** The first of these images, by file or by name, that is what `code` holds, with the map beside it. */
export const findSymbols = (
  code: Uint8Array,
  images: readonly string[],
  firmware: (name: string) => Uint8Array,
): FoundSymbols | undefined => {
  for (const image of new Set(images)) {
    const bytes = quietly(() => readImage(image, firmware));
    if (bytes === undefined || bytes.length === 0) continue;
    const differing = bytes.reduce((count, byte, at) => count + (byte === code[at] ? 0 : 1), 0);
    if (differing > bytes.length * STRANGE) continue;
    for (const map of [image.replace(/\.[^./]*$/, '.map'), `${image}.map`]) {
      const text = map === image ? undefined : quietly(() => readMap(map, firmware));
      const symbols = text === undefined ? [] : (quietly(() => parseSymbols(text)) ?? []);
      if (symbols.length > 0) return { file: basename(map), symbols, differing };
    }
  }
  return undefined;
};

const readImage = (image: string, firmware: (name: string) => Uint8Array): Uint8Array =>
  image.includes('/') ? readOpen(image) : firmware(image);

const readMap = (map: string, firmware: (name: string) => Uint8Array): string =>
  new TextDecoder().decode(map.includes('/') ? readOpen(map) : firmware(map));

/** A file that everybody may read: what is in it, everybody who asks sees. */
const readOpen = (file: string): Uint8Array => {
  checkNamedFiles({ symbols: file });
  const { size } = statSync(resolve(file));
  if (size > MAP_LIMIT) throw new LabError('EFBIG', `${file} is ${size} bytes; ${MAP_LIMIT} are read`);
  return new Uint8Array(readFileSync(resolve(file)));
};

/** Not there or not to be read: there are no names then. */
const quietly = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};
