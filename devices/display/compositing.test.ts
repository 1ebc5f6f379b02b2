/** What is on the screen: formats, blending, order, rotation, scaling, gamma, CRC. Restates IGT families, named with each test. */
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DISPLAY } from '#datasheets/display.ts';
import { formatOf, fourcc, PIXEL_FORMATS, rowBytes, WRITEBACK_FORMATS } from '#datasheets/display-formats.ts';
import { bench } from './bench.ts';
import { Compositor } from './compositor.ts';
import type { Layer } from './layer.ts';
import { pixelReader, widen } from './pixel-read.ts';
import { narrow, writeLine } from './pixel-write.ts';

const BLACK = 0x000000;
const WHITE = 0xffffff;
/** Bars of the colours that every format has, black and white, in each row. */
const BARS = Array.from({ length: 64 * 32 }, (_, i) => (((i % 64) >> 3) & 1 ? WHITE : BLACK));

/** The bars in any format. */
const barsIn = (name: string, base: number) => {
  const format = PIXEL_FORMATS.find((each) => each.name === name)!;
  const pitches = format.planeBits.map((_, plane) => rowBytes(format, plane, 64) + 16);
  const bases = pitches.map((_, i) => base + pitches.slice(0, i).reduce((sum, pitch) => sum + pitch * 32, 0));
  const memory = new Uint8Array(bases.at(-1)! - base + pitches.at(-1)! * 32);
  for (let y = 0; y < 32; y++)
    for (let x = 0; x < 64; x++) {
      const white = BARS[y * 64 + x] === WHITE;
      for (const [plane, bits] of format.planeBits.entries()) {
        const chroma = format.kind === 'yuv' && plane > 0;
        if (chroma && (x % format.subX !== 0 || y % format.subY !== 0)) continue;
        const [px, py] = chroma ? [x / format.subX, y / format.subY] : [x, y];
        const at = bases[plane]! - base + py * pitches[plane]! + Math.floor((px * bits) / 8);
        if (bits < 8) {
          if (white) memory[at]! |= (2 ** bits - 1) << (8 - bits - ((px * bits) % 8));
        } else if (!chroma) memory.fill(white ? 0xff : 0, at, at + bits / 8);
        else if (format.depth === 8) memory.fill(0x80, at, at + bits / 8);
        else for (let i = 0; i < bits / 8; i += 2) memory[at + i + 1] = 0x80;
      }
    }
  // an opaque black needs its alpha
  if (format.alpha && format.kind !== 'yuv' && format.kind !== 'grey') {
    const size = format.planeBits[0]! / 8;
    const [lo, bits] = format.opacity;
    for (let y = 0; y < 32; y++)
      for (let x = 0; x < 64; x++)
        for (let bit = lo; bit < lo + bits; bit++) memory[y * pitches[0]! + x * size + (bit >> 3)]! |= 1 << (bit & 7);
  }
  return { memory, bases, pitches };
};

test('every format shows the same bars with the same CRC (kms_plane pixel-format)', () => {
  const on = bench();
  on.mode();
  on.words(0, BARS);
  on.plane('PRIMARY');
  on.now();
  const expected = on.display.frameCrc();
  expect(on.at(0, 0) + on.at(8, 0)).toBe('000000ffffff');
  for (const { name, code } of PIXEL_FORMATS) {
    const { memory, bases, pitches } = barsIn(name, 65_536);
    on.store(65_536, memory);
    const letters = String.fromCharCode(...[0, 8, 16, 24].map((shift) => (code >>> shift) & 0xff));
    on.plane('PRIMARY', { format: letters, bases, pitches });
    on.now();
    expect([name, on.display.frameCrc()]).toEqual([name, expected]);
  }
});

const layerOf = (name: string, memoryBases: readonly number[], more: Partial<Layer> = {}): Layer => ({
  plane: 'PRIMARY',
  format: PIXEL_FORMATS.find((format) => format.name === name)!,
  bases: memoryBases,
  pitches: [256, 256, 256],
  source: { x: 0, y: 0, width: 1, height: 1 },
  target: { x: 0, y: 0, width: 1, height: 1 },
  zpos: 0,
  alpha: 0xffff,
  blend: 'premultiplied',
  rotation: 0,
  reflectX: false,
  reflectY: false,
  bilinear: false,
  encoding: 'bt601',
  limited: false,
  ...more,
});

