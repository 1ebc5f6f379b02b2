/** Planes turned, mirrored and scaled (IGT kms_rotation_crc, kms_plane_scaling). */
import { expect, test } from 'vitest';
import type { VirtualClock } from '#bus/clock.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { PURE, squaresIn } from '../ferro-picture.ts';
import { litOn } from '../ferro-rig.ts';
import { ROTATION } from '../kms-state.ts';
import { cvtReduced } from '../mode-list.ts';

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
const litBench = litOn(silicon);

test('rotation, reflection and scaling reach the screen (kms_rotation_crc, kms_plane_scaling)', async () => {
  const { rig, card, picture, pixel, plane, set } = await litBench();
  const box = card.picture(64, 64);
  box.fill(0, 0, 64, 64, 0x0000ff);
  box.fill(0, 0, 32, 32, 0xff0000); // top left
  await rig.until(card.commit({ primary: { picture }, overlay: { picture: box } }));
  const corners = () =>
    [pixel(8, 8), pixel(56, 8), pixel(8, 56), pixel(56, 56)].map((rgb) => (rgb === 'ff0000' ? 1 : 0));
  const overlay = plane('Overlay').id;
  expect(corners()).toEqual([1, 0, 0, 0]);
  await set(overlay, { rotation: 4 });
  expect(corners()).toEqual([0, 0, 0, 1]);
  await set(overlay, { rotation: 1 | 16 });
  expect(corners()).toEqual([0, 1, 0, 0]);
  await set(overlay, { rotation: 2 });
  expect(corners()).toEqual([0, 0, 1, 0]); // counter-clockwise
  await set(overlay, { rotation: 1, CRTC_W: 128, CRTC_H: 128, SCALING_FILTER: 1 });
  expect([pixel(60, 60), pixel(70, 70), pixel(127, 127), pixel(128, 128)]).toEqual([
    'ff0000',
    '0000ff',
    '0000ff',
    '203040',
  ]);
  await expect(set(overlay, { CRTC_W: 64 * 17 })).rejects.toMatchObject({ code: 'ERANGE' });
});

const SIDE = 64;
const { reflectX, reflectY } = ROTATION;
/** Where a pixel of the source goes: mirrored first, then turned counter-clockwise. */
const TURNS: Readonly<Record<'rotate0' | 'rotate90' | 'rotate180' | 'rotate270', (x: number, y: number) => number>> = {
  rotate0: (x, y) => y * SIDE + x,
  rotate90: (x, y) => (SIDE - 1 - x) * SIDE + y,
  rotate180: (x, y) => (SIDE - 1 - y) * SIDE + (SIDE - 1 - x),
  rotate270: (x, y) => x * SIDE + (SIDE - 1 - y),
};

test.each(['XRGB8888', 'RGB565', 'XRGB16161616'])(
  '%s: each turn with each mirror is what a program that turns the pixels itself shows (primary-, sprite-rotation-90, -180, -270, -reflect-x)',
  async (name) => {
    const { file, plane, set, crtc, display } = await litBench({}, () => cvtReduced(160, 120, 60));
    const source = squaresIn(file, name, [SIDE, SIDE], PURE, 7);
    const place = { CRTC_ID: crtc.id, CRTC_X: 20, CRTC_Y: 10, CRTC_W: SIDE, CRTC_H: SIDE };
    const whole = { SRC_X: 0, SRC_Y: 0, SRC_W: SIDE << 16, SRC_H: SIDE << 16 };
    const bytesPerPixel = { XRGB8888: 4, RGB565: 2, XRGB16161616: 8 }[name] ?? 0;
    const pitch = source.pitches[0] ?? 0;
    source.bytes.fill(0, 10 * pitch, 10 * pitch + 16 * bytesPerPixel); // so that no turn is like another
    const seen = new Set<number>();
    for (const [turn, moved] of Object.entries(TURNS))
      for (const mirror of [0, reflectX, reflectY, reflectX | reflectY]) {
        const turned = squaresIn(file, name, [SIDE, SIDE], [0]);
        for (let y = 0; y < SIDE; y++)
          for (let x = 0; x < SIDE; x++) {
            const [mx, my] = [mirror & reflectX ? SIDE - 1 - x : x, mirror & reflectY ? SIDE - 1 - y : y];
            const to = moved(mx, my);
            const from = y * pitch + x * bytesPerPixel;
            const at = Math.floor(to / SIDE) * pitch + (to % SIDE) * bytesPerPixel;
            turned.bytes.set(source.bytes.subarray(from, from + bytesPerPixel), at);
          }
        await set(plane('Overlay').id, { FB_ID: turned.fbId, ...place, ...whole, rotation: ROTATION.rotate0 });
        const expected = display.frameCrc();
        const rotation = ROTATION[turn as keyof typeof TURNS] | mirror; // the keys of the table
        await set(plane('Overlay').id, { FB_ID: source.fbId, rotation });
        expect([turn, mirror, display.frameCrc()]).toEqual([turn, mirror, expected]);
        seen.add(expected);
      }
    expect(seen.size).toBe(8); // the sixteen are eight, each twice
  },
);
