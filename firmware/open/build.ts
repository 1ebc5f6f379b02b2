/** Builds the open firmware with Debian's sdcc: `node firmware/open/build.ts [FILE [SOURCES]]` writes FILE, or the committed image, and its map. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LabError } from '#bus/errors.ts';
import { QT2025_IMAGE } from '#datasheets/qt2025.ts';
import { readIntelHex } from './intel-hex.ts';

/** Behind the header; the reset and timer 0 vectors below jump to the ones sdcc places here. */
const CODE_AT = 0x0b00;
const VECTORS = [0x0000, 0x000b] as const;
const LJMP = 0x02;
/** More than the first window of 16,384 bytes holds, so that a driver that splits the image wrongly is found out. */
const LENGTH = 20_011;
/** 2.1.1.0: of no vendor; new enough for falcon's mode switching, which asks for 2.0.1.0. */
const VERSION = [0x21, 0x01, 0x00, 0xff] as const;
const DATE = '11/21/26';
const TIME = '00:00:00';
const NOTICE = 'Ferrolab open firmware for the QT2025, source in firmware/open. ';
const UNITS = ['main', 'registers', 'i2c', 'module', 'eeprom'] as const;

const here = fileURLToPath(new URL('.', import.meta.url));
export const openFirmwarePath = join(here, '../ferrolab-qt2025.fw');
export const openFirmwareMapPath = join(here, '../ferrolab-qt2025.map');

/** The image, and where the functions in it are, `name address` a line. */
export interface OpenFirmware {
  readonly image: Uint8Array;
  readonly map: string;
}

/** `sources` is a directory with the files of this one, changed or not. */
export const buildOpenFirmware = (sources = here): OpenFirmware => {
  const work = mkdtempSync(join(tmpdir(), 'ferrolab-firmware-'));
  try {
    const objects = UNITS.map((unit) => join(work, `${unit}.rel`));
    for (const [i, unit] of UNITS.entries())
      sdcc('-mmcs51', '--opt-code-size', '-c', join(sources, `${unit}.c`), '-o', objects[i] ?? '');
    const hex = join(work, 'qt2025-open.ihx');
    sdcc('-mmcs51', '--code-loc', String(CODE_AT), '--iram-size', '256', ...objects, '-o', hex);
    const code = readIntelHex(readFileSync(hex, 'ascii'));
    const read = (file: string): string => readFileSync(join(work, file), 'ascii');
    return {
      image: toImage(code),
      map: labels(
        read('qt2025-open.map'),
        UNITS.map((unit) => read(`${unit}.rst`)),
      ),
    };
  } finally {
    rmSync(work, { recursive: true });
  }
};

/** A program at CODE_AT, with vectors, header, padding and checksum around it. */
const toImage = (code: ReadonlyMap<number, number>): Uint8Array => {
  const image = Uint8Array.from({ length: LENGTH }, (_, i) => NOTICE.charCodeAt(i % NOTICE.length));
  for (const [at, byte] of code) {
    if (at < CODE_AT || at >= LENGTH) throw new RangeError(`code at 0x${at.toString(16)} does not fit the image`);
    image[at] = byte;
  }
  for (const at of VECTORS) image.set([LJMP, (CODE_AT + at) >> 8, (CODE_AT + at) & 0xff], at);
  const { sumAt, lengthAt, dateAt, timeAt, versionAt } = QT2025_IMAGE;
  image.set(new TextEncoder().encode(DATE), dateAt);
  image.set(new TextEncoder().encode(TIME), timeAt);
  image.set(VERSION, versionAt);
  image.set([LENGTH >> 8, LENGTH & 0xff], lengthAt);
  image.set([0, 0], sumAt);
  const sum = image.reduce((total, byte) => (total + byte) & 0xffff, 0);
  image.set([sum >> 8, sum & 0xff], sumAt);
  return image;
};

/** Functions that units share, from lines of sdcc's map such as `C:   00000B20  _main  main`; the others from its listings: `00B20  12 _main:`. */
const labels = (map: string, listings: readonly string[]): string => {
  const shared = map.matchAll(/^C:\s+0000([0-9A-F]{4})\s+(__?[a-z]\S*)/gm);
  const own = listings.flatMap((listing) => [...listing.matchAll(/^\s+00([0-9A-F]{4})\s+\d+\s+(_[a-z]\w*):/gm)]);
  const found = new Map<string, string>();
  for (const [, address = '', name = ''] of [...shared, ...own])
    if (Number.parseInt(address, 16) >= CODE_AT && !name.endsWith('_dummy')) found.set(name, address);
  const inOrder = [...found].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0));
  return inOrder.map(([name, address]) => `${name} ${address}\n`).join('');
};

const sdcc = (...args: readonly string[]): void => {
  const { error, status, stderr } = spawnSync('sdcc', args, { encoding: 'utf8' });
  if (error !== undefined) throw new LabError('ENOENT', 'sdcc is not here: apt-get install sdcc', { cause: error });
  if (status !== 0) throw new LabError('EINVAL', `sdcc ${args.join(' ')} ended with ${status}: ${stderr}`);
};

if (import.meta.main) {
  const [, , path = openFirmwarePath, sources = here] = process.argv;
  const { image, map } = buildOpenFirmware(resolve(sources));
  writeFileSync(path, image);
  writeFileSync(path.replace(/(?:\.fw)?$/, '.map'), map);
}