test('converts the YUV colours of the vkms format tests', () => {
  const rows = [
    ['bt601', false, [0xff, 0x80, 0x80], [0xffff, 0xffff, 0xffff]],
    ['bt601', false, [0x4c, 0x55, 0xff], [0xffff, 0, 0]],
    ['bt601', false, [0x96, 0x2c, 0x15], [0, 0xffff, 0]],
    ['bt601', true, [0xeb, 0x80, 0x80], [0xffff, 0xffff, 0xffff]],
    ['bt601', true, [0x51, 0x5a, 0xf0], [0xffff, 0, 0]],
    ['bt709', false, [0x36, 0x63, 0xff], [0xffff, 0, 0]],
    ['bt709', true, [0x10, 0x80, 0x80], [0, 0, 0]],
    ['bt2020', false, [0x43, 0x5c, 0xff], [0xffff, 0, 0]],
    ['bt2020', false, [0x0f, 0xff, 0x76], [0, 0, 0xffff]],
  ] as const;
  for (const [encoding, limited, yuv, rgb] of rows) {
    const out = new Uint16Array(4);
    pixelReader(layerOf('YUV444', [0, 1, 2], { encoding, limited }), Uint8Array.from(yuv))(0, 0, out, 0);
    for (const [i, part] of rgb.entries()) expect(Math.abs(out[i + 1]! - part)).toBeLessThan(0x300);
  }
});

test('what is written back reads again within half a step of its format', () => {
  const channel = fc.integer({ min: 0, max: 0xffff });
  fc.assert(
    fc.property(fc.constantFrom(...WRITEBACK_FORMATS), channel, channel, channel, (name, r, g, b) => {
      const layer = layerOf(name, [0]);
      const memory = new Uint8Array(8);
      writeLine(layer.format, Uint16Array.of(0xffff, r, g, b), memory, 0);
      const out = new Uint16Array(4);
      pixelReader(layer, memory)(0, 0, out, 0);
      const bits =
        name === 'RGB565'
          ? [5, 6, 5]
          : name.includes('2101010')
            ? [10, 10, 10]
            : name.includes('16161616')
              ? [16, 16, 16]
              : [8, 8, 8];
      expect(out[0]).toBe(0xffff);
      for (const [i, want] of [r, g, b].entries())
        expect(Math.abs(out[i + 1]! - want)).toBeLessThanOrEqual(0.5 + 0xffff / (2 ** bits[i]! - 1) / 2);
    }),
  );
  for (const bits of [1, 2, 4, 5, 6, 8, 10])
    for (let code = 0; code < 2 ** bits; code++) expect(narrow(widen(code, bits), bits)).toBe(code);
});

