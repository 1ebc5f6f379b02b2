/** The firmware the lab ships as tests want it: of another length, of another version, its sum right again. */
import { readFileSync } from 'node:fs';
import { QT2025_IMAGE } from '#datasheets/qt2025.ts';

const SHIPPED = new Uint8Array(readFileSync(new URL('../../firmware/ferrolab-qt2025.fw', import.meta.url)));

export interface ImageOptions {
  /** Bytes; what is more than the program is zeros. */
  readonly length?: number;
  readonly version?: readonly number[];
}

export const shippedImage = ({ length = SHIPPED.length, version }: ImageOptions = {}): Uint8Array => {
  const image = new Uint8Array(length);
  image.set(SHIPPED.subarray(0, length));
  const { sumAt, lengthAt, versionAt } = QT2025_IMAGE;
  image.set([length >> 8, length & 0xff], lengthAt);
  if (version !== undefined) image.set(version, versionAt);
  image.set([0, 0], sumAt);
  const sum = image.reduce((total, byte) => (total + byte) & 0xffff, 0);
  image.set([sum >> 8, sum & 0xff], sumAt);
  return image;
};
