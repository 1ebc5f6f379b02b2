/** What a VNC client may say, its pixel formats, and ZRLE, without a network. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClientInput, type VncEvent } from './client-input.ts';
import { Pending } from './pending.ts';
import { packPixelFormat, parsePixelFormat, pixelPacker, SERVER_FORMAT, type VncPixelFormat } from './pixel-format.ts';
import { intersection, type ScreenRect } from './screen.ts';
import { word } from './vnc-rig.ts';
import { zrleTiles } from './zrle.ts';
import { readZrle } from './zrle-rig.ts';

const HELLO = Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.of(1), Buffer.of(1)]);
const messages = fc.oneof(
  fc.constant(Buffer.concat([Buffer.of(0, 0, 0, 0), packPixelFormat(SERVER_FORMAT)])),
  fc.uint8Array({ maxLength: 40 }).map((list) => {
    const bytes = Buffer.alloc(4 + 4 * list.length);
    bytes[0] = 2;
    bytes.writeUInt16BE(list.length, 2);
    for (const [i, encoding] of list.entries()) bytes.writeInt32BE(encoding, 4 + 4 * i);
    return bytes;
  }),
  fc.uint8Array({ minLength: 9, maxLength: 9 }).map((rest) => Buffer.concat([Buffer.of(3), rest])),
  fc.constant(Buffer.of(4, 1, 0, 0, 0, 0, 0, 65)),
  fc.constant(Buffer.of(5, 1, 0, 9, 0, 9)),
  fc.uint8Array({ maxLength: 300 }).map((text) => {
    const head = Buffer.alloc(8);
    head[0] = 6;
    head.writeUInt32BE(text.length, 4);
    return Buffer.concat([head, text]);
  }),
  fc.constant(Buffer.concat([Buffer.of(251, 0, 4, 0, 3, 0, 1, 0), Buffer.alloc(16)])),
);

const heard = (bytes: Buffer, cuts: readonly number[] = []): readonly VncEvent[] => {
  const input = new ClientInput();
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).flatMap((end, i) => input.take(bytes.subarray(places[i], end)));
};

test('hears the same however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(messages, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 12 }), (said, cuts) => {
      const bytes = Buffer.concat([HELLO, ...said]);
      const whole = heard(bytes);
      expect(heard(bytes, cuts)).toEqual(whole);
      expect(whole.filter((event) => event.said === 'wrong')).toEqual([]);
      expect(whole.filter((event) => event.said === 'request')).toHaveLength(
        said.filter(([type]) => type === 3).length,
      );
    }),
  );
});

test('any bytes are heard or refused, and after a refusal nothing is heard', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, polite) => {
      const events = heard(Buffer.concat([polite ? HELLO : Buffer.alloc(0), bytes]));
      const wrong = events.findIndex((event) => event.said === 'wrong');
      if (wrong >= 0) expect(wrong).toBe(events.length - 1);
    }),
  );
});

test.each([
  ['GET / HTTP/1.1\r\n', /first words/],
  ['RFB 004.000\n', /first words/],
  ['RFB 003.008\n\x02', /security type 2/],
  ['RFB 003.008\n\x01\x01\x63', /message type 99/],
])('lets go who says %j', (text, why) => {
  expect(heard(Buffer.from(text, 'latin1')).at(-1)).toMatchObject({ said: 'wrong', why: expect.stringMatching(why) });
});

test('65,535 encodings leave the four that are known, in their order', () => {
  const bytes = Buffer.alloc(4 + 4 * 65_535);
  bytes[0] = 2;
  bytes.writeUInt16BE(65_535, 2);
  for (let i = 0; i < 65_535; i++) bytes.writeInt32BE([16, 7, -223, 0, 5][i % 5]!, 4 + 4 * i);
  expect(heard(Buffer.concat([HELLO, bytes])).at(-1)).toEqual({ said: 'encodings', encodings: [16, -223, 0] });
});

/** Any format that is one: three channels that do not overlap need not be asked for. */
const formats: fc.Arbitrary<VncPixelFormat> = fc
  .record({ bits: fc.constantFrom(8, 16, 32), big: fc.boolean(), places: fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)) })
  .map(({ bits, big, places }) => {
    const wide = bits === 8 ? [3, 3, 2] : bits === 16 ? [5, 6, 5] : [8, 8, 8];
    const order = [0, 1, 2].sort((a, b) => places[a]! - places[b]!);
    const spare = bits === 32 ? places[0] % 9 : 0;
    const shifts = [0, 0, 0];
    for (let i = 0, at = spare; i < 3; i++) {
      shifts[order[i]!] = at;
      at += wide[order[i]!]!;
    }
    const channel = (i: number) => ({ most: 2 ** wide[i]! - 1, shift: shifts[i]! });
    return {
      bits: bits as 8 | 16 | 32,
      depth: bits === 32 ? 24 : bits,
      bigEndian: big,
      trueColour: true,
      red: channel(0),
      green: channel(1),
      blue: channel(2),
    };
  });
