/** Cursors of every size at every edge: what the plane shows is what the same pixels drawn by a program show (IGT kms_cursor_crc). */
import { expect, test } from 'vitest';
import type { VirtualClock } from '#bus/clock.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { litOn } from '../ferro-rig.ts';
import { cvtReduced } from '../mode-list.ts';
import { CURSOR_FLAG } from '../plane-calls.ts';

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
const litBench = litOn(silicon);

const [WIDTH, HEIGHT] = [320, 200] as const;
const { BO, MOVE } = CURSOR_FLAG;

/** A cursor with a hole, an opaque part and one seen through. */
const paint = (
  fill: (x: number, y: number, width: number, height: number, argb: number) => void,
  w: number,
  h: number,
) => {
  fill(0, 0, w, h, 0xffff0000);
  fill(w >> 2, h >> 2, w >> 1, h >> 1, 0x00000000);
  fill(0, h - 2, w, 2, 0x80008000);
};

const bench = async () => {
  const made = await litBench({}, () => cvtReduced(WIDTH, HEIGHT, 60));
  const { file, rig, crtc, card, picture, display } = made;
  const cursor = async (flags: number, of: object) => {
    await rig.until(file.setCursor({ crtcId: crtc.id, flags, ...of }));
    await rig.until(made.device.idle());
    return display.frameCrc();
  };
  const handleOf = (width: number, height: number): number => {
    const { handle } = file.createDumb({ width: 4 * width * height, height: 1, bpp: 8 });
    const pixels = new Uint32Array(file.map(handle).buffer);
    paint(
      (x, y, w, h, argb) => {
        for (let row = y; row < y + h; row++) pixels.fill(argb, row * width + x, row * width + x + w);
      },
      width,
      height,
    );
    return handle;
  };
  /** Without the plane: the program lays the pixels over its picture itself. */
  const drawn = async (x: number, y: number, width: number, height: number) => {
    const frame = card.picture();
    frame.bytes.set(picture.bytes);
    paint(
      (left, top, w, h, argb) => {
        const alpha = argb >>> 24;
        if (alpha === 0xff) frame.fill(x + left, y + top, w, h, argb);
        else if (alpha === 0) frame.fill(x + left, y + top, w, h, 0x203040);
        else frame.fill(x + left, y + top, w, h, 0x109820); // 008000 over 203040 seen through 7Fh of FFh
      },
      width,
      height,
    );
    await rig.until(card.commit({ primary: { picture: frame } }));
    const { rgba } = display.frame();
    const shown = Buffer.from(rgba);
    await rig.until(card.commit({ primary: { picture } }));
    return shown;
  };
  return { ...made, cursor, handleOf, drawn };
};

test.each([
  [32, 10],
  [64, 64],
  [85, 256],
  [128, 128],
  [256, 85],
  [512, 512],
])(
  'a cursor of %ix%i, on the screen, over each of its edges and beside it (cursor-onscreen, -offscreen, -sliding, -random)',
  async (width, height) => {
    const { cursor, handleOf, drawn, display, pixel } = await bench();
    const bare = display.frameCrc();
    const handle = handleOf(width, height);
    await cursor(BO | MOVE, { handle, width, height, x: 0, y: 0 });
    for (const [x, y] of [
      [0, 0],
      [100, 60],
      [-(width >> 1), 20],
      [20, -(height >> 1)],
      [WIDTH - (width >> 1), HEIGHT - (height >> 1)],
      [-width + 1, -height + 1],
      [WIDTH - 1, HEIGHT - 1],
    ] as const) {
      await cursor(MOVE, { x, y });
      const shown = Buffer.from(display.frame().rgba);
      await cursor(BO, { handle: 0 });
      expect(display.frameCrc()).toBe(bare);
      expect(`${x},${y}: ${shown.equals(await drawn(x, y, width, height))}`).toBe(`${x},${y}: true`);
      await cursor(BO, { handle, width, height });
    }
    for (const [x, y] of [
      [-width, 0],
      [0, -height],
      [WIDTH, 0],
      [0, HEIGHT],
      [-30_000, 30_000],
    ] as const)
      expect(await cursor(MOVE, { x, y })).toBe(bare);
    expect(pixel(10, 10)).toBe('203040');
  },
);

test('a cursor is gone while the screen is off, and there again when it is on (cursor-dpms, cursor-suspend)', async () => {
  const { cursor, handleOf, display, file, device, rig } = await bench();
  const lit = await cursor(BO | MOVE, { handle: handleOf(64, 64), width: 64, height: 64, x: 30, y: 30 });
  const [connector = 0] = file.resources().connectors;
  const dpms = file.properties(connector).get('DPMS')?.id ?? 0;
  await rig.until(file.setProperty(connector, dpms, 3));
  expect(device.crtcs[0]?.state.active).toBe(false);
  expect(display.frame()).toMatchObject({ width: 0 });
  await rig.until(file.setProperty(connector, dpms, 0));
  expect(display.frameCrc()).toBe(lit);
});

test('a cursor of another size takes the place of the last one (cursor-size-change)', async () => {
  const { cursor, handleOf } = await bench();
  const sizes = [64, 128, 256, 128, 64];
  const crcs = [];
  for (const side of sizes)
    crcs.push(await cursor(BO | MOVE, { handle: handleOf(side, side), width: side, height: side, x: 8, y: 8 }));
  expect(new Set(crcs).size).toBe(3);
  expect(crcs[0]).toBe(crcs[4]);
});
