/** Vblanks: counts, stamps, waits, after IGT kms_vblank, kms_sequence and kms_flip. */
import { expect, test } from 'vitest';
import { DrmBench, MODE } from './drm-bench.ts';
import { encodeEvent } from './drm-event.ts';
import { DMT } from './mode-list.ts';
import { frameDurationNs } from './modes.ts';

const FRAME_NS = frameDurationNs(MODE);
const OFF = { mode: null, connectors: [], fbId: 0 };

const lit = async () => {
  const bench = new DrmBench();
  const client = bench.client();
  const fb = client.fb(640, 480);
  await client.atomic(client.light(fb), 0x400);
  const crtc = bench.device.crtcs[0]!;
  return { bench, client, file: client.file, crtc, fb, connector: bench.device.connectors[0]! };
};

test('waits end at the vblank asked for, and stamps are exact multiples of the frame (kms_vblank, accuracy)', async () => {
  const { bench, file } = await lit();
  const first = await bench.until(file.waitVblank({ type: 'relative', sequence: 1 }));
  const later = await bench.until(file.waitVblank({ type: 'relative', sequence: 60 }));
  expect(later.count - first.count).toBe(60);
  expect(later.timeNs - first.timeNs).toBe(60 * FRAME_NS);
  const absolute = await bench.until(file.waitVblank({ type: 'absolute', sequence: later.count + 3 }));
  expect(absolute.count).toBe(later.count + 3);
  expect(bench.clock.now()).toBe(absolute.timeNs);
});

test('a vblank that has been is answered at once, unless the next is asked for instead', async () => {
  const { bench, file } = await lit();
  await bench.pass(10 * FRAME_NS);
  const now = await file.waitVblank({ type: 'relative', sequence: 0 });
  expect(await file.waitVblank({ type: 'absolute', sequence: now.count - 3 })).toEqual(now);
  const next = await bench.until(file.waitVblank({ type: 'absolute', sequence: now.count - 3, nextOnMiss: true }));
  expect(next.count).toBe(now.count + 1);
});

test('nobody waits: no timer runs, and the count goes on all the same', async () => {
  const { bench, file, crtc } = await lit();
  await bench.until(file.waitVblank({ type: 'relative', sequence: 1 }));
  await bench.pass(3 * FRAME_NS);
  expect(bench.clock.nextAt()).toBe(Number.POSITIVE_INFINITY);
  const before = await file.sequence(crtc.id);
  await bench.pass(1000 * FRAME_NS);
  expect((await file.sequence(crtc.id)).count - before.count).toBe(1000);
});

test('a CRTC that is off has no vblanks: EINVAL, whoever waits is let go, the count never goes back (kms_vblank, invalid)', async () => {
  const { bench, file, crtc, connector, fb } = await lit();
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
  const { bench, file, crtc } = await lit();
  crtc.vblank.drive({ enable: async () => {}, disable: async () => {} });
  await expect(bench.until(file.waitVblank({ type: 'relative', sequence: 1 }))).rejects.toMatchObject({
    code: 'EBUSY',
  });
});

test('sequences: absolute and relative, at once when past, each with its event (kms_sequence)', async () => {
  const { bench, file, crtc } = await lit();
  await bench.pass(5 * FRAME_NS);
  const { count } = await file.sequence(crtc.id);
  expect(await file.queueSequence({ crtcId: crtc.id, sequence: count + 2, userData: 1n })).toBe(count + 2);
  expect(await file.queueSequence({ crtcId: crtc.id, sequence: 1, flags: 1, userData: 2n })).toBe(count + 1);
  expect(await file.queueSequence({ crtcId: crtc.id, sequence: 0, userData: 3n })).toBe(0);
  expect(await file.queueSequence({ crtcId: crtc.id, sequence: 0, flags: 2, userData: 4n })).toBe(count + 1);
  await bench.pass(2 * FRAME_NS);
  const seen = [];
  for (let event = file.events.next(); event !== undefined; event = file.events.next())
    seen.push([event.userData, event.count - count]);
  expect(seen).toEqual([
    [3n, 0],
    [2n, 1],
    [4n, 1],
    [1n, 2],
  ]);
  await expect(file.queueSequence({ crtcId: 9999, sequence: 0 })).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(file.queueSequence({ crtcId: crtc.id, sequence: 0, flags: 4 })).rejects.toMatchObject({
    code: 'EINVAL',
  });
});

test('events have 32 bytes: the classic ones with seconds, microseconds and the low count, sequences with all of both', () => {
  const event = { userData: 0x1122334455667788n, crtcId: 7, count: 2 ** 32 + 5, timeNs: 3_000_001_999 };
  const classic = new DataView(encodeEvent({ ...event, type: 'flip' }).buffer);
  const words = Array.from({ length: 8 }, (_, i) => classic.getUint32(4 * i, true));
  expect(words).toEqual([2, 32, 0x55667788, 0x11223344, 3, 1, 5, 7]);
  const sequence = new DataView(encodeEvent({ ...event, type: 'sequence' }).buffer);
  expect([sequence.getUint32(0, true), sequence.getBigInt64(16, true), sequence.getBigUint64(24, true)]).toEqual([
    3,
    3_000_001_999n,
    BigInt(2 ** 32 + 5),
  ]);
});

