/** A QT2025 image that is correct by the checksum rule and holds no program: for tests that need no 8051. */
import { QT2025_IMAGE } from '#datasheets/qt2025.ts';

const LJMP = 0x02;

export const blankImage = (length: number, version: readonly number[] = [0x20, 0x03, 0x03]): Uint8Array => {
  const { sumAt, lengthAt, dateAt, timeAt, versionAt } = QT2025_IMAGE;
  const image = Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
  image.set([LJMP, 0, 0]);
  image.set([length >> 8, length & 0xff], lengthAt);
  image.set(new TextEncoder().encode('11/21/25'), dateAt);
  image.set(new TextEncoder().encode('03:45:00'), timeAt);
  image.set([...version, 0xff], versionAt);
  const sum = image.reduce((total, byte, i) => (i === sumAt || i === sumAt + 1 ? total : total + byte), 0);
  image.set([(sum >> 8) & 0xff, sum & 0xff], sumAt);
  return image;
};
