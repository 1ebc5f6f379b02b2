/** Framebuffers far larger than the screen: every part of them shown as if it were alone, turned or not; those too large refused (IGT kms_big_fb). */
import { expect, test } from 'vitest';
import type { VirtualClock } from '#bus/clock.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { PURE, squaresIn } from '../ferro-picture.ts';
import { bufferIn, litOn } from '../ferro-rig.ts';
import { ROTATION } from '../kms-state.ts';
import { cvtReduced } from '../mode-list.ts';

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
const litBench = litOn(silicon);

const SCREEN = [160, 120] as const;

test.each([
  ['XRGB8888', 4, 1280, 800],
  ['RGB565', 2, 8192, 160],
  ['XRGB16161616', 8, 500, 1100],
] as const)(
  '%s: each corner of a picture of %i bytes a pixel, %i x %i, straight and upside down (linear-*-rotate-0, -180, addfb-size-overflow)',
  async (name, bytesPerPixel, width, height) => {
    const { file, plane, set, display } = await litBench({}, () => cvtReduced(...SCREEN, 60));
    const big = squaresIn(file, name, [width, height], PURE, 29);
    const { rotate0, rotate180, reflectX, reflectY } = ROTATION;
    for (const [x, y] of [
      [0, 0],
      [width - SCREEN[0], 0],
      [0, height - SCREEN[1]],
      [width - SCREEN[0], height - SCREEN[1]],
      [133, 31],
    ] as const) {
      const part = bufferIn(file, name, ...SCREEN);
      for (let row = 0; row < SCREEN[1]; row++) {
        const from = (y + row) * (big.pitches[0] ?? 0) + x * bytesPerPixel;
        part.bytes.set(big.bytes.subarray(from, from + SCREEN[0] * bytesPerPixel), row * (part.pitches[0] ?? 0));
      }
      for (const rotation of [rotate0, rotate180]) {
        await set(plane('Primary').id, { FB_ID: part.fbId, SRC_X: 0, SRC_Y: 0, rotation });
        const crc = display.frameCrc();
        await set(plane('Primary').id, { FB_ID: big.fbId, SRC_X: x << 16, SRC_Y: y << 16, rotation });
        expect([x, y, rotation, display.frameCrc()]).toEqual([x, y, rotation, crc]);
      }
      // Both mirrors are half a turn.
      const turned = display.frameCrc();
      await set(plane('Primary').id, { rotation: rotate0 | reflectX | reflectY });
      expect(display.frameCrc()).toBe(turned);
    }
  },
);

test('a framebuffer beyond the device is EINVAL, one beyond video memory ENOMEM when it is to be shown', async () => {
  const { file, plane, set, pixel } = await litBench({ vramMib: 4 }, () => cvtReduced(...SCREEN, 60));
  for (const [width, height] of [
    [8193, 1],
    [1, 8193],
    [0, 10],
  ] as const) {
    const { handle } = file.createDumb({ width: 65_600, height: 2, bpp: 32 });
    const of = { width, height, fourcc: 0x34325258, handles: [handle], pitches: [4 * 8193] };
    expect(() => file.addFb2(of)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  }
  const big = bufferIn(file, 'XRGB8888', 8192, 8192);
  await expect(set(plane('Primary').id, { FB_ID: big.fbId })).rejects.toMatchObject({ code: 'ENOMEM' });
  expect(pixel(0, 0)).toBe('203040');
});

test('a base beyond video memory shows the pattern of the hardware; the driver says so, once for as long as it stays', async () => {
  const { rig, card, picture, pixel } = await litBench();
  const moved = rig.display.registers.PRIMARY_BASE0.at;
  let astray = true;
  rig.bus.filters.add((touch, next) =>
    next(astray && touch.op === 'write' && touch.at === moved ? { ...touch, value: 0xfff0_0000 } : touch),
  );
  for (let i = 0; i < 3; i++) await rig.until(card.commit({ primary: { picture } }));
  expect([pixel(0, 0), pixel(8, 0), pixel(0, 8), pixel(8, 8)]).toEqual(['000000', 'ff00ff', 'ff00ff', '000000']);
  const said = (): number => rig.kernel.lines.filter((line) => line.includes('BASE_BEYOND_VRAM')).length;
  expect(said()).toBe(1);
  expect(rig.kernel.lines.join('\n')).toMatch(/warning: the display found BASE_BEYOND_VRAM: A plane reads beyond/);
  expect(rig.kernel.findings).toEqual([expect.stringMatching(/^scanout: BASE_BEYOND_VRAM: /)]);
  astray = false;
  await rig.until(card.commit({ primary: { picture } }));
  expect(pixel(0, 0)).toBe('203040');
  expect(said()).toBe(1);
});
