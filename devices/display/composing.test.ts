/** Composing by rows, spans and damage gives what composing each pixel by itself gives, bit for bit. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DISPLAY } from '#datasheets/display.ts';
import { PIXEL_FORMATS } from '#datasheets/display-formats.ts';
import { bench, type Shown } from './bench.ts';
import { Compositor } from './compositor.ts';
import { scalarBlends } from './quick-blend.ts';
import { referencePixel } from './reference-rig.ts';
import { simdBlends } from './simd-blend.ts';

const [WIDTH, HEIGHT] = [64, 32];
const PLANES = ['PRIMARY', 'OVERLAY', 'CURSOR'] as const;
const letters = (code: number): string => String.fromCharCode(...[0, 8, 16, 24].map((lo) => (code >>> lo) & 0xff));
const FORMATS = PIXEL_FORMATS.map(({ code }) => letters(code));
/** The formats with loops of their own, as often as all the others. */
const format = fc.oneof(
  fc.constantFrom('XR24', 'AR24', 'AR24', 'NV12', 'XB24', 'AB24', 'RG24'),
  fc.constantFrom(...FORMATS),
);

const side = fc.integer({ min: 1, max: WIDTH });
const place = fc.integer({ min: -20, max: 70 });
const plane: fc.Arbitrary<Shown> = fc
  .record({
    format,
    plain: fc.boolean(),
    source: fc.tuple(fc.nat(20 * 4), fc.nat(10 * 4), side, side),
    target: fc.tuple(place, place, side, fc.integer({ min: 1, max: HEIGHT })),
    base: fc.nat(250_000),
    pitch: fc.constantFrom(256, 260, 300),
    blend: fc.constantFrom('premultiplied', 'premultiplied', 'coverage', 'none'),
    alpha: fc.oneof(fc.constant(0xffff), fc.nat(0xffff)),
    rotation: fc.constantFrom('none', 'none', 'r90', 'r180', 'r270'),
    reflect: fc.tuple(fc.boolean(), fc.boolean()),
    filter: fc.constantFrom('nearest', 'bilinear'),
    encoding: fc.constantFrom('bt601', 'bt709', 'bt2020'),
    range: fc.constantFrom('full', 'limited'),
  })
  .map(({ plain, base, pitch, ...of }) => {
    const [x, y, width, height] = of.source;
    const [left, top, across, down] = of.target;
    const [REFLECT_X, REFLECT_Y] = plain ? [false, false] : of.reflect;
    return {
      format: of.format,
      // words stand on words in two of three
      bases: [base % 3 === 0 ? base : base & ~3, base >> 1, base >> 2],
      pitches: [pitch, 128, 64],
      source: plain ? [x >> 2, y >> 2, across, down] : [x / 4, y / 4, width, height],
      target: [left, top, across, down],
      control: {
        BLEND: of.blend,
        ROTATION: plain ? 'none' : of.rotation,
        REFLECT_X,
        REFLECT_Y,
        FILTER: of.filter,
        ENCODING: of.encoding,
        RANGE: of.range,
      },
      order: { ALPHA: of.alpha },
    } as Shown; // the texts are those of the registers
  });

/** A display whose memory is noise, also in the last bytes. */
const noisy = (length: number) => {
  const on = bench();
  on.mode();
  on.store(
    0,
    Uint8Array.from({ length }, (_, i) => (Math.imul(i, 2_654_435_761) >>> (i % 24)) & 0xff),
  );
  return on;
};

