/** Modes no display could show, by SETCRTC and by MODE_ID (IGT kms_invalid_mode). */
import { expect, test } from 'vitest';
import type { VirtualClock } from '#bus/clock.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { ATOMIC_FLAG } from '../atomic-request.ts';
import { litCore, MODE } from '../drm-bench.ts';
import { bufferIn, litOn } from '../ferro-rig.ts';
import { cvtReduced } from '../mode-list.ts';
import { encodeMode, type Mode } from '../modes.ts';

const ROWS: readonly (readonly [name: string, change: Partial<Mode>])[] = [
  ['zero-clock', { clockKHz: 0 }],
  ['int-max-clock', { clockKHz: 0x7fffffff }],
  ['uint-max-clock', { clockKHz: 0xffffffff }],
  ['clock-too-high', { clockKHz: 600_001 }],
  ['zero-hdisplay', { hdisplay: 0 }],
  ['zero-vdisplay', { vdisplay: 0 }],
  ['bad-hsync-start', { hsyncStart: MODE.hdisplay - 1 }],
  ['bad-vsync-start', { vsyncStart: MODE.vdisplay - 1 }],
  ['bad-hsync-end', { hsyncEnd: MODE.hsyncStart - 1 }],
  ['bad-vsync-end', { vsyncEnd: MODE.vsyncStart - 1 }],
  ['bad-htotal', { htotal: MODE.hsyncEnd - 1 }],
  ['bad-vtotal', { vtotal: MODE.vsyncEnd - 1 }],
  ['overflow-vrefresh', { htotal: MODE.hdisplay, vtotal: 1, hsyncStart: MODE.hdisplay, hsyncEnd: MODE.hdisplay }],
];

test.each(ROWS)('%s is EINVAL, and nothing changes', async (_, change) => {
  const { bench, client, file, crtc, connector, fb } = await litCore();
  const { state } = crtc;
  const mode = { ...MODE, ...change };
  const legacy = file.setCrtc({ crtcId: crtc.id, fbId: fb, mode, connectors: [connector.id] });
  await expect(bench.until(legacy)).rejects.toMatchObject({ code: 'EINVAL' });
  for (const flags of [0, ATOMIC_FLAG.TEST_ONLY])
    await expect(
      client.atomic([[crtc.id, { MODE_ID: client.modeBlob(mode) }]], ATOMIC_FLAG.ALLOW_MODESET | flags),
    ).rejects.toMatchObject({ code: 'EINVAL' });
  expect(crtc.state).toBe(state);
  expect(bench.told).toEqual([]);
});

test('a blob that is no mode is EINVAL', async () => {
  const { client, file, crtc } = await litCore();
  for (const bytes of [1, 67, 69, 136])
    await expect(
      client.atomic([[crtc.id, { MODE_ID: file.createBlob(new Uint8Array(bytes)) }]], ATOMIC_FLAG.ALLOW_MODESET),
    ).rejects.toMatchObject({ code: 'EINVAL' });
});

test('a mode larger than the display is refused by its driver, whoever asks for it (oversized)', async () => {
  const { rig, file, crtc, device, set, display } = await litOn(silicon)();
  const [connector] = device.connectors;
  const { fbId } = bufferIn(file, 'XRGB8888', 640, 480);
  const before = display.frameCrc();
  for (const mode of [
    cvtReduced(8200, 100, 60),
    cvtReduced(100, 8200, 60),
    { ...MODE, htotal: 65_535, vtotal: 65_536 },
  ]) {
    const legacy = file.setCrtc({ crtcId: crtc.id, fbId, mode, connectors: [connector?.id ?? 0] });
    await expect(rig.until(legacy)).rejects.toMatchObject({ code: 'EINVAL' });
    if (mode.vtotal <= 65_535)
      await expect(
        set(crtc.id, { MODE_ID: file.createBlob(encodeMode(mode)) }, ATOMIC_FLAG.ALLOW_MODESET),
      ).rejects.toMatchObject({ code: 'EINVAL' });
  }
  expect(display.frameCrc()).toBe(before);
});

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
