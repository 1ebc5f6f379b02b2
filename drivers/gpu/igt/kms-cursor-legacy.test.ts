/** Cursors by the legacy calls: each rule and its errno, and that they and flips never wait for each other (IGT kms_cursor_legacy). */
import { expect, test } from 'vitest';
import type { VirtualClock } from '#bus/clock.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { codeOf, litCore } from '../drm-bench.ts';
import { litOn } from '../ferro-rig.ts';
import { frameDurationNs } from '../modes.ts';
import { CURSOR_FLAG } from '../plane-calls.ts';

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
const litBench = litOn(silicon);

const { BO, MOVE } = CURSOR_FLAG;

test('SETCURSOR refuses what is no cursor', async () => {
  const { bench, file, crtc, other, fb } = await litCore();
  const { handle } = file.createDumb({ width: 64, height: 64, bpp: 32 });
  const wrong: readonly (readonly [object, string])[] = [
    [{ flags: 0 }, 'EINVAL'],
    [{ flags: 4 }, 'EINVAL'],
    [{ crtcId: 9999 }, 'ENOENT'],
    [{ crtcId: fb }, 'ENOENT'],
    [{ crtcId: other.id }, 'EINVAL'],
    [{ handle: 77 }, 'ENOENT'],
    [{ width: 513 }, 'EINVAL'],
    [{ height: 513 }, 'EINVAL'],
    [{ width: 65 }, 'EINVAL'],
    [{ width: 0 }, 'EINVAL'],
    [{ flags: MOVE, x: 2 ** 31 }, 'EINVAL'],
    [{ hotX: 0.5 }, 'EINVAL'],
  ];
  for (const [of, errno] of wrong)
    await expect(
      bench.until(file.setCursor({ crtcId: crtc.id, flags: BO, width: 64, height: 64, handle, ...of })),
      JSON.stringify(of),
    ).rejects.toMatchObject({ code: errno });
  const looker = bench.device.open('looker');
  await expect(looker.setCursor({ crtcId: crtc.id, flags: MOVE })).rejects.toMatchObject({ code: 'EACCES' });
});

test('a CRTC without a cursor plane is ENXIO', async () => {
  const { device, file, rig, crtc } = await litBench();
  device.planes.splice(
    device.planes.findIndex(({ is }) => is.type === 'Cursor'),
    1,
  );
  await expect(rig.until(file.setCursor({ crtcId: crtc.id, flags: MOVE }))).rejects.toMatchObject({ code: 'ENXIO' });
});

test('picture, place and hotspot are kept apart: MOVE leaves the picture, BO the place (cursor-set)', async () => {
  const { bench, file, crtc } = await litCore();
  const cursor = bench.plane('Cursor');
  const { handle } = file.createDumb({ width: 64, height: 64, bpp: 32 });
  const set = (of: object) => bench.until(file.setCursor({ crtcId: crtc.id, flags: MOVE, ...of }));
  await set({ x: 5, y: -6 });
  expect(cursor.state).toMatchObject({ fb: null, crtcX: 5, crtcY: -6 });
  await set({ flags: BO, handle, width: 64, height: 64, hotX: 3, hotY: 4 });
  expect(cursor.state).toMatchObject({ crtcX: 5, crtcY: -6, crtcW: 64, hotspotX: 3, hotspotY: 4, visible: true });
  const { fb } = cursor.state;
  await set({ x: 50, y: 60 });
  expect(cursor.state).toMatchObject({ fb, crtcX: 50, crtcY: 60, hotspotX: 3 });
  await set({ flags: BO, handle: 0 });
  expect(cursor.state).toMatchObject({ fb: null, crtc: null, visible: false });
  expect(file.resources().fbs.length).toBe(1); // nobody has to remove what the call has made
  await bench.until(bench.device.idle());
  file.destroyDumb(handle);
});

test('cursors do not wait for a flip, flips are not busy because of a cursor (flip-vs-cursor, cursor-vs-flip, long-nonblocking)', async () => {
  const { rig, file, crtc, card, display, plane } = await litBench();
  const { handle } = file.createDumb({ width: 64, height: 64, bpp: 32 });
  new Uint32Array(file.map(handle).buffer).fill(0xffffffff);
  await rig.until(file.setCursor({ crtcId: crtc.id, flags: BO | MOVE, width: 64, height: 64, handle, x: 0, y: 0 }));
  const pictures = [card.picture(), card.picture()] as const;
  const counts: number[] = [];
  for (let frame = 0; frame < 60; frame++) {
    const flip = file.pageFlip({ crtcId: crtc.id, fbId: pictures[frame % 2 === 0 ? 0 : 1].fbId, flags: 1 });
    for (let moves = 0; moves < 10; moves++) {
      const asked = rig.clock.now();
      await file.setCursor({ crtcId: crtc.id, flags: MOVE, x: 4 * frame + moves, y: 10 });
      expect(rig.clock.now()).toBe(asked);
    }
    await rig.until(flip);
    await rig.pass(frameDurationNs(card.mode));
    counts.push(file.events.next()?.count ?? 0);
  }
  expect(counts).toEqual(counts.map((_, i) => (counts[0] ?? 0) + i));
  expect(plane('Cursor').state.crtcX).toBe(4 * 59 + 9);
  const { rgba, width } = display.frame();
  expect([rgba[4 * (10 * width + 244)], rgba[4 * (10 * width + 245)]]).toEqual([0, 255]);
  expect(rig.kernel.lines.filter((line) => !line.startsWith('info'))).toEqual([]);
  expect(rig.kernel.findings).toEqual([]);
});

test('a cursor that moves is copied nowhere', async () => {
  const { rig, file, crtc, pixel } = await litBench();
  const { handle } = file.createDumb({ width: 64, height: 64, bpp: 32 });
  new Uint32Array(file.map(handle).buffer).fill(0xff00ff00);
  await rig.until(file.setCursor({ crtcId: crtc.id, flags: BO | MOVE, width: 64, height: 64, handle, x: 0, y: 0 }));
  await rig.until(file.device.idle());
  const since = rig.trace.last;
  for (let x = 0; x < 100; x += 10) await rig.until(file.setCursor({ crtcId: crtc.id, flags: MOVE, x, y: 30 }));
  await rig.until(file.device.idle());
  expect(rig.uploaded(since)).toBe(0);
  expect([pixel(89, 30), pixel(90, 30)]).toEqual(['203040', '00ff00']);
});

test('a cursor is an ARGB8888 picture of its own buffer, whatever else is on show', async () => {
  const { bench, file, crtc } = await litCore();
  const { handle } = file.createDumb({ width: 32, height: 32, bpp: 32 });
  await bench.until(file.setCursor({ crtcId: crtc.id, flags: BO, width: 16, height: 16, handle }));
  const shown = bench.plane('Cursor').state.fb;
  expect(shown).toMatchObject({ width: 16, height: 16, format: { code: codeOf('ARGB8888') } });
  expect(shown?.planes[0]?.pitchBytes).toBe(64);
  await bench.until(bench.device.idle());
  expect(bench.told.at(-1)).toBe(`update Cursor 0 fb ${shown?.id} 0,0-16,16`);
});
