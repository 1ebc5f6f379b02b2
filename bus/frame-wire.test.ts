import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabError } from './errors.ts';
import { decodeFrame, encodeFrame, type FrameHead, type FrameRect, frameBytes } from './frame-wire.ts';

const counter = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const picture = fc
  .record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) })
  .chain((size) => {
    const rect: fc.Arbitrary<FrameRect> = fc
      .record({ x: fc.nat({ max: size.width - 1 }), y: fc.nat({ max: size.height - 1 }) })
      .chain(({ x, y }) =>
        fc.record({
          x: fc.constant(x),
          y: fc.constant(y),
          width: fc.integer({ min: 1, max: size.width - x }),
          height: fc.integer({ min: 1, max: size.height - y }),
        }),
      );
    const head: fc.Arbitrary<FrameHead> = fc.record({
      seq: counter,
      timeNs: counter,
      width: fc.constant(size.width),
      height: fc.constant(size.height),
      modeWidth: fc.nat({ max: 0xffff }),
      modeHeight: fc.nat({ max: 0xffff }),
      scale: fc.constantFrom(1, 2, 4, 8, 16),
      full: fc.boolean(),
      more: fc.boolean(),
      vblanks: counter,
      flippedAt: counter,
      version: counter,
    });
    const bytes = size.width * size.height * 4;
    return fc.record({
      head,
      rects: fc.array(rect, { maxLength: 8 }),
      rgba: fc.uint8Array({ minLength: bytes, maxLength: bytes }),
    });
  });

const encoded = (head: FrameHead, rects: readonly FrameRect[], rgba: Uint8Array, room = 0): Uint8Array<ArrayBuffer> =>
  encodeFrame(new Uint8Array(frameBytes(rects) + room), head, rects, { rgba, width: head.width });

test('every picture comes out as it went in, from the middle of a larger buffer too', () => {
  fc.assert(
    fc.property(picture, fc.nat({ max: 64 }), ({ head, rects, rgba }, shift) => {
      const message = encoded(head, rects, rgba, 9);
      const larger = new Uint8Array(message.length + shift);
      larger.set(message, shift);
      const { tiles, ...rest } = decodeFrame(larger.subarray(shift));
      expect(rest).toEqual(head);
      expect(tiles.map(({ rgba: _, ...rect }) => rect)).toEqual(rects);
      for (const tile of tiles)
        for (let i = 0; i < tile.rgba.length; i++) {
          const [x, y] = [tile.x + ((i >> 2) % tile.width), tile.y + Math.floor((i >> 2) / tile.width)];
          expect(tile.rgba[i]).toBe(rgba[(y * head.width + x) * 4 + (i & 3)]);
        }
      expect(decodeFrame(message.slice().buffer)).toEqual(decodeFrame(message));
    }),
  );
});

test('a message that is cut, longer, or changed anywhere is a picture or EPROTO, and nothing else', () => {
  fc.assert(
    fc.property(
      picture,
      fc.nat(),
      fc.nat({ max: 255 }),
      fc.integer({ min: -80, max: 80 }),
      ({ head, rects, rgba }, at, value, by) => {
        const message = encoded(head, rects, rgba).slice();
        message[at % message.length] = value;
        const changed = new Uint8Array(Math.max(0, message.length + by));
        changed.set(message.subarray(0, changed.length));
        try {
          const { width, height, tiles } = decodeFrame(changed);
          expect(by).toBe(0);
          for (const { x, y, width: across, height: down, rgba: part } of tiles) {
            expect(x + across).toBeLessThanOrEqual(width);
            expect(y + down).toBeLessThanOrEqual(height);
            expect(part.length).toBe(across * down * 4);
          }
        } catch (thrown) {
          if (!(thrown instanceof LabError)) throw thrown;
          expect(thrown.code).toBe('EPROTO');
        }
      },
    ),
  );
});

test('a message that names four thousand million parts is refused before anything is made for them', () => {
  const head = {
    seq: 1,
    timeNs: 0,
    width: 4,
    height: 4,
    modeWidth: 4,
    modeHeight: 4,
    scale: 1,
    full: true,
    more: false,
  };
  const message = encoded({ ...head, vblanks: 0, flippedAt: 0, version: 1 }, [], new Uint8Array(64));
  new DataView(message.buffer).setUint32(4, 0xffff_ffff, true);
  expect(() => decodeFrame(message)).toThrow(/cannot hold 4294967295 parts/);
});
