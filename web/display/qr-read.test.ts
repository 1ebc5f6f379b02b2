/** Reading a code off a screen: every version, mask and kind of text, wherever it stands. */
import fc from 'fast-check';
import QRCode from 'qrcode';
import { expect, test } from 'vitest';
import { type Pixels, readQr } from './qr-read.ts';

const screenWith = (
  segments: QRCode.QRCodeSegment[] | string,
  of: { scale: number; x?: number; y?: number; version?: number; mask?: number },
): Pixels => {
  const { scale, x: left = 9, y: top = 5, version, mask = 0 } = of;
  const { modules } = QRCode.create(segments, {
    errorCorrectionLevel: 'L',
    maskPattern: mask as QRCode.QRCodeMaskPattern,
    ...(version === undefined ? {} : { version }),
  });
  const quiet = 4 * scale;
  const [width, height] = [left + modules.size * scale + 2 * quiet + 7, top + modules.size * scale + 2 * quiet + 3];
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [column, row] = [Math.floor((x - left - quiet) / scale), Math.floor((y - top - quiet) / scale)];
      const paper = x >= left && y >= top && column < modules.size + 4 && row < modules.size + 4;
      const inside = column >= 0 && row >= 0 && column < modules.size && row < modules.size;
      const light = paper && !(inside && modules.get(row, column) !== 0);
      data.fill(light ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3);
      data[(y * width + x) * 4 + 3] = 255;
    }
  return { width, height, data };
};

test('reads every version, as an independent encoder makes it', () => {
  for (let version = 1; version <= 40; version++)
    expect(readQr(screenWith(`version ${version}`, { scale: 2, version }))).toMatchObject({
      version,
      scale: 2,
      text: `version ${version}`,
    });
});

test('reads every mask', () => {
  for (let mask = 0; mask < 8; mask++) expect(readQr(screenWith('mask', { scale: 3, mask }))?.text).toBe('mask');
});

test('reads any address with any digits behind it, at any place and size', () => {
  const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 400 }).map((d) => d.join(''));
  fc.assert(
    fc.property(fc.webUrl(), digits, fc.integer({ min: 1, max: 3 }), fc.nat(40), fc.nat(40), (url, d, scale, x, y) => {
      const segments = [
        { data: new TextEncoder().encode(`${url}?z=`), mode: 'byte' },
        { data: d, mode: 'numeric' },
      ] as unknown as QRCode.QRCodeSegment[];
      expect(readQr(screenWith(segments, { scale, x, y }))?.text).toBe(`${url}?z=${d}`);
    }),
    { numRuns: 12 },
  );
});

test('finds nothing where there is nothing, whatever the pixels', () => {
  const size = fc.record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) });
  fc.assert(
    fc.property(size, fc.infiniteStream(fc.boolean()), ({ width, height }, noise) => {
      const data = new Uint8ClampedArray(width * height * 4);
      let i = 0;
      for (const light of noise) {
        if (i >= data.length) break;
        data.fill(light ? 255 : 0, i, i + 4);
        i += 4;
      }
      expect(readQr({ width, height, data })).toBeUndefined();
    }),
    { numRuns: 30 },
  );
});

test('a code with a broken format word is none', () => {
  const screen = screenWith('broken', { scale: 1, x: 0, y: 0 });
  for (let x = 0; x < 9; x++)
    screen.data.fill(0, ((4 + 8) * screen.width + 4 + x) * 4, ((4 + 8) * screen.width + 5 + x) * 4);
  expect(readQr(screen)).toBeUndefined();
});
