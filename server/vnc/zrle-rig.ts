/** Reads ZRLE tiles as RFC 6143, 7.7.6 describes them: the other side of the encoder, for tests. */
import type { VncPixelFormat } from './pixel-format.ts';
import type { ScreenRect } from './screen.ts';

/** Calls `put` for each pixel of the rectangle, by its place in it. */
export const readZrle = (
  bytes: Buffer,
  { width, height }: Pick<ScreenRect, 'width' | 'height'>,
  { bits, depth, bigEndian, red, green, blue }: VncPixelFormat,
  put: (i: number, pixel: number) => void,
): void => {
  const tops = [red, green, blue].map(({ most, shift }) => shift + Math.log2(most + 1));
  const low = Math.max(...tops) <= 24;
  const short = bits === 32 && depth <= 24 && (low || Math.min(red.shift, green.shift, blue.shift) >= 8);
  const size = short ? 3 : bits / 8;
  let at = 0;
  const byte = (): number => {
    const value = bytes[at++];
    if (value === undefined) throw new Error('the tiles end too early');
    return value;
  };
  const pixel = (): number => {
    let value = 0;
    for (let i = 0; i < size; i++) value += byte() * 256 ** (bigEndian ? size - 1 - i : i);
    return short && !low ? value * 256 : value;
  };
  for (let top = 0; top < height; top += 64)
    for (let left = 0; left < width; left += 64) {
      const [across, down] = [Math.min(64, width - left), Math.min(64, height - top)];
      const kind = byte();
      if (kind > 16) throw new Error(`tiles of kind ${kind} are not sent`);
      const palette = Array.from({ length: kind }, pixel);
      const wide = kind === 2 ? 1 : kind <= 4 ? 2 : 4;
      for (let y = 0; y < down; y++) {
        let held = 0;
        let left8 = 0;
        for (let x = 0; x < across; x++) {
          let value = palette[0] ?? 0;
          if (kind === 0) value = pixel();
          else if (kind > 1) {
            if (left8 === 0) {
              held = byte();
              left8 = 8;
            }
            left8 -= wide;
            value = palette[(held >> left8) & (2 ** wide - 1)]!;
          }
          put((top + y) * width + left + x, value);
        }
      }
    }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes behind the last tile`);
};
