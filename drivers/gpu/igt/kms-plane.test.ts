/** Planes on the screen: formats, place, panning, order, with CRCs compared across formats (IGT kms_plane). */
import { expect, test } from 'vitest';
import type { VirtualClock } from '#bus/clock.ts';
import { PIXEL_FORMATS } from '#datasheets/display-formats.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { BLACK_AND_WHITE, isRgb, PURE, squaresIn } from '../ferro-picture.ts';
import { litOn } from '../ferro-rig.ts';
import { cvtReduced } from '../mode-list.ts';

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
const litBench = litOn(silicon);

const SMALL = [160, 120] as const;
const lit = () => litBench({}, () => cvtReduced(...SMALL, 60));
const at = (x: number, y: number, width: number, height: number) => ({
  ...{ SRC_X: 0, SRC_Y: 0, SRC_W: width << 16, SRC_H: height << 16 },
  ...{ CRTC_X: x, CRTC_Y: y, CRTC_W: width, CRTC_H: height },
});

test.each([
  ['RGB', PURE, isRgb],
  ['scanout', BLACK_AND_WHITE, () => true],
] as const)('the same picture has the same CRC in every %s format (pixel-format)', async (_, colours, holds) => {
  const { file, plane, set, display } = await lit();
  const names = PIXEL_FORMATS.map(({ name }) => name).filter((name) => holds(name));
  const crcs = new Map<string, number>();
  for (const name of names) {
    await set(plane('Primary').id, { FB_ID: squaresIn(file, name, SMALL, colours).fbId });
    crcs.set(name, display.frameCrc());
  }
  const [first = 0] = crcs.values();
  expect(names.length).toBeGreaterThan(20);
  expect([...crcs].filter(([, crc]) => crc !== first)).toEqual([]);
  expect([...display.frame().rgba.subarray(0, 4)]).toEqual([0, 0, 0, 255]);
});

test('an overlay in any format shows what the primary shows (pixel-format, plane by plane)', async () => {
  const { file, plane, set, display, crtc } = await lit();
  const expected = squaresIn(file, 'XRGB8888', SMALL, BLACK_AND_WHITE);
  await set(plane('Primary').id, { FB_ID: expected.fbId });
  const crc = display.frameCrc();
  await set(plane('Primary').id, { FB_ID: 0, CRTC_ID: 0 });
  for (const { name } of PIXEL_FORMATS) {
    const { fbId } = squaresIn(file, name, SMALL, BLACK_AND_WHITE);
    await set(plane('Overlay').id, { FB_ID: fbId, CRTC_ID: crtc.id, ...at(0, 0, ...SMALL) });
    expect([name, display.frameCrc()]).toEqual([name, crc]);
  }
});

test.each([
  ['RGB565', 0.5],
  ['XRGB8888', 0.25],
  ['R8', 0.75],
  ['NV12', 0.5],
  ['YUV444', 0.5],
])('%s: no colour from beside the source comes in at its edges (pixel-format-source-clamping)', async (name, part) => {
  const { file, plane, set, pixel } = await lit();
  const sides = squaresIn(file, name, SMALL, BLACK_AND_WHITE, 80); // black, white; white, black
  const inside = { SRC_X: part * 65536, SRC_Y: part * 65536, SRC_W: (80 - 2 * part) * 65536, SRC_H: 60 << 16 };
  await set(plane('Primary').id, { FB_ID: sides.fbId, ...inside, SCALING_FILTER: 0 });
  for (const [x, y] of [
    [0, 0],
    [159, 0],
    [0, 119],
    [159, 119],
  ] as const)
    expect(pixel(x, y)).toBe('000000');
});

test.each([
  ['plane-position-covered', at(20, 10, 64, 64), [true, true]],
  ['plane-position-hole', at(0, 0, 160, 120), [true, true]],
  ['plane-position-covered, partly beside the screen', at(-32, -32, 64, 64), [false, false]],
  ['beside the screen', at(160, 0, 64, 64), [false, false]],
] as const)('%s: an overlay gives what the same pixels drawn into the primary give', async (_, place, [whole]) => {
  const { card, file, plane, set, display, crtc, picture, rig } = await lit();
  const { CRTC_X: x, CRTC_Y: y, CRTC_W: width, CRTC_H: height } = place;
  const box = card.picture(width, height);
  box.fill(0, 0, width, height, 0x0080ff);
  await set(plane('Overlay').id, { FB_ID: box.fbId, CRTC_ID: crtc.id, ...place });
  const overlaid = display.frameCrc();
  expect(plane('Overlay').state.visible).toBe(whole || x < 160);
  await set(plane('Overlay').id, { FB_ID: 0, CRTC_ID: 0 });
  const bare = display.frameCrc();
  const drawn = card.picture();
  drawn.bytes.set(picture.bytes);
  drawn.fill(x, y, width, height, 0x0080ff);
  await rig.until(card.commit({ primary: { picture: drawn } }));
  expect(display.frameCrc()).toBe(overlaid);
  expect(overlaid === bare).toBe(x >= 160);
  expect(file.plane(plane('Overlay').id).fbId).toBe(0);
});

test.each([
  ['top-left', 0, 0],
  ['bottom-right', 100, 80],
  ['in between', 37, 21],
])('plane-panning %s: a part of a large framebuffer is what that part alone would be', async (_, x, y) => {
  const { card, file, plane, set, display, rig } = await lit();
  const large = squaresIn(file, 'XRGB8888', [260, 200], PURE, 13);
  await set(plane('Primary').id, { FB_ID: large.fbId, SRC_X: x << 16, SRC_Y: y << 16 });
  const panned = display.frameCrc();
  const part = card.picture();
  for (let row = 0; row < 120; row++) {
    const from = (y + row) * (large.pitches[0] ?? 0) + 4 * x;
    part.bytes.set(large.bytes.subarray(from, from + 640), row * part.pitchBytes);
  }
  await rig.until(card.commit({ primary: { picture: part } }));
  expect(display.frameCrc()).toBe(panned);
});

test('overlay and cursor lie over the primary, in the order of zpos, with their alpha', async () => {
  const { rig, card, picture, pixel, plane, set } = await litBench();
  const overlay = card.picture(100, 100);
  overlay.fill(0, 0, 100, 100, 0xff0000);
  const cursor = card.picture(64, 64, 'ARGB8888');
  cursor.fill(0, 0, 64, 64, 0xff00ff00);
  cursor.fill(0, 0, 8, 8, 0);
  await rig.until(
    card.commit({
      primary: { picture },
      overlay: { picture: overlay, x: 50, y: 50 },
      cursor: { picture: cursor, x: 100, y: 100 },
    }),
  );
  expect([pixel(50, 50), pixel(149, 149), pixel(100, 100), pixel(160, 160)]).toEqual([
    'ff0000',
    '00ff00',
    'ff0000',
    '00ff00',
  ]);
  await set(plane('Overlay').id, { zpos: 5 });
  expect(pixel(149, 149)).toBe('ff0000');
  await set(plane('Overlay').id, { zpos: 1, alpha: 0 });
  expect(pixel(60, 60)).toBe('203040');
  await rig.until(card.commit({ primary: { picture }, overlay: null, cursor: null }));
  expect(pixel(120, 120)).toBe('203040');
  expect(plane('Overlay').state.fb).toBeNull();
});
