/** Waiting for vblanks: counts, stamps, CRTCs that are off (IGT kms_vblank). */
import { expect, test } from 'vitest';
import type { VirtualClock } from '#bus/clock.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { ATOMIC_FLAG } from '../atomic-request.ts';
import { litCore, MODE } from '../drm-bench.ts';
import { litOn } from '../ferro-rig.ts';
import { DMT } from '../mode-list.ts';
import { frameDurationNs, MODE_FLAG } from '../modes.ts';

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
const litBench = litOn(silicon);

const FRAME_NS = frameDurationNs(MODE);
const OFF = { mode: null, connectors: [], fbId: 0 };

test('waits end at the vblank asked for, and stamps are exact multiples of the frame (kms_vblank, accuracy)', async () => {
  const { bench, file } = await litCore();
  const first = await bench.until(file.waitVblank({ type: 'relative', sequence: 1 }));
  const later = await bench.until(file.waitVblank({ type: 'relative', sequence: 60 }));
  expect(later.count - first.count).toBe(60);
  expect(later.timeNs - first.timeNs).toBe(60 * FRAME_NS);
  const absolute = await bench.until(file.waitVblank({ type: 'absolute', sequence: later.count + 3 }));
  expect(absolute.count).toBe(later.count + 3);
  expect(bench.clock.now()).toBe(absolute.timeNs);
});

test('a vblank that has been is answered at once, unless the next is asked for instead', async () => {
  const { bench, file } = await litCore();
  await bench.pass(10 * FRAME_NS);
  const now = await file.waitVblank({ type: 'relative', sequence: 0 });
  expect(await file.waitVblank({ type: 'absolute', sequence: now.count - 3 })).toEqual(now);
  const next = await bench.until(file.waitVblank({ type: 'absolute', sequence: now.count - 3, nextOnMiss: true }));
  expect(next.count).toBe(now.count + 1);
});

test('nobody waits: no timer runs, and the count goes on all the same', async () => {
  const { bench, file, crtc } = await litCore();
  await bench.until(file.waitVblank({ type: 'relative', sequence: 1 }));
  await bench.pass(3 * FRAME_NS);
  expect(bench.clock.nextAt()).toBe(Number.POSITIVE_INFINITY);
  const before = await file.sequence(crtc.id);
  await bench.pass(1000 * FRAME_NS);
  expect((await file.sequence(crtc.id)).count - before.count).toBe(1000);
});

test('a CRTC that is off has no vblanks: EINVAL, whoever waits is let go, the count never goes back (kms_vblank, invalid)', async () => {
  const { bench, file, crtc, connector, fb } = await litCore();
  await expect(file.waitVblank({ pipe: 1, type: 'relative', sequence: 1 })).rejects.toMatchObject({ code: 'EINVAL' });
  await expect(file.waitVblank({ pipe: 2, type: 'relative', sequence: 1 })).rejects.toMatchObject({ code: 'EINVAL' });
  await expect(file.waitVblank({ type: 'relative', sequence: 2 ** 32 })).rejects.toMatchObject({ code: 'EINVAL' });
  await expect(file.waitVblank({ type: 'relative', sequence: 0, signal: true })).rejects.toMatchObject({
    code: 'EINVAL',
  });
  await bench.pass(50 * FRAME_NS);
  const before = await bench.until(file.waitVblank({ type: 'relative', sequence: 1 }));
  const waiting = file.waitVblank({ type: 'relative', sequence: 100 });
  await bench.pass(0);
  await bench.until(file.setCrtc({ crtcId: crtc.id, ...OFF }));
  expect((await waiting).count).toBe(before.count);
  expect(await file.sequence(crtc.id)).toMatchObject({ active: false });
  await bench.pass(20e9);
  await bench.until(file.setCrtc({ crtcId: crtc.id, fbId: fb, mode: MODE, connectors: [connector.id] }));
  const after = await bench.until(file.waitVblank({ type: 'relative', sequence: 1 }));
  expect(after.count).toBeGreaterThan(before.count);
  expect(after.count).toBeLessThan(before.count + 10);
});