test('page flips: each rule and its errno, an event at the next vblank, EBUSY for one too many (kms_flip)', async () => {
  const { bench, client, file, crtc, connector, fb } = await lit();
  const next = client.fb(640, 480);
  const flip = (of: object) => file.pageFlip({ crtcId: crtc.id, fbId: next, ...of });
  for (const [of, errno] of [
    [{ flags: 4 }, 'EINVAL'],
    [{ flags: 2 }, 'EINVAL'],
    [{ reserved: 1 }, 'EINVAL'],
    [{ crtcId: 9999 }, 'ENOENT'],
    [{ crtcId: fb }, 'ENOENT'],
    [{ fbId: 9999 }, 'ENOENT'],
    [{ fbId: client.fb(639, 480) }, 'ENOSPC'],
    [{ fbId: client.fb(640, 480, 'RGB565') }, 'EINVAL'],
    [{ crtcId: bench.device.crtcs[1]?.id }, 'EBUSY'],
  ] as const)
    await expect(flip(of), JSON.stringify(of)).rejects.toMatchObject({ code: errno });
  const { count } = await file.sequence(crtc.id);
  await flip({ flags: 1, userData: 5n });
  await expect(flip({})).rejects.toMatchObject({ code: 'EBUSY' });
  await bench.pass(2 * FRAME_NS);
  expect(file.events.next()).toMatchObject({ type: 'flip', count: count + 1, userData: 5n, crtcId: crtc.id });
  await bench.until(file.setCrtc({ crtcId: crtc.id, ...OFF }));
  await expect(flip({})).rejects.toMatchObject({ code: 'EBUSY' });
  expect(connector.state.crtc).toBeNull();
});

test('600 flips in a row take 600 frames, none missed', async () => {
  const { bench, client, file, crtc } = await lit();
  const fbs = [client.fb(640, 480), client.fb(640, 480)];
  let last = 0;
  for (let i = 0; i < 600; i++) {
    await client.atomic([[bench.plane('Primary').id, { FB_ID: fbs[i % 2] ?? 0 }]], 1);
    const { count = 0 } = file.events.next() ?? {};
    if (i > 0) expect(count).toBe(last + 1);
    last = count;
  }
  expect(crtc.vblank.last.count).toBe(last);
});

test('SETCRTC refuses what no display could show (kms_invalid_mode, kms_setmode)', async () => {
  const { bench, client, file, crtc, connector, fb } = await lit();
  const set = (of: object) =>
    bench.until(file.setCrtc({ crtcId: crtc.id, fbId: fb, mode: MODE, connectors: [connector.id], ...of }));
  const wrong: readonly (readonly [object, string])[] = [
    [{ mode: { ...MODE, clockKHz: 0 } }, 'EINVAL'],
    [{ mode: { ...MODE, clockKHz: 0x7fffffff } }, 'EINVAL'],
    [{ mode: { ...MODE, clockKHz: 0xffffffff } }, 'EINVAL'],
    [{ mode: { ...MODE, hdisplay: 0 } }, 'EINVAL'],
    [{ mode: { ...MODE, vdisplay: 0 } }, 'EINVAL'],
    [{ mode: { ...MODE, hsyncStart: MODE.hdisplay - 1 } }, 'EINVAL'],
    [{ mode: { ...MODE, vsyncStart: MODE.vdisplay - 1 } }, 'EINVAL'],
    [{ mode: { ...MODE, hsyncEnd: MODE.hsyncStart - 1 } }, 'EINVAL'],
    [{ mode: { ...MODE, vsyncEnd: MODE.vsyncStart - 1 } }, 'EINVAL'],
    [{ mode: { ...MODE, htotal: MODE.hsyncEnd - 1 } }, 'EINVAL'],
    [{ mode: { ...MODE, vtotal: MODE.vsyncEnd - 1 } }, 'EINVAL'],
    [{ mode: null }, 'EINVAL'],
    [{ connectors: [] }, 'EINVAL'],
    [{ connectors: [9999] }, 'ENOENT'],
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

test('DIRTYFB: clips and count agree, copies come in pairs, at most 256; what is on show is told of the clips', async () => {
  const { bench, client, file, fb } = await lit();
  const clip = { x1: 1, y1: 2, x2: 3, y2: 4 };
  const dirty = (of: object) => bench.until(file.dirtyFb({ fbId: fb, ...of }));
  for (const [of, errno] of [
    [{ fbId: 9999 }, 'ENOENT'],
    [{ numClips: 1 }, 'EINVAL'],
    [{ numClips: 0, clips: [clip] }, 'EINVAL'],
    [{ flags: 3 }, 'EINVAL'],
    [{ flags: 1, clips: [clip] }, 'EINVAL'],
    [{ clips: Array.from({ length: 257 }, () => clip) }, 'EINVAL'],
    [{ clips: [{ ...clip, x2: 65_536 }] }, 'EINVAL'],
  ] as const)
    await expect(dirty(of), JSON.stringify(of).slice(0, 80)).rejects.toMatchObject({ code: errno });
  bench.told.length = 0;
  await dirty({ clips: [clip] });
  await dirty({ flags: 1, clips: [clip, { ...clip, x2: 9 }] });
  await dirty({});
  await dirty({ fbId: client.fb(64, 64), clips: [clip] });
  expect(bench.told).toEqual([
    `update Primary 0 fb ${fb} 1,2-3,4`,
    `update Primary 0 fb ${fb} 1,2-9,4`,
    `update Primary 0 fb ${fb} 0,0-640,480`,
  ]);
});