const pixel = fc.nat(0xffffff).map((rgb) => (rgb | 0xff000000) >>> 0);
const expected = (rgba: number, { red, green, blue }: VncPixelFormat): number =>
  [red, green, blue].reduce(
    (sum, { most, shift }, i) => sum + Math.round((((rgba >>> (8 * i)) & 0xff) * most) / 255) * 2 ** shift,
    0,
  );

test('packs pixels for any format, on any byte', () => {
  fc.assert(
    fc.property(formats, fc.array(pixel, { minLength: 1, maxLength: 9 }), fc.nat(7), (format, list, at) => {
      const out = Buffer.alloc(at + list.length * 4 + 4);
      pixelPacker(format)(Uint32Array.from(list), 0, list.length, out, at);
      expect(list.map((_, i) => word(out, at + (i * format.bits) / 8, format))).toEqual(
        list.map((rgba) => expected(rgba, format)),
      );
      expect(parsePixelFormat(packPixelFormat(format))).toEqual(format);
    }),
  );
});

test.each([
  ['24 bits', [24, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]],
  ['a colour map of 16 bits', [16, 16, 0, 0, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]],
  ['a channel up to 200', [32, 24, 0, 1, 0, 200, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]],
  ['a channel up to 0', [32, 24, 0, 1, 0, 0, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]],
  ['a channel beyond the pixel', [16, 16, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]],
])('refuses %s', (_, bytes) => {
  expect(parsePixelFormat(Buffer.from(bytes))).toEqual(expect.any(String));
});

test('ZRLE is read back pixel for pixel, by whole tiles, palettes and single colours', () => {
  const picture = fc
    .record({ colours: fc.array(pixel, { minLength: 1, maxLength: 24 }), width: fc.integer({ min: 1, max: 150 }) })
    .chain(({ colours, width }) =>
      fc.record({
        width: fc.constant(width),
        pixels: fc
          .array(fc.constantFrom(...colours), { minLength: width, maxLength: width * 20 })
          .map((list) => Uint32Array.from(list.slice(0, list.length - (list.length % width)))),
      }),
    );
  fc.assert(
    fc.property(picture, formats, ({ width, pixels }, format) => {
      const [x, y] = [Math.min(3, width - 1), 0];
      const rect = { x, y, width: width - x, height: pixels.length / width };
      const found = new Array<number>(rect.width * rect.height);
      readZrle(zrleTiles(format, pixels, width, rect), rect, format, (i, value) => {
        found[i] = value;
      });
      const want = found.map((_, i) =>
        expected(pixels[Math.floor(i / rect.width) * width + x + (i % rect.width)]!, format),
      );
      expect(found).toEqual(want);
    }),
    { numRuns: 60 },
  );
});

test('what is pending is told once, and only where it was asked for', () => {
  const [width, height] = [200, 150];
  const whole = { x: 0, y: 0, width, height };
  const rect = fc.record({ x: fc.nat(220), y: fc.nat(160), width: fc.nat(220), height: fc.nat(160) });
  const inside = (r: ScreenRect, at: number): boolean => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return x >= r.x && y >= r.y && x < r.x + r.width && y < r.y + r.height;
  };
  const points = Array.from({ length: (width * height) / 50 }, (_, i) => i * 50 + ((i * 7) % 50));
  fc.assert(
    fc.property(fc.array(fc.record({ changed: rect, asked: rect }), { maxLength: 8 }), (steps) => {
      const pending = new Pending(width, height);
      expect(pending.take(whole).reduce((sum, part) => sum + part.width * part.height, 0)).toBe(width * height);
      let stale: readonly number[] = [];
      for (const { changed, asked } of [...steps, { changed: { ...whole, width: 0 }, asked: whole }]) {
        pending.add(changed);
        stale = points.filter((at) => stale.includes(at) || inside(changed, at));
        const told = pending.take(asked);
        for (const [i, part] of told.entries()) {
          expect(intersection(part, intersection(asked, whole))).toEqual(part);
          for (const other of told.slice(i + 1)) {
            const both = intersection(part, other);
            expect(both.width * both.height).toBe(0);
          }
        }
        for (const at of stale) if (inside(asked, at)) expect(told.some((part) => inside(part, at))).toBe(true);
        stale = stale.filter((at) => !inside(asked, at));
      }
      expect(pending.take(whole)).toEqual([]);
    }),
    { numRuns: 30 },
  );
});
