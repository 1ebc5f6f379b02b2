/** Colours on their way to the monitor: gamma table, new and legacy, and background, judged by CRCs of pictures that must be alike (IGT kms_color). */
import { expect, test } from 'vitest';
import type { VirtualClock } from '#bus/clock.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { litOn } from '../ferro-rig.ts';
import { cvtReduced } from '../mode-list.ts';

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
const litBench = litOn(silicon);

const ENTRIES = 256;

/** The GAMMA_LUT blob of a curve, the same for each colour. */
const lutOf = (curve: (i: number) => number): Uint8Array => {
  const view = new DataView(new ArrayBuffer(8 * ENTRIES));
  for (let i = 0; i < ENTRIES; i++)
    for (let channel = 0; channel < 3; channel++) view.setUint16(8 * i + 2 * channel, curve(i), true);
  return new Uint8Array(view.buffer);
};
const linear = (i: number): number => 257 * i;

const bench = async () => {
  const made = await litBench({}, () => cvtReduced(160, 120, 60));
  const { rig, file, crtc, card, display, set } = made;
  const show = async (colours: readonly number[]) => {
    const picture = card.picture();
    for (const [i, colour] of colours.entries()) picture.fill(20 * i, 0, 20, 120, colour);
    await rig.until(card.commit({ primary: { picture } }));
    return display.frameCrc();
  };
  const curve = async (of: (i: number) => number) => {
    await set(crtc.id, { GAMMA_LUT: file.createBlob(lutOf(of)) });
    return display.frameCrc();
  };
  return { ...made, show, curve };
};

const GREYS = [0x000000, 0x202020, 0x404040, 0x606060, 0x808080, 0xa0a0a0, 0xc0c0c0, 0xffffff];

test('a straight line is no gamma, and taking the table away is a straight line (gamma, ctm-identity)', async () => {
  const { show, curve, set, crtc, display } = await bench();
  const plain = await show(GREYS);
  expect(await curve(linear)).toBe(plain);
  expect(await curve((i) => 0xffff - linear(i))).not.toBe(plain);
  await set(crtc.id, { GAMMA_LUT: 0 });
  expect(display.frameCrc()).toBe(plain);
});

test('a table of all or nothing makes shades what pure colours are (gamma, max and zero)', async () => {
  const { show, curve, set, crtc } = await bench();
  const pure = await show([0x000000, 0xff0000, 0x00ff00, 0x0000ff, 0xffff00, 0xffffff, 0xff00ff, 0x00ffff]);
  await set(crtc.id, { GAMMA_LUT: 0 });
  const shades = await show([0x000000, 0x300000, 0x001000, 0x000080, 0x404000, 0x010101, 0x220033, 0x007744]);
  expect(shades).not.toBe(pure);
  expect(await curve((i) => (i === 0 ? 0 : 0xffff))).toBe(pure);
  const black = await curve(() => 0);
  await set(crtc.id, { GAMMA_LUT: 0 });
  expect(await show([])).toBe(black);
});

test('between two entries of the table lies a straight line', async () => {
  const { file, curve, set, plane, pixel, card } = await bench();
  const { handle, pitchBytes } = file.createDumb({ width: 160, height: 120, bpp: 64 });
  new Uint16Array(file.map(handle).buffer).fill(0x8080 + 64); // a quarter of the way from entry 128 to 129
  const fourcc = 0x38345258; // XR48
  const fb = file.addFb2({ width: 160, height: 120, fourcc, handles: [handle], pitches: [pitchBytes] });
  await set(plane('Primary').id, { FB_ID: fb });
  await curve((i) => (i === 129 ? 0xffff : 0));
  expect(Math.abs(Number.parseInt(pixel(0, 0).slice(0, 2), 16) - 0xff / 4)).toBeLessThan(2);
  expect(card.mode.hdisplay).toBe(160);
});

test('the legacy table is the same table (legacy-gamma, legacy-gamma-reset)', async () => {
  const { show, curve, set, rig, file, crtc, display } = await bench();
  await show(GREYS);
  const bent = (i: number): number => Math.floor((linear(i) * linear(i)) / 0xffff);
  const atomic = await curve(bent);
  await set(crtc.id, { GAMMA_LUT: 0 });
  const plain = display.frameCrc();
  const entries = Array.from({ length: ENTRIES }, (_, i) => bent(i));
  await rig.until(file.setGamma(crtc.id, { red: entries, green: entries, blue: entries }));
  expect(display.frameCrc()).toBe(atomic);
  expect(file.getGamma(crtc.id, ENTRIES)).toEqual({ red: entries, green: entries, blue: entries });
  expect(file.properties(crtc.id).get('GAMMA_LUT')?.value).not.toBe(0);
  await set(crtc.id, { GAMMA_LUT: 0 });
  expect(display.frameCrc()).toBe(plain);
  expect(file.getGamma(crtc.id, ENTRIES).green).toEqual(Array.from({ length: ENTRIES }, (_, i) => linear(i)));
});

test('tables of another size, and values that are none, are refused (invalid-gamma-lut-sizes)', async () => {
  const { rig, file, crtc, set, plane } = await bench();
  for (const bytes of [1, 8, 8 * 255, 8 * 257, 8 * 256 - 1, 8 * 256 + 1, 4096])
    await expect(set(crtc.id, { GAMMA_LUT: file.createBlob(new Uint8Array(bytes)) })).rejects.toMatchObject({
      code: 'EINVAL',
    });
  const right = Array.from({ length: ENTRIES }, (_, i) => linear(i));
  for (const [table, errno] of [
    [{ red: right.slice(1), green: right, blue: right }, 'EINVAL'],
    [{ red: right, green: right.slice(1), blue: right }, 'EINVAL'],
    [{ red: right, green: right, blue: [...right, 0] }, 'EINVAL'],
    [{ red: right.with(7, 0x10000), green: right, blue: right }, 'EINVAL'],
    [{ red: right, green: right.with(7, -1), blue: right }, 'EINVAL'],
  ] as const)
    await expect(rig.until(file.setGamma(crtc.id, table))).rejects.toMatchObject({ code: errno });
  for (const id of [0, 9999, plane('Primary').id])
    await expect(rig.until(file.setGamma(id, { red: right, green: right, blue: right }))).rejects.toMatchObject({
      code: 'ENOENT',
    });
  expect(() => file.getGamma(crtc.id, 255)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  expect(() => file.getGamma(9999, ENTRIES)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});

test('the background is what a picture of that colour is, and it too goes through the table', async () => {
  const { show, curve, set, crtc, plane, pixel, display } = await bench();
  const picture = await show(Array.from({ length: 8 }, () => 0xff8000));
  await set(crtc.id, { BACKGROUND_COLOR: 0xffff_8080_0000 });
  await set(plane('Primary').id, { FB_ID: 0, CRTC_ID: 0 });
  expect(display.frameCrc()).toBe(picture);
  await curve((i) => 0xffff - linear(i));
  expect(pixel(5, 5)).toBe('007fff');
  await expect(set(crtc.id, { BACKGROUND_COLOR: 2 ** 48 })).rejects.toMatchObject({ code: 'EINVAL' });
});
