/** The QR encoder: known images, and bit for bit the images of an encoder nobody here wrote, in all forty versions. */
import { createHash } from 'node:crypto';
import { create, type QRCodeSegment } from 'qrcode';
import { expect, test } from 'vitest';
import { noise } from '#bus/random.ts';
import { type DigitCode, DigitReader } from './digits.ts';
import { type PayloadCode, QrEncoder, qrIsLight, qrPayloadLimit, qrVersionFor } from './qr.ts';
import {
  QR_MAX_CODEWORDS,
  QR_MAX_IMAGE_BYTES,
  qrAlignmentAt,
  qrAlignmentCount,
  qrBlocks,
  qrCodewords,
  qrDataCodewords,
  qrEcPerBlock,
  qrRowBytes,
  qrSize,
  qrVersionWord,
} from './qr-tables.ts';

const URL_Z = Buffer.from('https://kdj0c.github.io/panic_report?a=x86_64&v=6.15.0&z=');
const URL_ZL = Buffer.from('https://kdj0c.github.io/panic_report?a=x86_64&v=6.15.0&zl=');
const A = Buffer.from('48890b492d2e5148cecf2d284a2d2e4e4d51a8cac94c0200512b07c7', 'hex');
const B = Buffer.from(
  '48898b560002433d03308855f04e2dca4bcd512848cccb4c56d055c8cb2f5128aecc4bcecc4bb702328a8b0a154a8a32d3d3538b525314928b128b33b8a2e10618820c700e08b552305008f074b152305470cecfcd056acce00200288a1dae',
  'hex',
);
const C = Buffer.from('<raw kmsg> hello panic\n');
const NO_URL = new Uint8Array(0);

const encoder = new QrEncoder();
const scratch = new Uint8Array(QR_MAX_CODEWORDS);
const image = new Uint8Array(QR_MAX_IMAGE_BYTES);

const encode = (url: Uint8Array, payload: Uint8Array, code: PayloadCode, atLeast = 1): number =>
  encoder.encode(url, url.length, payload, payload.length, code, scratch, image, atLeast);
const packed = (version: number): Uint8Array => image.subarray(0, qrSize(version) * qrRowBytes(version));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test.each([
  ['A, z', URL_Z, A, 'z', 5, 'abc65e3538e4dff351232a70435ea10b9637d2d2c376cef722edf01029055964'],
  ['A, zl', URL_ZL, A, 'zl', 5, '1a3fe0f50c67a54ece64832c79fea9e6ac9bb7a6b1abf540ee45758081948905'],
  ['B, z', URL_Z, B, 'z', 8, '0535640db441f68d8c397476f915b13b3b061e42a4d75ac3b6c67fe283cd00ed'],
  ['C, plain', NO_URL, C, 'bytes', 2, 'ce4feab795f88f55dbb38c7752306d933f22e3a2923c9f59caa024e665d5ba2a'],
] as const)('draws vector %s bit for bit', (_, url, payload, code, version, digest) => {
  expect(encode(url, payload, code)).toBe(version);
  expect(sha256(packed(version))).toBe(digest);
});

test('writes the codewords of vector A', () => {
  encode(URL_Z, A, 'z');
  expect(Buffer.from(scratch.subarray(0, 134)).toString('hex')).toBe(
    '43968747470733a2f2f6b646a30632e6769746875622e696f2f70616e69635f7265706f72743f613d7838365f363426763d362e31352e30267a3d1110e47d9c376a6b96512c5c25f301a7231f49a4a2cc768c0d60777d9f6c000ec11ec11ec11ec11ec11ec11ec11ec11ec11' +
      '8269b10edcb43f3d20c53b9a0435b525c19f5c114c9f75e692e4',
  );
});

test('draws the packed image of vector C, light modules as ones', () => {
  encode(NO_URL, C, 'bytes');
  expect(Buffer.from(packed(2)).toString('hex')).toBe(
    '01b6c0007dc2df0045155100458cd10045dc51007dba5f0001554000ff117f80104a1d80d64f4a00b13b2800536a1e00f1f25b00e7671f005ce54a00b7d02a804d4a0680ff0a7300011855007d6977004515060045a7f180456063007d321e8001044e00',
  );
});

const randomBytes = (length: number, seed: number): Uint8Array => {
  return Uint8Array.from({ length }, (_, i) => Math.floor(noise(seed, i) * 256));
};

const digitsOf = (code: DigitCode, payload: Uint8Array): string => {
  const reader = new DigitReader();
  reader.begin(code, payload, payload.length);
  let digits = '';
  for (let digit = reader.next(); digit >= 0; digit = reader.next()) digits += digit;
  return digits;
};

/** Rows of the image as the other encoder has them: 1 is dark. */
const rowsOf = (version: number): string[] =>
  Array.from({ length: qrSize(version) }, (_, y) =>
    Array.from({ length: qrSize(version) }, (_, x) => (qrIsLight(image, qrRowBytes(version), x, y) ? 0 : 1)).join(''),
  );

const rowsOfPeer = (segments: QRCodeSegment[], version: number): string[] => {
  const { modules } = create(segments, { version, errorCorrectionLevel: 'L', maskPattern: 0 });
  return Array.from({ length: modules.size }, (_, y) =>
    Array.from(modules.data.slice(y * modules.size, (y + 1) * modules.size), Number).join(''),
  );
};