test('packs the example colour as the documents do', () => {
  const memory = new Uint8Array(8);
  const pack = (code: string): string => {
    writeLine(formatOf(fourcc(code))!, Uint16Array.of(0xffff, 0xffff, 0x8080, 0x4040), memory, 0);
    return [...memory.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  };
  expect(pack('RG16').slice(0, 4)).toBe('08fc');
  expect(pack('AR24')).toBe('4080ffff');
  expect(pack('XR30')).toBe('0109f8ff');
});

test.each([
  ['premultiplied', 0xffff, 0x80400000, 0xbf7f7f],
  ['coverage', 0xffff, 0x80ff0000, 0xff7f7f],
  ['none', 0xffff, 0x80ff0000, 0xff0000],
  ['none', 0x8080, 0x00ff0000, 0xff7f7f],
  ['premultiplied', 0, 0xffff0000, 0xffffff],
  ['coverage', 0xffff, 0x00ff0000, 0xffffff],
] as const)('blends %s with plane alpha %i (kms_plane_alpha_blend)', (blend, alpha, pixel, expected) => {
  const on = bench();
  on.mode();
  on.words(0, new Array(2048).fill(WHITE));
  on.words(8192, new Array(2048).fill(pixel >>> 0));
  on.plane('PRIMARY');
  on.plane('OVERLAY', {
    format: 'AR24',
    base: 8192,
    source: [0, 0, 8, 8],
    control: { BLEND: blend },
    order: { ALPHA: alpha },
  });
  on.now();
  expect(on.at(0, 0)).toBe(expected.toString(16).padStart(6, '0'));
  expect(on.at(8, 8)).toBe('ffffff');
});

test('z position decides who is nearer, the order of the blocks where they are equal (kms_plane_multiple)', () => {
  const on = bench();
  on.mode();
  on.words(0, new Array(2048).fill(0xff0000));
  on.words(8192, new Array(2048).fill(0x00ff00));
  on.plane('PRIMARY', { order: { ZPOS: 5 } });
  on.plane('OVERLAY', { base: 8192, order: { ZPOS: 5 } });
  on.now();
  expect(on.at(3, 3)).toBe('00ff00');
  on.plane('PRIMARY', { order: { ZPOS: 6 } });
  on.now();
  expect(on.at(3, 3)).toBe('ff0000');
});

test('a cursor half beside the screen shows the other half, at each edge (kms_cursor_crc)', () => {
  const on = bench();
  on.mode();
  on.words(0, new Array(256).fill(0xffffffff));
  on.set(DISPLAY.BACKGROUND_R, { RED: 0x1212 });
  on.set(DISPLAY.BACKGROUND_GB, { GREEN: 0x3434, BLUE: 0x5656 });
  for (const [x, y, lit, dark] of [
    [-8, -8, [7, 7], [8, 8]],
    [56, 24, [56, 24], [55, 23]],
    [-100, 0, [], [0, 0]],
    [64, 31, [], [63, 31]],
  ] as const) {
    on.plane('CURSOR', { format: 'AR24', base: 0, pitch: 64, source: [0, 0, 16, 16], target: [x, y, 16, 16] });
    on.now();
    if (lit.length > 0) expect(on.at(lit[0]!, lit[1]!)).toBe('ffffff');
    expect(on.at(dark[0]!, dark[1]!)).toBe('123456');
  }
});

/** A 2x2 picture: red, green; blue, white. */
const CORNERS = [0xff0000, 0x00ff00, 0x0000ff, 0xffffff];
const names = (on: ReturnType<typeof bench>): string =>
  [on.at(0, 0), on.at(1, 0), on.at(0, 1), on.at(1, 1)]
    .map((colour) => ({ ff0000: 'r', '00ff00': 'g', '0000ff': 'b', ffffff: 'w' })[colour] ?? '?')
    .join('');

test.each([
  ['none', false, false, 'rgbw'],
  ['r90', false, false, 'gwrb'],
  ['r180', false, false, 'wbgr'],
  ['r270', false, false, 'brwg'],
  ['none', true, false, 'grwb'],
  ['none', false, true, 'bwrg'],
  ['r90', true, false, 'rbgw'],
] as const)('turns %s with reflection x %s, y %s (kms_rotation_crc)', (rotation, x, y, expected) => {
  const on = bench();
  on.mode();
  on.words(0, CORNERS);
  const control = { ROTATION: rotation, REFLECT_X: x, REFLECT_Y: y };
  on.plane('PRIMARY', { pitch: 8, source: [0, 0, 2, 2], control });
  on.now();
  expect(names(on)).toBe(expected);
});

test('scales by nearest and by four neighbours (kms_plane_scaling)', () => {
  const on = bench();
  on.mode();
  on.words(0, [0xff0000, 0x0000ff]);
  on.plane('PRIMARY', { pitch: 8, source: [0, 0, 2, 1], target: [0, 0, 4, 4] });
  on.now();
  expect([0, 1, 2, 3].map((x) => on.at(x, 3))).toEqual(['ff0000', 'ff0000', '0000ff', '0000ff']);
  on.plane('PRIMARY', { pitch: 8, source: [0, 0, 2, 1], target: [0, 0, 4, 4], control: { FILTER: 'bilinear' } });
  on.now();
  expect([0, 1, 2, 3].map((x) => on.at(x, 3))).toEqual(['ff0000', 'bf0040', '4000bf', '0000ff']);
});

test('colours go through the gamma table from the next flip on, with straight lines between its entries (kms_color)', () => {
  const on = bench();
  on.mode(undefined, { GAMMA: true });
  on.words(0, new Array(2048).fill(0x804020));
  on.plane('PRIMARY');
  on.now();
  expect(on.at(0, 0)).toBe('804020');
  const inverted = Uint16Array.from({ length: 768 }, (_, i) => 0xffff - Math.floor(i / 3) * 257);
  on.store(0, new Uint8Array(inverted.buffer), 'gamma');
  expect(on.at(0, 0)).toBe('804020');
  on.now();
  expect(on.at(0, 0)).toBe('7fbfdf');
});

test('a base beyond memory shows the pattern and is found, never a crash (kms_big_fb)', () => {
  const on = bench();
  on.mode();
  on.plane('PRIMARY', { base: 0xfffff000, pitch: 0xffffffff });
  on.now();
  expect([on.at(0, 0), on.at(8, 0), on.at(8, 8)]).toEqual(['000000', 'ff00ff', '000000']);
  expect(on.read(on.display.registers.FINDING)).toMatchObject({ BASE_BEYOND_VRAM: true, BAD_FORMAT: false });
});

test('the CRC is crc32_le over lines of ARGB words, as vkms has it', () => {
  const on = bench();
  on.mode();
  on.words(
    0,
    Array.from({ length: 2048 }, (_, i) => (i * 2_654_435_761) & 0xffffff),
  );
  on.plane('PRIMARY');
  on.now();
  const { rgba } = on.display.frame();
  const argb = Uint16Array.from(rgba, (_, i) => (i % 4 === 0 ? 0xffff : rgba[i - 1]! * 257));
  // zlib inverts before and after; the kernel's does neither
  const expected = ~crc32(Buffer.from(argb.buffer), 0xffffffff) >>> 0;
  expect(on.display.frameCrc()).toBe(expected);
});

test('the quick way to a line gives what the compositor gives, bit for bit', () => {
  const place = fc.integer({ min: -20, max: 70 });
  const side = fc.integer({ min: 1, max: 64 });
  const one = fc.record({
    x: place,
    y: place,
    width: side,
    height: fc.integer({ min: 1, max: 32 }),
    format: fc.constantFrom('XR24', 'AR24'),
    blend: fc.constantFrom('premultiplied', 'none', 'coverage'),
    base: fc.nat(60_000).map((n) => n * 4),
  });
  const on = bench();
  on.mode();
  on.store(
    0,
    Uint8Array.from({ length: 300_000 }, (_, i) => (Math.imul(i, 2_654_435_761) >>> (i % 24)) & 0xff),
  );
  fc.assert(
    fc.property(one, one, one, (...planes) => {
      for (const [i, { x, y, width, height, format, blend, base }] of planes.entries())
        on.plane((['PRIMARY', 'OVERLAY', 'CURSOR'] as const)[i]!, {
          format,
          base,
          source: [0, 0, width, height],
          target: [x, y, width, height],
          control: { BLEND: blend },
        });
      on.now();
      const { rgba } = on.display.frame();
      const compositor = new Compositor(on.display.scene, on.display.span('vram')!);
      const line = new Uint16Array(64 * 4);
      for (let row = 0; row < 32; row++) {
        compositor.line(row, line);
        const slow = Array.from({ length: 256 }, (_, i) => (i % 4 === 3 ? 255 : line[i + 1]! >> 8));
        expect([...rgba.subarray(row * 256, row * 256 + 256)]).toEqual(slow);
      }
    }),
    { numRuns: 40 },
  );
});

test('damage names the tiles that changed since, and nothing else (kms_atomic plane-damage)', () => {
  const on = bench();
  on.mode({
    name: 'x',
    clockKhz: 1000,
    horizontal: [256, 260, 262, 300],
    vertical: [128, 130, 132, 150],
    hPositive: true,
    vPositive: true,
    source: 'ours',
  });
  on.plane('PRIMARY', { pitch: 1024, source: [0, 0, 256, 128] });
  on.now();
  const { version } = on.display.frame();
  expect(on.display.damageSince(version).rects).toEqual([]);
  on.words(70 * 1024 + 130 * 4, [WHITE]);
  const damage = on.display.damageSince(version);
  expect(damage.rects).toEqual([{ x: 128, y: 64, width: 64, height: 64 }]);
  expect(on.at(130, 70)).toBe('ffffff');
  expect(on.display.damageSince(damage.version).rects).toEqual([]);
  on.store(500_000, [1, 2, 3]);
  expect(on.display.damageSince(damage.version)).toEqual({ version: damage.version, rects: [] });
});
