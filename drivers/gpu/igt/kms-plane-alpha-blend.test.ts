/** Alpha of pixels and of planes: each way of blending judged by CRCs of pictures that must be alike (IGT kms_plane_alpha_blend). */
import { expect, test } from 'vitest';
import type { VirtualClock } from '#bus/clock.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { litOn } from '../ferro-rig.ts';
import { BLEND } from '../kms-state.ts';
import { cvtReduced } from '../mode-list.ts';

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
const litBench = litOn(silicon);

const { Coverage, None, 'Pre-multiplied': Premultiplied } = BLEND;
const SIDE = 64;

/** A primary of two colours under an overlay; answers the CRC of what comes out. */
const blender = async () => {
  const bench = await litBench({}, () => cvtReduced(160, 120, 60));
  const { card, plane, set, display, crtc, picture, rig } = bench;
  picture.fill(0, 0, 80, 120, 0xffffff);
  await rig.until(card.commit({ primary: { picture } }));
  const bare = display.frameCrc();
  const place = { CRTC_ID: crtc.id, CRTC_X: 48, CRTC_Y: 20, CRTC_W: SIDE, CRTC_H: SIDE };
  const source = { SRC_X: 0, SRC_Y: 0, SRC_W: SIDE << 16, SRC_H: SIDE << 16 };
  const shown = async (pixel: number, blend: number, alpha = 0xffff, format: 'ARGB8888' | 'XRGB8888' = 'ARGB8888') => {
    const over = card.picture(SIDE, SIDE, format);
    over.fill(0, 0, SIDE, SIDE, pixel);
    const values = { FB_ID: over.fbId, ...place, ...source, alpha, 'pixel blend mode': blend };
    await set(plane('Overlay').id, values);
    return display.frameCrc();
  };
  return { bare, shown, ...bench };
};

test.each([
  ['Pre-multiplied', Premultiplied],
  ['Coverage', Coverage],
  ['None', None],
] as const)(
  '%s: opaque pixels hide, transparent pixels and planes do not show (alpha-opaque-fb, alpha-transparent-fb, constant-alpha-min, -max)',
  async (_, blend) => {
    const { bare, shown } = await blender();
    const opaque = await shown(0x00ff8000, blend, 0xffff, 'XRGB8888');
    expect(opaque).not.toBe(bare);
    expect(await shown(0xffff8000, blend)).toBe(opaque);
    expect(await shown(0xffff8000, blend, 0)).toBe(bare);
    const transparent = await shown(0x00000000, blend);
    if (blend === None) expect(transparent).toBe(await shown(0xff000000, blend));
    else expect(transparent).toBe(bare);
  },
);

test.each([
  ['Pre-multiplied', Premultiplied, 0x7e7e0000, 0xfcfc0000],
  ['Coverage', Coverage, 0x7eff0000, 0xfcff0000],
] as const)(
  '%s: alpha 7Eh of pixels under FCh of the plane is FCh under 7Eh (alpha-7efc, coverage-7efc)',
  async (_, blend, thin, thick) => {
    const { shown } = await blender();
    expect(await shown(thin, blend, 0xfcfc)).toBe(await shown(thick, blend, 0x7e7e));
  },
);

test('half of a colour is the same half by pixels, by premultiplied pixels and by the plane (coverage-vs-premult-vs-constant)', async () => {
  const { bare, shown, pixel } = await blender();
  const byPlane = await shown(0xffff00ff, None, 0x8080);
  expect(byPlane).not.toBe(bare);
  expect(pixel(60, 30)).toBe('ff7fff'); // over white
  expect(await shown(0x80ff00ff, Coverage)).toBe(byPlane);
  expect(await shown(0x80800080, Premultiplied)).toBe(byPlane);
  expect(await shown(0xffff00ff, Premultiplied, 0x8080)).toBe(byPlane);
});

test('steps of alpha darken in steps, and none is left out (constant-alpha-mid, alpha-basic)', async () => {
  const { shown, pixel } = await blender();
  const levels: number[] = [];
  for (let alpha = 0; alpha <= 0xffff; alpha += 0x1111) {
    await shown(0xff000000, Premultiplied, alpha);
    levels.push(Number.parseInt(pixel(60, 30).slice(0, 2), 16));
  }
  expect(levels).toEqual([255, 238, 221, 204, 187, 170, 153, 136, 119, 102, 85, 68, 51, 34, 17, 0]);
});