const VERSIONS = Array.from({ length: 40 }, (_, i) => i + 1);

test.each(VERSIONS)('draws version %i as npm qrcode does, bytes alone and bytes with digits', (version) => {
  const plain = randomBytes(qrDataCodewords(version) - 3, version);
  expect(encode(NO_URL, plain, 'bytes', version)).toBe(version);
  expect(rowsOf(version)).toEqual(rowsOfPeer([{ data: Buffer.from(plain), mode: 'byte' }], version));

  const url = Buffer.from(`h:?${version < 4 ? '' : 'a=x86_64&v=6.15&'}z=`);
  for (const code of ['z', 'zl'] as const) {
    const payload = randomBytes(qrPayloadLimit(code, version, url.length), 100 + version);
    expect(encode(url, payload, code, version)).toBe(version);
    const segments: QRCodeSegment[] = [
      { data: Buffer.from(url), mode: 'byte' },
      { data: digitsOf(code, payload), mode: 'numeric' },
    ];
    expect(rowsOf(version)).toEqual(rowsOfPeer(segments, version));
  }
});

test.each(['z', 'zl'] as const)('a %s payload as large as the limit of a version fits that version', (code) => {
  const wrong: string[] = [];
  for (let version = 1; version <= 40; version++)
    for (let urlBytes = 1; urlBytes <= 256; urlBytes++) {
      const limit = qrPayloadLimit(code, version, urlBytes);
      for (let length = limit; length > Math.max(0, limit - 13); length--) {
        const needed = qrVersionFor(code, urlBytes, length);
        if (needed === 0 || needed > version) wrong.push(`${version}: ${urlBytes} + ${length}`);
      }
    }
  expect(wrong).toEqual([]);
});

test('has the bounds of the kernel: 2821 bytes behind an address of 57, 2953 without one', () => {
  expect(qrPayloadLimit('z', 40, 57)).toBe(2821);
  expect(qrPayloadLimit('bytes', 40, 0)).toBe(2953);
  expect(qrPayloadLimit('z', 1, 14)).toBe(0);
});

test('refuses what no version holds and buffers too small, and leaves the image alone', () => {
  image.fill(0xaa);
  expect(encode(URL_Z, new Uint8Array(2900), 'z')).toBe(0);
  expect(encode(NO_URL, new Uint8Array(2954), 'bytes')).toBe(0);
  expect(encoder.encode(NO_URL, 0, C, C.length, 'bytes', scratch.subarray(1), image)).toBe(0);
  expect(encoder.encode(NO_URL, 0, C, C.length, 'bytes', scratch, image.subarray(1))).toBe(0);
  expect(encoder.encode(NO_URL, 0, C, C.length + 1, 'bytes', scratch, image)).toBe(0);
  expect(image.every((byte) => byte === 0xaa)).toBe(true);
});

test('reads the payload out of the very buffer it draws into', () => {
  encode(URL_Z, B, 'z');
  const apart = packed(8).slice();
  image.set(B);
  expect(encoder.encode(URL_Z, URL_Z.length, image, B.length, 'z', scratch, image)).toBe(8);
  expect(packed(8)).toEqual(apart);
});

/** ISO/IEC 18004, tables 1, 7, 9 and annexes D and E: codewords, data, checks a block, blocks, centres, version word. */
const ISO = [
  [1, 26, 19, 7, 1, '', 0],
  [2, 44, 34, 10, 1, '6 18', 0],
  [7, 196, 156, 20, 2, '6 22 38', 0x07c94],
  [8, 242, 194, 24, 2, '6 24 42', 0x085bc],
  [14, 581, 461, 30, 4, '6 26 46 66', 0x0e60d],
  [15, 655, 523, 22, 6, '6 26 48 70', 0x0f928],
  [18, 901, 721, 30, 6, '6 30 56 82', 0x12a17],
  [22, 1258, 1006, 28, 9, '6 26 50 74 98', 0x168c9],
  [24, 1474, 1174, 30, 10, '6 28 54 80 106', 0x18ec4],
  [30, 2185, 1735, 30, 15, '6 26 52 78 104 130', 0x1ed75],
  [32, 2465, 1955, 30, 17, '6 34 60 86 112 138', 0x209d5],
  [36, 3034, 2434, 30, 20, '6 24 50 76 102 128 154', 0x24b0b],
  [39, 3532, 2812, 30, 24, '6 26 54 82 110 138 166', 0x27541],
  [40, 3706, 2956, 30, 25, '6 30 58 86 114 142 170', 0x28c69],
] as const;

test.each(ISO)(
  'version %i has the numbers of the standard',
  (version, total, dataWords, checks, blocks, centres, word) => {
    expect(qrCodewords(version)).toBe(total);
    expect(qrDataCodewords(version)).toBe(dataWords);
    expect(qrEcPerBlock(version)).toBe(checks);
    expect(qrBlocks(version)).toBe(blocks);
    const found = Array.from({ length: qrAlignmentCount(version) }, (_, i) => qrAlignmentAt(version, i));
    expect(found.join(' ')).toBe(centres);
    if (version >= 7) expect(qrVersionWord(version)).toBe(word);
  },
);
