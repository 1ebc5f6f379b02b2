/** Vertical blanks, flips and interrupts of the virtual display. Restates IGT families, named with each test. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DISPLAY } from '#datasheets/display.ts';
import { bench, FULL_HD, SMALL } from './bench.ts';

type Bench = ReturnType<typeof bench>;
/** 80 * 40 clocks at 192 kHz. */
const PERIOD = 16_666_666;

const count = (on: Bench): number => on.read(DISPLAY.VBLANK_COUNT_LO).VALUE;
const stamp = (on: Bench): number => {
  count(on);
  return on.read(DISPLAY.VBLANK_TIME_HI).VALUE * 2 ** 32 + on.read(DISPLAY.VBLANK_TIME_LO).VALUE;
};

test('counts frames of the mode, stamped with exact multiples however late one looks (kms_vblank)', () => {
  const on = bench();
  on.clock.advance(12_345);
  on.mode(FULL_HD);
  expect(on.read(DISPLAY.FRAME_NS).VALUE).toBe(16_666_666);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5_000_000_000 }), (ns) => {
      on.clock.advance(ns);
      const passed = Math.floor((on.clock.now() - 12_345) / 16_666_666);
      expect(count(on)).toBe(passed);
      expect(stamp(on)).toBe(12_345 + passed * 16_666_666);
    }),
    { numRuns: 50 },
  );
});

test('halves the period of an interlaced mode, and no frame is shorter than the floor (kms_invalid_mode int-max-clock)', () => {
  const on = bench();
  on.mode(FULL_HD, { INTERLACE: true });
  expect(on.read(DISPLAY.FRAME_NS).VALUE).toBe(8_333_333);
  on.mode({ ...FULL_HD, clockKhz: 0x7fffffff });
  expect(on.read(DISPLAY.FRAME_NS).VALUE).toBe(1_000_000);
});

test('sets no deadline while nobody waits', () => {
  const on = bench();
  on.mode();
  expect(on.clock.nextAt()).toBe(Number.POSITIVE_INFINITY);
  on.set(DISPLAY.INT_ENABLE, { VBLANK: true });
  expect(on.clock.nextAt()).toBe(PERIOD);
  on.set(DISPLAY.INT_ENABLE, {});
  expect(on.clock.nextAt()).toBe(Number.POSITIVE_INFINITY);
});

test('raises one interrupt each, and a status nobody enabled is there when one looks', () => {
  const on = bench();
  on.mode();
  on.clock.advance(3 * PERIOD);
  expect(on.read(DISPLAY.INT_STATUS).VBLANK).toBe(true);
  on.set(DISPLAY.INT_STATUS, { VBLANK: true });
  expect(on.read(DISPLAY.INT_STATUS).VBLANK).toBe(false);
  on.set(DISPLAY.INT_ENABLE, { VBLANK: true });
  for (let i = 0; i < 5; i++) {
    on.clock.advance(PERIOD);
    expect(on.lines).toEqual([true]);
    on.set(DISPLAY.INT_STATUS, { VBLANK: true });
    expect(on.lines.splice(0)).toEqual([true, false]);
  }
});

test('the counter never goes back over off and on (kms_vblank modeset)', () => {
  const on = bench();
  on.mode();
  on.clock.advance(10 * PERIOD);
  on.set(DISPLAY.CRTC_CTRL, {});
  on.clock.advance(5 * PERIOD);
  expect(count(on)).toBe(10);
  on.mode();
  on.clock.advance(PERIOD);
  expect(count(on)).toBe(11);
});

test('takes planes over at the next vertical blank, and says so (kms_flip plain-flip)', () => {
  const on = bench();
  on.mode();
  on.words(0, new Array(2048).fill(0xff0000));
  on.words(8192, new Array(2048).fill(0x00ff00));
  on.plane('PRIMARY');
  on.now();
  on.set(DISPLAY.INT_STATUS, { FLIP_DONE: true });
  on.set(DISPLAY.INT_ENABLE, { FLIP_DONE: true });
  on.plane('PRIMARY', { base: 8192 });
  on.set(DISPLAY.FLIP, { GO: true });
  on.clock.advance(PERIOD - 1);
  expect([on.at(0, 0), on.read(DISPLAY.FLIP_STATUS).PENDING, on.lines]).toEqual(['ff0000', true, []]);
  on.clock.advance(1);
  expect([on.at(0, 0), on.read(DISPLAY.FLIP_STATUS).PENDING, on.lines]).toEqual(['00ff00', false, [true]]);
  expect(on.read(DISPLAY.FLIP_COUNT).VALUE).toBe(1);
  expect(on.clock.nextAt()).toBe(Number.POSITIVE_INFINITY);
});

test('600 flips in 600 vertical blanks, none missed', () => {
  const on = bench();
  on.mode();
  on.plane('PRIMARY');
  on.set(DISPLAY.INT_ENABLE, { FLIP_DONE: true });
  let done = 0;
  on.display.onInterrupt((_, asserted) => {
    if (!asserted) return;
    on.set(DISPLAY.INT_STATUS, { FLIP_DONE: true });
    expect(on.read(DISPLAY.FLIP_COUNT).VALUE).toBe(++done);
    if (done < 600) on.set(DISPLAY.FLIP, { GO: true });
  });
  on.set(DISPLAY.FLIP, { GO: true });
  on.clock.advance(600 * PERIOD);
  expect(done).toBe(600);
});

