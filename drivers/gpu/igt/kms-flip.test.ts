/** Page flips, legacy and atomic: when they are done, EBUSY for one too many, none missed (IGT kms_flip). */
import { expect, test } from 'vitest';
import type { VirtualClock } from '#bus/clock.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { ATOMIC_FLAG } from '../atomic-request.ts';
import { litCore, MODE } from '../drm-bench.ts';
import { litOn } from '../ferro-rig.ts';
import { DMT } from '../mode-list.ts';
import { frameDurationNs } from '../modes.ts';

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
const litBench = litOn(silicon);

const { ALLOW_MODESET, NONBLOCK, TEST_ONLY, PAGE_FLIP_EVENT } = ATOMIC_FLAG;
const code = (name: string) => ({ code: name });

const FRAME_NS = frameDurationNs(MODE);
const OFF = { mode: null, connectors: [], fbId: 0 };

test('page flips: each rule and its errno, an event at the next vblank, EBUSY for one too many (kms_flip)', async () => {
  const { bench, client, file, crtc, connector, fb } = await litCore();
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
  const { bench, client, file, crtc } = await litCore();
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

test('nonblocking is EBUSY while the last flip is on its way, blocking waits for it (kms_flip)', async () => {
  const { client, bench, file, primary } = await litCore();
  const flip = (flags: number) => file.atomic(client.request([[primary.id, { FB_ID: client.fb(640, 480) }]], flags));
  await flip(NONBLOCK | PAGE_FLIP_EVENT);
  await expect(flip(NONBLOCK)).rejects.toMatchObject(code('EBUSY'));
  await flip(TEST_ONLY | NONBLOCK);
  const blocked = flip(PAGE_FLIP_EVENT);
  await bench.until(blocked);
  const [first, second] = [file.events.next(), file.events.next()];
  expect(first?.type).toBe('flip');
  expect(second?.count).toBe((first?.count ?? 0) + 1);
  await flip(NONBLOCK);
});

test('flips of one CRTC do not keep another busy', async () => {
  const { client, file, primary } = await litCore();
  await client.atomic(client.light(client.fb(640, 480), MODE, 1), ALLOW_MODESET);
  await file.atomic(client.request([[primary.id, { FB_ID: client.fb(640, 480) }]], NONBLOCK));
  await file.atomic(client.request([[client.bench.plane('Primary', 1).id, { FB_ID: client.fb(640, 480) }]], NONBLOCK));
});

test('a flip that is never done is given up after ten seconds, with a line in the log', async () => {
  const { client, bench, primary } = await litCore();
  bench.stuck = true;
  const began = bench.clock.now();
  await client.atomic([[primary.id, { FB_ID: client.fb(640, 480) }]]);
  expect(bench.clock.now() - began).toBeGreaterThanOrEqual(10e9);
  expect(bench.kernel.lines.join()).toMatch(/flip_done timed out/);
  bench.stuck = false;
  await client.atomic([[primary.id, { FB_ID: client.fb(640, 480) }]]);
});

test('a flip event comes at the vblank the picture is shown at, at once where the CRTC is turned off', async () => {
  const { client, file, crtc, connector, primary, bench } = await litCore();
  const before = (await file.sequence(crtc.id)).count;
  await client.atomic([[primary.id, { FB_ID: client.fb(640, 480) }]], PAGE_FLIP_EVENT, 77n);
  expect(file.events.next()).toMatchObject({ type: 'flip', userData: 77n, crtcId: crtc.id, count: before + 1 });
  const now = bench.clock.now();
  await client.atomic(
    [
      [crtc.id, { ACTIVE: 0, MODE_ID: 0 }],
      [connector.id, { CRTC_ID: 0 }],
      [primary.id, { FB_ID: 0, CRTC_ID: 0 }],
    ],
    ALLOW_MODESET | PAGE_FLIP_EVENT,
    78n,
  );
  expect(file.events.next()).toMatchObject({ userData: 78n });
  expect(bench.clock.now()).toBe(now);
});

test('events unread or coming are bounded: ENOMEM, and room again when they are read', async () => {
  const { client, file, primary } = await litCore();
  for (let i = 0; i < 128; i++)
    await file.waitVblank({ type: 'relative', sequence: 0, event: true, userData: BigInt(i) });
  await expect(client.atomic([[primary.id, { FB_ID: client.fb(640, 480) }]], PAGE_FLIP_EVENT)).rejects.toMatchObject(
    code('ENOMEM'),
  );
  expect(file.events.read(100).length).toBe(96);
  await client.atomic([[primary.id, { FB_ID: client.fb(640, 480) }]], PAGE_FLIP_EVENT);
});

test('a frame every vblank for 600 frames, none missed, stamps exact', async () => {
  const { rig, card, picture } = await litBench();
  const second = card.picture();
  const damage = [{ x1: 0, y1: 0, x2: 1, y2: 1 }];
  const first = await rig.until(card.commit({ primary: { picture: second, damage } }));
  for (let i = 1; i <= 600; i++) {
    const flip = await rig.until(card.commit({ primary: { picture: i % 2 === 0 ? second : picture, damage } }));
    expect(flip.count).toBe(first.count + i);
    expect(flip.timeNs).toBe(first.timeNs + i * frameDurationNs(card.mode));
  }
  expect(rig.kernel.lines.filter((line) => !line.startsWith('info'))).toEqual([]);
});

test('a flip that never ends: EBUSY for the next, ten seconds, then the log says so', async () => {
  const { rig, file, plane, card, crtc } = await litBench();
  rig.display.fault('flip-never');
  const began = rig.clock.now();
  const waiting = file.pageFlip({ crtcId: crtc.id, fbId: card.picture().fbId });
  await rig.until(waiting);
  await expect(file.pageFlip({ crtcId: crtc.id, fbId: card.picture().fbId })).rejects.toMatchObject({ code: 'EBUSY' });
  await rig.until(plane('Primary').commit?.flipDone ?? Promise.resolve());
  expect(rig.clock.now() - began).toBeGreaterThanOrEqual(10e9);
  expect(rig.kernel.lines.join()).toMatch(/flip_done timed out/);
});

test('a modeset waits for the flip before it, and a flip for the modeset before it (flip-vs-modeset)', async () => {
  const { bench, client, file, crtc, connector, primary } = await litCore();
  const [first, second] = [client.fb(800, 600), client.fb(640, 480)];
  const flip = file.atomic({ ...client.request([[primary.id, { FB_ID: second }]], NONBLOCK | PAGE_FLIP_EVENT) });
  const modeset = file.setCrtc({ crtcId: crtc.id, fbId: first, mode: DMT[1] ?? MODE, connectors: [connector.id] });
  await bench.until(Promise.all([flip, modeset]));
  expect(file.events.next()).toMatchObject({ type: 'flip' });
  expect(bench.told).toEqual([
    `update Primary 0 fb ${second} 0,0-640,480`,
    'crtc 0 off',
    `update Primary 0 fb ${first} 0,0-800,600`,
    'crtc 0 on',
  ]);
});

test('a flip on a CRTC that is off is refused, and works when it is on again (flip-vs-dpms-off, dpms-vs-vblank-race)', async () => {
  const { bench, client, file, crtc, connector } = await litCore();
  const dpms = client.id(connector.id, 'DPMS');
  const fbId = client.fb(640, 480);
  await bench.until(file.setProperty(connector.id, dpms, 3));
  await expect(file.pageFlip({ crtcId: crtc.id, fbId, flags: 1 })).rejects.toMatchObject(code('EINVAL'));
  expect(file.events.next()).toBeUndefined();
  await bench.until(file.setProperty(connector.id, dpms, 0));
  await file.pageFlip({ crtcId: crtc.id, fbId, flags: 1 });
  await bench.pass(2 * FRAME_NS);
  expect(file.events.next()).toMatchObject({ type: 'flip' });
});

test('a framebuffer removed while its flip is on its way is shown, told of, and then gone (flip-vs-rmfb, plain-flip-fb-recreate)', async () => {
  const { bench, client, file, crtc } = await litCore();
  for (let i = 0; i < 5; i++) {
    const fbId = client.fb(640, 480);
    await file.pageFlip({ crtcId: crtc.id, fbId, flags: 1, userData: BigInt(i) });
    file.closeFb(fbId);
    await bench.pass(2 * FRAME_NS);
    expect(file.events.next()).toMatchObject({ userData: BigInt(i) });
  }
  const fbId = client.fb(640, 480);
  await file.pageFlip({ crtcId: crtc.id, fbId, flags: 1 });
  await bench.until(file.rmFb(fbId));
  expect(file.events.next()).toMatchObject({ type: 'flip' });
  expect(crtc.state.active).toBe(false);
});

test('flips and waits for vblanks go side by side: each flip is done at the vblank a wait tells of (flip-vs-wf_vblank, flip-vs-absolute-wf_vblank, flip-vs-expired-vblank)', async () => {
  const { bench, client, file, crtc } = await litCore();
  const fbs = [client.fb(640, 480), client.fb(640, 480)];
  for (let i = 0; i < 20; i++) {
    const now = await bench.until(file.waitVblank({ type: 'relative', sequence: 0 }));
    await file.pageFlip({ crtcId: crtc.id, fbId: fbs[i % 2] ?? 0, flags: 1 });
    const absolute = await bench.until(file.waitVblank({ type: 'absolute', sequence: now.count + 1 }));
    const flip = file.events.next();
    expect(flip).toMatchObject({ count: absolute.count, timeNs: absolute.timeNs });
    expect((flip?.timeNs ?? 0) - now.timeNs).toBe(FRAME_NS);
    expect(await bench.until(file.waitVblank({ type: 'absolute', sequence: now.count }))).toEqual(absolute);
  }
});

test('a client that goes with flips and waits on their way leaves nothing behind (kms_flip_event_leak)', async () => {
  const { bench, client, file, crtc } = await litCore();
  const { size } = bench.device.objects;
  await file.pageFlip({ crtcId: crtc.id, fbId: client.fb(640, 480), flags: 1 });
  await file.waitVblank({ type: 'relative', sequence: 50, event: true });
  await file.queueSequence({ crtcId: crtc.id, sequence: 60, flags: 1 });
  await bench.until(file.close());
  await bench.pass(100 * FRAME_NS);
  expect(file.events.next()).toBeUndefined();
  expect(bench.device.objects.size).toBeLessThan(size);
  expect(bench.clock.nextAt()).toBe(Number.POSITIVE_INFINITY);
});

test('a driver without vblanks has its flips done at once (vblank-less)', async () => {
  const { bench, client, file, primary } = await litCore();
  bench.immediate = true;
  const began = bench.clock.now();
  for (let i = 0; i < 10; i++) {
    await client.atomic([[primary.id, { FB_ID: client.fb(640, 480) }]], PAGE_FLIP_EVENT);
    expect(file.events.next()).toMatchObject({ type: 'flip' });
  }
  expect(bench.clock.now()).toBe(began);
});
