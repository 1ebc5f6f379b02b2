/** Builds our placeholder firmware image: `node firmware/build.ts` writes firmware/ferrolab-qt2025.fw. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { QT2025_IMAGE } from '#datasheets/qt2025.ts';
import { program } from './program.ts';

/** Not a multiple of anything, and more than the first window of 16,384 bytes holds. */
const LENGTH = 24_451;
/** 2.1.0.0: of no vendor; new enough for falcon's mode switching, which asks for 2.0.1.0. */
const VERSION = [0x21, 0x00, 0x00, 0xff] as const;
const BUILT = { year: 26, month: 1, day: 1 } as const;
const NOTICE = 'Ferrolab placeholder firmware for a virtual QT2025. Not vendor code. ';

export const firmwarePath = fileURLToPath(new URL('./ferrolab-qt2025.fw', import.meta.url));

export const buildImage = (): Uint8Array => {
  const image = new Uint8Array(LENGTH);
  for (let i = 0; i < LENGTH; i++) image[i] = NOTICE.charCodeAt(i % NOTICE.length);
  const { sumAt, lengthAt, dateAt, timeAt, versionAt } = QT2025_IMAGE;
  const code = program(VERSION, [BUILT.year, BUILT.month, BUILT.day]);
  if (code.length > sumAt) throw new RangeError(`the program is ${code.length} bytes, the header is at ${sumAt}`);
  image.set(code);
  const two = (n: number): string => String(n).padStart(2, '0');
  image.set(ascii(`${two(BUILT.month)}/${two(BUILT.day)}/${two(BUILT.year)}`), dateAt);
  image.set(ascii('00:00:00'), timeAt);
  image.set(VERSION, versionAt);
  image.set([LENGTH >> 8, LENGTH & 0xff], lengthAt);
  const sum = image.reduce((total, byte, i) => (i === sumAt || i === sumAt + 1 ? total : (total + byte) & 0xffff), 0);
  image.set([sum >> 8, sum & 0xff], sumAt);
  return image;
};

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

if (import.meta.main) writeFileSync(firmwarePath, buildImage());
