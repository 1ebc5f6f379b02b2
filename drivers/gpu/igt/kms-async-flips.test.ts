/** Flips that do not wait for the vblank: who may ask for one, what it may change, when it is shown (IGT kms_async_flips). */
import { expect, test } from 'vitest';
import type { VirtualClock } from '#bus/clock.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { ATOMIC_FLAG } from '../atomic-request.ts';
import { DrmBench, litCore, MODE } from '../drm-bench.ts';
import { at640, litOn, requestFor } from '../ferro-rig.ts';

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
const litBench = litOn(silicon);

const { PAGE_FLIP_ASYNC, PAGE_FLIP_EVENT, NONBLOCK, ALLOW_MODESET } = ATOMIC_FLAG;
const FLIP_EVENT = 1;
const FLIP_ASYNC = 2;

test('a driver that cannot refuses both kinds, and says so by its capabilities', async () => {
  const { client, file, crtc, primary, fb } = await litCore();
  expect([file.capability('async_page_flip'), file.capability('atomic_async_page_flip')]).toEqual([0, 0]);
  await expect(client.atomic([[primary.id, { FB_ID: fb }]], PAGE_FLIP_ASYNC)).rejects.toMatchObject({ code: 'EINVAL' });
  await expect(file.pageFlip({ crtcId: crtc.id, fbId: fb, flags: FLIP_ASYNC })).rejects.toMatchObject({
    code: 'EINVAL',
  });
});

test('it may change what a primary plane shows, and nothing else; what stays as it is may be named (invalid-async-flip)', async () => {
  const bench = new DrmBench(2, { asyncFlip: true });
  const client = bench.client();
  const crtc = bench.device.crtcs[0]!; // the bench has two
  const connector = bench.device.connectors[0]!;
  const [primary, overlay] = [bench.plane('Primary'), bench.plane('Overlay')];
  const fb = client.fb(640, 480);
  await client.atomic(client.light(fb), ALLOW_MODESET);
  await client.atomic([[overlay.id, client.whole(fb, crtc.id, 64, 64)]]);
  const next = client.fb(640, 480);
  for (const [id, values] of [
    [primary.id, { CRTC_W: 320 }],
    [primary.id, { FB_ID: next, SRC_X: 65536 }],
    [overlay.id, { FB_ID: next }],
    [overlay.id, { zpos: 3 }],
    [crtc.id, { ACTIVE: 0 }],
    [crtc.id, { VRR_ENABLED: 1 }],
    [connector.id, { CRTC_ID: 0 }],
  ] as const)
    await expect(
      client.atomic([[id, values]], PAGE_FLIP_ASYNC | ALLOW_MODESET),
      JSON.stringify(values),
    ).rejects.toMatchObject({ code: 'EINVAL' });
  const same = { ...client.whole(next, crtc.id, 640, 480), CRTC_ID: crtc.id };
  await client.atomic(
    [
      [primary.id, same],
      [crtc.id, { ACTIVE: 1 }],
      [overlay.id, { FB_ID: fb }],
    ],
    PAGE_FLIP_ASYNC,
  );
  expect(primary.state.fb?.id).toBe(next);
  expect(bench.device.crtcs[0]?.state.mode).toEqual(MODE);
});

test('a hundred are shown between two vblanks, each with its event, the newest on the screen (async-flip-with-page-flip-events)', async () => {
  const { rig, file, crtc, card, pixel, display } = await litBench();
  const pictures = [card.picture(), card.picture()] as const;
  for (const [i, picture] of pictures.entries()) picture.fill(0, 0, 640, 480, i === 0 ? 0x00ff00 : 0xff0000);
  for (const picture of pictures) await rig.until(card.commit({ primary: { picture } }));
  const began = rig.clock.now();
  const { count } = await rig.until(file.sequence(crtc.id));
  for (let i = 0; i < 100; i++) {
    const { fbId } = pictures[i % 2 === 0 ? 0 : 1];
    await rig.until(file.pageFlip({ crtcId: crtc.id, fbId, flags: FLIP_EVENT | FLIP_ASYNC, userData: BigInt(i) }));
    await rig.until(file.device.idle());
    expect(file.events.next()).toMatchObject({ type: 'flip', userData: BigInt(i), count });
    expect(pixel(5, 5)).toBe(i % 2 === 0 ? '00ff00' : 'ff0000');
  }
  expect(rig.clock.now()).toBe(began);
  expect(display.inspect().interrupt.asserted).toBe(false);
});

test.each([
  ['at once', 0],
  ['after a millisecond, its interrupts after two', 1e6],
])(
  'a bus that answers %s: a flip at the vblank after one that did not wait is done at its vblank, and not before (alternate-sync-async-flip)',
  async (_, lagNs) => {
    const { rig, file, crtc, card, plane } = await litBench({}, at640, lagNs);
    const pictures = [card.picture(), card.picture()] as const;
    const primary = plane('Primary').id;
    const flip = (fbId: number, flags: number) =>
      file.atomic({ objects: [requestFor(file, primary, { FB_ID: fbId })], flags: flags | PAGE_FLIP_EVENT });
    for (let i = 0; i < 20; i++) {
      await rig.until(flip(pictures[0].fbId, PAGE_FLIP_ASYNC));
      const { count, timeNs } = file.events.next() ?? { count: 0, timeNs: 0 };
      expect(timeNs).toBeLessThanOrEqual(rig.clock.now());
      const asked = rig.clock.now();
      await rig.until(flip(pictures[1].fbId, 0));
      const shown = file.events.next();
      expect(shown?.count).toBeGreaterThan(count);
      expect(shown?.timeNs).toBeGreaterThan(asked);
      if (lagNs === 0) expect(shown?.count).toBe(count + 1);
    }
    // One that waits for its vblank keeps the CRTC busy for one that would not.
    await flip(pictures[0].fbId, NONBLOCK);
    await expect(flip(pictures[1].fbId, NONBLOCK | PAGE_FLIP_ASYNC)).rejects.toMatchObject({ code: 'EBUSY' });
    await expect(file.pageFlip({ crtcId: crtc.id, fbId: pictures[1].fbId, flags: FLIP_ASYNC })).rejects.toMatchObject({
      code: 'EBUSY',
    });
  },
);