test('finds a flip asked for while one waits', () => {
  const on = bench();
  on.mode();
  on.set(DISPLAY.FLIP, { GO: true });
  expect(on.read(DISPLAY.FINDING).FLIP_BUSY).toBe(false);
  on.set(DISPLAY.FLIP, { GO: true });
  expect(on.read(DISPLAY.FINDING).FLIP_BUSY).toBe(true);
});

test.each([
  { H_DISPLAY: 0 },
  { V_DISPLAY: 0 },
  { H_SYNC_START: 63 },
  { H_SYNC_END: 67 },
  { H_TOTAL: 71 },
  { V_SYNC_START: 31 },
  { V_SYNC_END: 33 },
  { V_TOTAL: 35 },
  { CLOCK_KHZ: 0 },
  { H_DISPLAY: 8193, H_SYNC_START: 8200, H_SYNC_END: 8210, H_TOTAL: 8300 },
] as const)('refuses timings with %o, and goes on as before (kms_invalid_mode)', (wrong) => {
  const on = bench();
  on.mode();
  for (const [name, value] of Object.entries(wrong)) on.value(DISPLAY[name as keyof typeof wrong], value);
  on.set(DISPLAY.CRTC_CTRL, { ENABLE: true });
  expect(on.read(DISPLAY.FINDING).BAD_MODE).toBe(true);
  expect(on.display.frame()).toMatchObject({ width: 64, height: 32 });
  on.set(DISPLAY.CRTC_CTRL, {});
  on.set(DISPLAY.CRTC_CTRL, { ENABLE: true });
  expect(on.read(DISPLAY.CRTC_CTRL).ENABLE).toBe(false);
});

test('with a variable rate a frame lasts until the flip, within its range (kms_vrr)', () => {
  const on = bench();
  on.set(DISPLAY.VRR_RANGE, { MIN_HZ: 20, MAX_HZ: 50 });
  on.mode(SMALL, { VRR: true });
  on.set(DISPLAY.INT_ENABLE, { FLIP_DONE: true });
  on.clock.advance(30_000_000);
  on.set(DISPLAY.FLIP, { GO: true });
  on.clock.advance(1);
  expect([count(on), stamp(on)]).toEqual([1, 30_000_000]);
  on.set(DISPLAY.FLIP, { GO: true });
  on.clock.advance(19_999_998);
  expect(count(on)).toBe(1);
  on.clock.advance(1);
  expect([count(on), stamp(on)]).toEqual([2, 50_000_000]);
  on.clock.advance(50_000_000);
  expect([count(on), stamp(on)]).toEqual([3, 100_000_000]);
});

test('a stuck vertical blank ends no flip until it is cleared', () => {
  const on = bench();
  on.mode();
  on.clock.advance(2 * PERIOD);
  on.display.fault('vblank-stuck');
  on.set(DISPLAY.FLIP, { GO: true });
  on.clock.advance(20 * PERIOD);
  expect([count(on), on.read(DISPLAY.FLIP_STATUS).PENDING]).toEqual([2, true]);
  on.display.clear('vblank-stuck');
  on.clock.advance(PERIOD);
  expect([count(on), on.read(DISPLAY.FLIP_STATUS).PENDING]).toEqual([3, false]);
});

test('a late one keeps its stamp, a lost one raises nothing and counts', () => {
  const on = bench();
  on.mode();
  on.set(DISPLAY.INT_ENABLE, { VBLANK: true });
  on.display.fault('vblank-late', { every: 2, us: 100 });
  on.clock.advance(PERIOD);
  on.set(DISPLAY.INT_STATUS, { VBLANK: true });
  on.clock.advance(PERIOD + 99_999);
  expect(on.read(DISPLAY.INT_STATUS).VBLANK).toBe(false);
  on.clock.advance(1);
  expect(on.read(DISPLAY.INT_STATUS).VBLANK).toBe(true);
  expect(stamp(on)).toBe(2 * PERIOD);
  on.display.clear();
  on.set(DISPLAY.INT_STATUS, { VBLANK: true });
  on.display.fault('vblank-lost', { every: 3 });
  on.clock.advance(PERIOD);
  expect([on.read(DISPLAY.INT_STATUS).VBLANK, count(on)]).toEqual([false, 3]);
});

test('a flip that is never done, and one that is done in silence', () => {
  const on = bench();
  on.mode();
  on.set(DISPLAY.INT_ENABLE, { FLIP_DONE: true });
  on.display.fault('flip-never');
  on.set(DISPLAY.FLIP, { GO: true });
  on.clock.advance(100 * PERIOD);
  expect(on.read(DISPLAY.FLIP_STATUS).PENDING).toBe(true);
  on.display.fault('flip-silent');
  on.display.clear('flip-never');
  on.clock.advance(PERIOD);
  expect([on.read(DISPLAY.FLIP_STATUS).PENDING, on.lines]).toEqual([false, []]);
});