test('a vblank that never comes is waited for three seconds: EBUSY', async () => {
  const { bench, file, crtc } = await litCore();
  crtc.vblank.drive({ enable: async () => {}, disable: async () => {} });
  await expect(bench.until(file.waitVblank({ type: 'relative', sequence: 1 }))).rejects.toMatchObject({
    code: 'EBUSY',
  });
});

test('vblanks are counted by the hardware: none is missed while nobody listens, and no timer runs then', async () => {
  const { rig, file, card } = await litBench();
  const first = await rig.until(file.waitVblank({ type: 'relative', sequence: 1 }));
  await rig.pass(1000 * frameDurationNs(card.mode));
  expect(rig.clock.nextAt()).toBe(Number.POSITIVE_INFINITY);
  const later = await rig.until(file.waitVblank({ type: 'relative', sequence: 0 }));
  expect(later.count - first.count).toBe(1000);
  expect(later.timeNs - first.timeNs).toBe(1000 * frameDurationNs(card.mode));
});

test('an interlaced mode has a vblank for each field (accuracy, interlaced)', async () => {
  const { bench, client, file } = await litCore();
  const mode = { ...MODE, flags: MODE.flags | MODE_FLAG.INTERLACE };
  await client.atomic(client.light(client.fb(640, 480), mode), ATOMIC_FLAG.ALLOW_MODESET);
  const first = await bench.until(file.waitVblank({ type: 'relative', sequence: 1 }));
  const later = await bench.until(file.waitVblank({ type: 'relative', sequence: 10 }));
  expect(later.timeNs - first.timeNs).toBe(10 * Math.floor(FRAME_NS / 2));
});

test('the count goes on over modesets, DPMS and idle times, and never back (ts-continuation-modeset, -dpms-rpm, -idle)', async () => {
  const { bench, client, file, crtc, connector } = await litCore();
  const dpms = client.id(connector.id, 'DPMS');
  let last = await bench.until(file.waitVblank({ type: 'relative', sequence: 1 }));
  for (const mode of [DMT[1] ?? MODE, MODE, DMT[2] ?? MODE]) {
    const fbId = client.fb(mode.hdisplay, mode.vdisplay);
    await bench.until(file.setCrtc({ crtcId: crtc.id, fbId, mode, connectors: [connector.id] }));
    await bench.until(file.setProperty(connector.id, dpms, 3));
    await bench.pass(3e9);
    await bench.until(file.setProperty(connector.id, dpms, 0));
    const next = await bench.until(file.waitVblank({ type: 'relative', sequence: 1 }));
    expect(next.count).toBeGreaterThan(last.count);
    expect(next.timeNs).toBeGreaterThan(last.timeNs);
    last = next;
  }
});

test('each of many waits for the same vblank is told the same (wait-forked-busy, query-forked)', async () => {
  const { bench, file } = await litCore();
  const now = await bench.until(file.waitVblank({ type: 'relative', sequence: 0 }));
  const waits = [3, 1, 3, 2, 1].map((sequence) => file.waitVblank({ type: 'relative', sequence }));
  const stamps = await bench.until(Promise.all(waits));
  expect(stamps.map(({ count }) => count - now.count)).toEqual([3, 1, 3, 2, 1]);
  expect(stamps[0]).toEqual(stamps[2]);
});

test('the low 32 bits name the nearest count, before and after they begin anew (crtc-id, wrap)', async () => {
  const { bench, file, crtc } = await litCore();
  const WHOLE = 2 ** 32;
  crtc.vblank.handle({ count: WHOLE - 3, timeNs: bench.clock.now() });
  const { count } = await bench.until(file.waitVblank({ type: 'relative', sequence: 0 }));
  const target = count + 5;
  const reached = await bench.until(file.waitVblank({ type: 'absolute', sequence: target % WHOLE }));
  expect(reached.count).toBe(target);
  expect((await file.waitVblank({ type: 'absolute', sequence: count % WHOLE })).count).toBe(target);
});
