/** Setting modes by SETCRTC, and link status, which asks for it (IGT kms_setmode). */
import { expect, test } from 'vitest';
import type { VirtualClock } from '#bus/clock.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { ATOMIC_FLAG } from '../atomic-request.ts';
import { litCore, MODE } from '../drm-bench.ts';
import { litOn } from '../ferro-rig.ts';
import { DMT } from '../mode-list.ts';

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
const litBench = litOn(silicon);

const { ALLOW_MODESET } = ATOMIC_FLAG;

test('SETCRTC refuses connectors, framebuffers and places that do not go together (invalid-clone-*, basic)', async () => {
  const { bench, client, file, crtc, connector, fb } = await litCore();
  const set = (of: object) =>
    bench.until(file.setCrtc({ crtcId: crtc.id, fbId: fb, mode: MODE, connectors: [connector.id], ...of }));
  const wrong: readonly (readonly [object, string])[] = [
    [{ mode: null }, 'EINVAL'],
    [{ connectors: [] }, 'EINVAL'],
    [{ connectors: [9999] }, 'ENOENT'],
    [{ connectors: [connector.id, bench.device.connectors[1]?.id] }, 'EINVAL'],
    [{ fbId: crtc.id }, 'ENOENT'],
    [{ connectors: [bench.device.connectors[1]?.id] }, 'EINVAL'],
    [{ crtcId: connector.id }, 'ENOENT'],
    [{ fbId: 9999 }, 'ENOENT'],
    [{ crtcId: bench.device.crtcs[1]?.id, fbId: -1 }, 'EINVAL'],
    [{ x: 1 }, 'ENOSPC'],
    [{ mode: DMT[1] }, 'ENOSPC'],
    [{ x: -1 }, 'ERANGE'],
  ];
  for (const [of, errno] of wrong) await expect(set(of), JSON.stringify(of)).rejects.toMatchObject({ code: errno });
  await set({ fbId: client.fb(800, 600), mode: DMT[1] });
  expect(crtc.state.mode?.name).toBe('800x600');
});

test('the link status: only hardware makes it bad, only a client good, by a modeset (kms_setmode)', async () => {
  const { client, bench, connector } = await litCore();
  const events: unknown[] = [];
  bench.device.onUevent((event) => events.push(event));
  bench.device.linkLost(connector);
  const propertyId = client.id(connector.id, 'link-status');
  expect(events).toEqual([{ connectorId: connector.id, propertyId }]);
  await expect(client.atomic([[connector.id, { 'link-status': 0 }]])).rejects.toThrow(/ALLOW_MODESET/);
  await client.atomic([[connector.id, { 'link-status': 0 }]], ALLOW_MODESET);
  expect(client.value(connector.id, 'link-status')).toBe(0);
  expect(bench.told).toContain('crtc 0 on');
  await client.atomic([[connector.id, { 'link-status': 1 }]], ALLOW_MODESET);
  expect(client.value(connector.id, 'link-status')).toBe(0);
});

test('a link gone bad asks for a modeset, and a modeset trains it again', async () => {
  const { rig, device, set, crtc } = await litBench();
  const connector = device.connectors[0]!;
  rig.display.control('degrade-link');
  await rig.pass(1e6);
  expect(connector.state.linkStatus).toBe(1);
  expect(rig.kernel.status.link).toBe('down');
  await set(connector.id, { 'link-status': 0 }, 0x400);
  await rig.pass(1e6);
  expect(connector.state.linkStatus).toBe(0);
  expect(rig.kernel.status.link).toBe('up');
  expect(crtc.state.active).toBe(true);
});

test('each mode of a monitor can be set, and the picture has its size (basic)', async () => {
  const { rig, device, file, display, crtc, card } = await litBench({ monitor: 'uhd30', vramMib: 64 });
  const [connector] = device.connectors;
  const { modes } = await rig.until(file.connector(connector?.id ?? 0));
  expect(modes.length).toBeGreaterThan(4);
  for (const mode of modes) {
    const { fbId } = card.picture(mode.hdisplay, mode.vdisplay);
    await rig.until(file.setCrtc({ crtcId: crtc.id, fbId, mode, connectors: [connector?.id ?? 0] }));
    await rig.until(file.waitVblank({ type: 'relative', sequence: 1 }));
    expect(display.inspect().mode).toMatchObject({ width: mode.hdisplay, height: mode.vdisplay });
    await rig.until(file.rmFb(fbId));
    expect(crtc.state.active).toBe(false);
  }
});

test('fbId -1 keeps the framebuffer, a null mode turns everything off, GETCRTC tells what is (basic)', async () => {
  const { bench, client, file, crtc, connector, overlay, fb } = await litCore();
  await client.atomic([[overlay.id, client.whole(fb, crtc.id, 64, 64)]]);
  const large = client.fb(800, 600);
  const set = (of: object) =>
    bench.until(file.setCrtc({ crtcId: crtc.id, fbId: large, mode: MODE, connectors: [connector.id], ...of }));
  await set({ x: 100, y: 50 });
  expect(file.crtc(crtc.id)).toMatchObject({ active: true, fbId: large, x: 100, y: 50, mode: { name: '640x480' } });
  await set({ fbId: -1 });
  expect(file.crtc(crtc.id)).toMatchObject({ fbId: large, x: 0, y: 0 });
  await set({ mode: null, connectors: [] });
  expect(file.crtc(crtc.id)).toMatchObject({ active: false, fbId: 0, mode: null });
  expect([overlay.state.fb, connector.state.crtc]).toEqual([null, null]);
});
