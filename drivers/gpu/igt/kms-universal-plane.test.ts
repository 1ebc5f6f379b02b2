/** Planes by SETPLANE: each rule and its errno (IGT kms_universal_plane). */
import { expect, test } from 'vitest';
import { litCore } from '../drm-bench.ts';
import type { SetPlane } from '../plane-calls.ts';

const bench = async () => {
  const made = await litCore();
  const place = { crtcX: 10, crtcY: 20, crtcW: 64, crtcH: 64, srcX: 0, srcY: 0, srcW: 64 << 16, srcH: 64 << 16 };
  const set = (of: Partial<SetPlane>) =>
    made.bench.until(
      made.file.setPlane({ planeId: made.overlay.id, crtcId: made.crtc.id, fbId: made.fb, ...place, ...of }),
    );
  return { ...made, set };
};

test('SETPLANE refuses what it does not know, and places that are none', async () => {
  const { bench: rig, client, connector, crtc, other, set, fb } = await bench();
  const wrong: readonly (readonly [Partial<SetPlane>, string])[] = [
    [{ planeId: 9999 }, 'ENOENT'],
    [{ planeId: crtc.id }, 'ENOENT'],
    [{ fbId: 9999 }, 'ENOENT'],
    [{ fbId: crtc.id }, 'ENOENT'],
    [{ crtcId: 9999 }, 'ENOENT'],
    [{ crtcId: connector.id }, 'ENOENT'],
    [{ crtcId: other.id }, 'EINVAL'], // not one of its CRTCs
    [{ planeId: rig.plane('Overlay', 1).id, crtcId: other.id }, 'EINVAL'], // which is off
    [{ planeId: rig.plane('Cursor').id }, 'EINVAL'], // not its format
    [{ planeId: rig.plane('Primary').id }, 'EINVAL'], // must cover the screen
    [{ crtcW: 0x8000_0000 }, 'ERANGE'],
    [{ crtcX: 0x7fff_ffff }, 'ERANGE'],
    [{ crtcX: 2 ** 31 }, 'EINVAL'],
    [{ crtcW: 2 ** 32 }, 'EINVAL'],
    [{ srcX: 640 << 16 }, 'ENOSPC'],
    [{ srcW: 641 * 65536, crtcW: 640 }, 'ENOSPC'],
    [{ crtcW: 8 }, 'ERANGE'], // eight times smaller
  ];
  for (const [of, errno] of wrong) await expect(set(of), JSON.stringify(of)).rejects.toMatchObject({ code: errno });
  const looker = rig.device.open('looker');
  await expect(looker.setPlane({ ...PLACE, planeId: 1, crtcId: crtc.id, fbId: fb })).rejects.toMatchObject({
    code: 'EACCES',
  });
  await set({ fbId: client.fb(64, 64) });
});

const PLACE = { crtcX: 0, crtcY: 0, crtcW: 1, crtcH: 1, srcX: 0, srcY: 0, srcW: 0, srcH: 0 };

test('a plane is shown, moved, and turned off by framebuffer 0, whatever else is said', async () => {
  const { bench: rig, overlay, set, fb } = await bench();
  await set({});
  await set({ crtcX: -5, srcX: 65536 });
  expect(overlay.state).toMatchObject({ crtcX: -5, crtcY: 20, srcX: 65536, visible: true });
  await set({ fbId: 0, crtcId: 0 });
  await set({ fbId: 0, crtcId: 9999 });
  expect(overlay.state).toMatchObject({ fb: null, crtc: null });
  expect(rig.told).toEqual([
    `update Overlay 0 fb ${fb} 0,0-64,64`,
    `update Overlay 0 fb ${fb} 1,0-65,64`,
    'disable Overlay 0',
  ]);
});

test('a primary plane turned off leaves its CRTC running, and the screen dark behind the others (disable-primary)', async () => {
  const { primary, crtc, set } = await bench();
  await set({ planeId: primary.id, fbId: 0 });
  expect([primary.state.fb, crtc.state.active]).toEqual([null, true]);
});
