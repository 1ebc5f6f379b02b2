/** Who may change what is shown, and what clients may ask of a device (IGT core_setmaster, core_getclient, drm_get_cap). */
import { expect, test } from 'vitest';
import type { VirtualClock } from '#bus/clock.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import type { ClientCap } from '../client-caps.ts';
import { DrmBench } from '../drm-bench.ts';
import { benchOn } from '../ferro-rig.ts';

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
const ferroBench = benchOn(silicon);

const code = (name: string) => ({ code: name });

test('the first client is master, the next only when it lets go (core_setmaster)', async () => {
  const { device } = new DrmBench();
  const [first, second] = [device.open('first'), device.open('second')];
  expect([first.isMaster, second.isMaster]).toEqual([true, false]);
  expect(() => second.setMaster()).toThrow(expect.objectContaining(code('EBUSY')));
  expect(() => second.dropMaster()).toThrow(expect.objectContaining(code('EINVAL')));
  await first.close();
  second.setMaster();
  second.setMaster();
  await expect(second.pageFlip({ crtcId: 1, fbId: 1, flags: 8 })).rejects.toMatchObject(code('EINVAL'));
});

test('whoever is not master may look on, and change nothing (core_setmaster_vs_auth)', async () => {
  const { device } = new DrmBench();
  device.open('master');
  const looker = device.open('looker');
  const place = { crtcX: 0, crtcY: 0, crtcW: 0, crtcH: 0, srcX: 0, srcY: 0, srcW: 0, srcH: 0 };
  const [crtcId = 0] = looker.resources().crtcs;
  for (const refused of [
    looker.atomic({ objects: [] }),
    looker.pageFlip({ crtcId, fbId: 1 }),
    looker.setCrtc({ crtcId, fbId: 0, mode: null, connectors: [] }),
    looker.setPlane({ planeId: 1, crtcId, fbId: 0, ...place }),
    looker.setCursor({ crtcId, flags: 1 }),
    looker.setGamma(crtcId, { red: [], green: [], blue: [] }),
    looker.setProperty(crtcId, 1, 0),
    looker.dirtyFb({ fbId: 1 }),
  ])
    await expect(refused).rejects.toMatchObject(code('EACCES'));
  expect(looker.crtc(crtcId)).toMatchObject({ index: 0, active: false, mode: null, fbId: 0, gammaSize: 256 });
  expect(looker.getGamma(crtcId, 256).red[255]).toBe(0xffff);
});

test.each<readonly [ClientCap, number, string]>([
  ['universal_planes', 2, 'EINVAL'],
  ['stereo_3d', 2, 'EINVAL'],
  ['atomic', 3, 'EINVAL'],
  ['aspect_ratio', -1, 'EINVAL'],
  ['writeback_connectors', 1, 'EINVAL'],
  ['cursor_plane_hotspot', 1, 'EOPNOTSUPP'],
  ['toString' as ClientCap, 1, 'EINVAL'],
])('client cap %s of %i is %s', (cap, value, errno) => {
  const file = new DrmBench().device.open();
  expect(() => file.setClientCap(cap, value)).toThrow(expect.objectContaining(code(errno)));
});

test('atomic brings universal planes with it; hotspots and writeback are for those who have it', async () => {
  const { device } = await ferroBench();
  const file = device.open();
  expect(() => file.setClientCap('cursor_plane_hotspot', 1)).toThrow(/for atomic clients/);
  file.setClientCap('atomic', 1);
  file.setClientCap('writeback_connectors', 1);
  file.setClientCap('cursor_plane_hotspot', 1);
  expect([...file.caps].sort()).toEqual([
    'aspect_ratio',
    'atomic',
    'cursor_plane_hotspot',
    'universal_planes',
    'writeback_connectors',
  ]);
  file.setClientCap('atomic', 0);
  expect(file.caps.has('universal_planes')).toBe(false);
});

test('capabilities say what there is; one that nobody knows is EINVAL', async () => {
  const { device } = await ferroBench();
  const file = device.open();
  const told = ['dumb_buffer', 'dumb_preferred_depth', 'cursor_width', 'cursor_height', 'addfb2_modifiers'];
  expect(told.map((name) => file.capability(name))).toEqual([1, 24, 512, 512, 1]);
  expect(['prime', 'syncobj', 'page_flip_target'].map((name) => file.capability(name))).toEqual([0, 0, 0]);
  for (const unknown of ['', 'atomic', 'constructor'])
    expect(() => file.capability(unknown)).toThrow(expect.objectContaining(code('EINVAL')));
});