const expectReference = (on: ReturnType<typeof bench>): void => {
  const { rgba } = on.display.frame();
  const pixel = referencePixel(on.display.scene, on.display.span('vram')!);
  const compositor = new Compositor(on.display.scene, on.display.span('vram')!);
  compositor.begin();
  const wrong: unknown[] = [];
  for (let y = 0; y < HEIGHT && wrong.length === 0; y++)
    for (let x = 0; x < WIDTH; x++) {
      const want = pixel(x, y).slice(1);
      if (x === 0) compositor.line(y, compositor.row);
      const deep = [...compositor.row.subarray(x * 4 + 1, x * 4 + 4)];
      if (want.some((part, i) => part !== deep[i])) wrong.push({ x, y, want, deep });
      const at = (y * WIDTH + x) * 4;
      const found = [...rgba.subarray(at, at + 4)];
      if (want.some((part, i) => part >> 8 !== found[i]) || found[3] !== 255) wrong.push({ x, y, want, found });
    }
  expect(wrong).toEqual([]);
};

test('any three planes', () => {
  const on = noisy(300_000);
  const colour = fc.oneof(fc.constantFrom(0, 0x8080, 0xffff), fc.nat(0xffff));
  fc.assert(
    fc.property(fc.tuple(plane, plane, plane), colour, fc.boolean(), (planes, red, gamma) => {
      on.set(DISPLAY.BACKGROUND_R, { RED: red });
      on.set(DISPLAY.CRTC_CTRL, { ENABLE: true, GAMMA: gamma });
      for (const [i, shown] of planes.entries()) on.plane(PLANES[i]!, shown);
      on.now();
      expectReference(on);
    }),
    { numRuns: 60 },
  );
});

test('also where memory ends in the middle of a plane', () => {
  const on = noisy(2 ** 20);
  fc.assert(
    fc.property(plane, fc.nat(9000), (shown, before) => {
      const bases = (shown.bases ?? []).map((_, i) => 2 ** 20 - before - 500 * i);
      on.plane('PRIMARY', { ...shown, bases });
      on.now();
      expectReference(on);
    }),
    { numRuns: 30 },
  );
});

test('after damage: only the columns that changed are composed again, and the whole is right', () => {
  const on = noisy(300_000);
  const write = fc.record({ offset: fc.nat(299_000), bytes: fc.uint8Array({ minLength: 1, maxLength: 600 }) });
  const move = fc.record({ x: place, y: place });
  fc.assert(
    fc.property(fc.tuple(plane, plane, plane), fc.array(fc.oneof(write, move), { maxLength: 6 }), (planes, steps) => {
      for (const [i, shown] of planes.entries()) on.plane(PLANES[i]!, shown);
      on.now();
      on.display.frame();
      for (const step of steps) {
        if ('offset' in step) on.store(step.offset, step.bytes);
        else {
          const cursor = planes[2];
          const [, , width, height] = cursor.target ?? [0, 0, 1, 1];
          on.plane('CURSOR', { ...cursor, target: [step.x, step.y, width, height] });
          on.now();
        }
        on.display.frame();
      }
      expectReference(on);
    }),
    { numRuns: 40 },
  );
});

test('with vectors and without them a line is the same, bit for bit', () => {
  const on = noisy(300_000);
  const column = fc.nat(WIDTH);
  fc.assert(
    fc.property(fc.tuple(plane, plane, plane), fc.nat(HEIGHT - 1), column, column, (planes, y, a, b) => {
      for (const [i, shown] of planes.entries()) on.plane(PLANES[i]!, shown);
      on.now();
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const [quick, slow] = [0, 1].map(() => new Compositor(on.display.scene, on.display.span('vram')!)) as [
        Compositor,
        Compositor,
      ];
      const row = new Uint16Array(WIDTH * 4); // no pass was begun: rows of its own
      slow.line(y, row, from, to);
      quick.begin();
      expect(quick.row.buffer).not.toBe(row.buffer);
      quick.line(y, quick.row, from, to);
      expect([...quick.row.subarray(from * 4, to * 4)]).toEqual([...row.subarray(from * 4, to * 4)]);
    }),
    { numRuns: 60 },
  );
});

test('any span of a line is what the whole line has there', () => {
  const on = noisy(300_000);
  const column = fc.nat(WIDTH);
  fc.assert(
    fc.property(fc.tuple(plane, plane, plane), fc.nat(HEIGHT - 1), column, column, (planes, y, a, b) => {
      for (const [i, shown] of planes.entries()) on.plane(PLANES[i]!, shown);
      on.now();
      const compositor = new Compositor(on.display.scene, on.display.span('vram')!);
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const whole = new Uint16Array(WIDTH * 4);
      const part = new Uint16Array(WIDTH * 4).fill(7);
      compositor.begin();
      compositor.line(y, part, from, to);
      compositor.begin();
      compositor.line(y, whole);
      expect([...part]).toEqual([...whole].map((word, i) => (i >= from * 4 && i < to * 4 ? word : 7)));
    }),
    { numRuns: 60 },
  );
});

test('a scaled plane is read again in each pass, and where a wider span of it is wanted', () => {
  const on = noisy(300_000);
  on.plane('PRIMARY', { source: [0, 0, 16, 2], target: [0, 0, 64, 32], control: { FILTER: 'bilinear' } });
  const cursor = (x: number, y: number): void => {
    on.plane('CURSOR', { format: 'AR24', base: 4096, source: [0, 0, 8, 8], target: [x, y, 8, 8] });
    on.now();
  };
  cursor(0, 0);
  expectReference(on);
  // two spans on lines that show the same rows of the source
  cursor(40, 4);
  expectReference(on);
  for (const seed of [1, 2]) {
    on.store(
      0,
      Uint8Array.from({ length: 600 }, (_, i) => (i * seed) & 0xff),
    );
    expectReference(on);
  }
});

test.each([
  ['pixel by pixel', scalarBlends],
  ['by vectors', simdBlends()],
])('the quick blend %s is right for every byte above, below and of alpha', (_, blends) => {
  if (blends === undefined) throw new Error('this Node has no vectors');
  const words = new Uint32Array(259);
  const out = new Uint32Array(259);
  const wrong: number[] = [];
  for (let alpha = 0; alpha < 256; alpha++)
    for (let above = 0; above < 256; above += above < alpha ? 1 : 37) {
      words.fill((alpha << 24) | above);
      for (let below = 0; below < 256; below++) out[below + 1] = 0xff000000 | (below << 16);
      out[257] = 0x01020304;
      blends.over(words, 3, out, 1, 256);
      for (let below = 0; below < 256; below++) {
        // the equation in whole numbers: 257 * (255 * above + below * clear) / 255, to the nearest
        const sum = 257 * (255 * above + below * (255 - alpha));
        const word = Math.min(0xffff, Math.floor((2 * sum + 255) / 510));
        if (out[below + 1]! >>> 16 !== 0xff00 + (word >> 8)) wrong.push(alpha, above, below);
      }
      if (out[0] !== 0 || out[257] !== 0x01020304) wrong.push(alpha, above);
    }
  expect(wrong).toEqual([]);
});

test('vectors copy what pixels do, of any number and on any place', () => {
  const vectors = simdBlends();
  if (vectors === undefined) throw new Error('this Node has no vectors');
  const words = Uint32Array.from({ length: 20_000 }, (_, i) => Math.imul(i + 1, 2_654_435_761));
  fc.assert(
    fc.property(
      fc.constantFrom('copy', 'over'),
      fc.nat(40),
      fc.nat(40),
      fc.oneof(fc.nat(70), fc.nat(19_000)),
      (blend, from, to, count) => {
        const [ours, theirs] = [words.slice().reverse(), words.slice().reverse()];
        vectors[blend](words, from, ours, to, count);
        scalarBlends[blend](words, from, theirs, to, count);
        const differ = ours.findIndex(
          (pixel, i) => (i >= to && i < to + count ? (pixel ^ theirs[i]!) & 0xffffff : pixel ^ theirs[i]!) !== 0,
        );
        expect(differ).toBe(-1);
      },
    ),
    { numRuns: 60 },
  );
});
