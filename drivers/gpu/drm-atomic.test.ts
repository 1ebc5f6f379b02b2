/** Each rule of the atomic call and its errno, after IGT kms_atomic, kms_flip, kms_setmode and kms_rmfb. */
import { expect, test } from 'vitest';
import { ATOMIC_FLAG } from './atomic-request.ts';
import { encodeClips } from './damage.ts';
import { DrmBench, MODE } from './drm-bench.ts';
import { DMT } from './mode-list.ts';
import { encodeMode } from './modes.ts';
import type { UserValue } from './property.ts';

const { ALLOW_MODESET, NONBLOCK, TEST_ONLY, PAGE_FLIP_EVENT, PAGE_FLIP_ASYNC } = ATOMIC_FLAG;
const code = (name: string) => ({ code: name });

const lit = async () => {
  const bench = new DrmBench();
  const client = bench.client();
  const crtc = bench.device.crtcs[0]!;
  const other = bench.device.crtcs[1]!;
  const connector = bench.device.connectors[0]!;
  const primary = bench.plane('Primary');
  const overlay = bench.plane('Overlay');
  const fb = client.fb(640, 480);
  await client.atomic(client.light(fb), ALLOW_MODESET);
  bench.told.length = 0;
  return { bench, client, file: client.file, crtc, other, connector, primary, overlay, fb };
};

test('a client that has not asked for atomic is refused, and so are flags and fields it does not know (kms_atomic, atomic-invalid-params)', async () => {
  const { bench, client, file, crtc } = await lit();
  const plain = bench.device.open('plain');
  file.dropMaster();
  plain.setMaster();
  await expect(plain.atomic({ objects: [] })).rejects.toMatchObject(code('EINVAL'));
  await expect(file.atomic({ objects: [] })).rejects.toMatchObject(code('EACCES'));
  plain.dropMaster();
  file.setMaster();
  for (const flags of [0x4, 0x800, 0x8000_0000, PAGE_FLIP_ASYNC, TEST_ONLY | PAGE_FLIP_EVENT])
    await expect(file.atomic({ objects: [], flags })).rejects.toMatchObject(code('EINVAL'));
  await expect(file.atomic({ objects: [], reserved: 1 })).rejects.toMatchObject(code('EINVAL'));
  await client.atomic([]);
  await client.atomic([[crtc.id, {}]]);
});

test('what is asked of an object that is none is ENOENT, and so is a property of another (kms_atomic)', async () => {
  const { client, file, crtc, primary, connector, fb } = await lit();
  const blob = client.modeBlob(MODE);
  for (const id of [0, 99_999, 0xffffffff, fb, blob, connector.encoderId])
    await expect(file.atomic({ objects: [{ id, properties: [[1, 0]] }] })).rejects.toMatchObject(code('ENOENT'));
  const active = client.id(crtc.id, 'ACTIVE');
  for (const property of [0, 99_999, active, fb])
    await expect(file.atomic({ objects: [{ id: primary.id, properties: [[property, 0]] }] })).rejects.toMatchObject(
      code('ENOENT'),
    );
});

test('a value that names the wrong object is EINVAL, not ENOENT (kms_atomic, plane-invalid-params, crtc-invalid-params)', async () => {
  const { client, crtc, primary, connector, fb } = await lit();
  const ones = 0xffff_ffff_ffff_ffffn;
  const short = client.file.createBlob(encodeMode(MODE).subarray(0, 67));
  const long = client.file.createBlob(new Uint8Array(69));
  const wrong: readonly (readonly [number, Record<string, number | bigint>])[] = [
    [primary.id, { FB_ID: crtc.id }],
    [primary.id, { FB_ID: 4_000_000 }],
    [primary.id, { CRTC_ID: primary.id }],
    [primary.id, { CRTC_ID: ones }],
    [primary.id, { CRTC_ID: connector.id }],
    [primary.id, { FB_DAMAGE_CLIPS: fb }],
    [primary.id, { FB_DAMAGE_CLIPS: short }],
    [primary.id, { rotation: 3 }],
    [primary.id, { rotation: 0x10 }],
    [primary.id, { type: 1 }],
    [primary.id, { IN_FENCE_FD: 77 }],
    [crtc.id, { ACTIVE: 2 }],
    [crtc.id, { MODE_ID: fb }],
    [crtc.id, { MODE_ID: short }],
    [crtc.id, { MODE_ID: long }],
    [crtc.id, { GAMMA_LUT: short }],
    [crtc.id, { GAMMA_LUT_SIZE: 256 }],
    [connector.id, { CRTC_ID: fb }],
    [connector.id, { EDID: short }],
    [connector.id, { DPMS: 3 }],
    [connector.id, { 'max bpc': 5 }],
    [connector.id, { 'link-status': 2 }],
  ];
  for (const [id, values] of wrong)
    await expect(
      client.atomic([[id, values]], ALLOW_MODESET),
      JSON.stringify(Object.keys(values)),
    ).rejects.toMatchObject(code('EINVAL'));
  await expect(client.atomic([[crtc.id, { OUT_FENCE_PTR: 8 }]])).rejects.toMatchObject(code('EFAULT'));
});

test('an event needs a CRTC that is on, or was', async () => {
  const { client, other, connector } = await lit();
  await expect(client.atomic([], PAGE_FLIP_EVENT)).rejects.toMatchObject(code('EINVAL'));
  await expect(client.atomic([[other.id, {}]], PAGE_FLIP_EVENT)).rejects.toMatchObject(code('EINVAL'));
  await expect(client.atomic([[other.id, { VRR_ENABLED: 0 }]], PAGE_FLIP_EVENT)).rejects.toMatchObject(code('EINVAL'));
  const cell = client.file.fences.cell();
  await expect(client.atomic([[other.id, { OUT_FENCE_PTR: cell.address }]])).rejects.toMatchObject(code('EINVAL'));
  expect(cell.value).toBe(-1);
  await client.atomic([[connector.id, {}]]);
  expect(client.file.events.next()).toBeUndefined();
});

test('a CRTC without mode or connector, a plane with half of what it needs: EINVAL', async () => {
  const { client, other, crtc, connector, primary, overlay, fb } = await lit();
  const wrong: readonly (readonly [number, Record<string, UserValue>])[] = [
    [other.id, { ACTIVE: 1 }],
    [other.id, { ACTIVE: 1, MODE_ID: client.modeBlob(MODE) }],
    [crtc.id, { MODE_ID: 0 }],
    [connector.id, { CRTC_ID: 0 }],
    [connector.id, { CRTC_ID: other.id }],
    [primary.id, { FB_ID: 0 }],
    [primary.id, { CRTC_ID: 0 }],
    [overlay.id, { FB_ID: fb }],
    [overlay.id, { CRTC_ID: crtc.id }],
    [overlay.id, client.whole(fb, other.id, 640, 480)],
    [primary.id, { CRTC_X: 1 }],
    [overlay.id, client.whole(client.fb(640, 480, 'RGB565'), 4, 640, 480)],
  ];
  for (const [id, values] of wrong)
    await expect(client.atomic([[id, values]], ALLOW_MODESET), Object.keys(values).join()).rejects.toMatchObject(
      code('EINVAL'),
    );
  const cursor = client.bench.plane('Cursor');
  await expect(client.atomic([[cursor.id, client.whole(fb, crtc.id, 64, 64)]])).rejects.toThrow(/does not take XR24/);
});

test('coordinates out of range are ERANGE, a source beyond the framebuffer is ENOSPC', async () => {
  const { client, crtc, overlay, fb } = await lit();
  const at = (values: Record<string, number>) =>
    client.atomic([[overlay.id, { ...client.whole(fb, crtc.id, 64, 64), ...values }]]);
  await expect(at({ CRTC_W: 0x8000_0000 })).rejects.toMatchObject(code('ERANGE'));
  await expect(at({ CRTC_H: 0xffff_ffff })).rejects.toMatchObject(code('ERANGE'));
  await expect(at({ CRTC_X: 0x7fff_ffff })).rejects.toMatchObject(code('ERANGE'));
  await expect(at({ CRTC_Y: 0x7fff_ffc1 })).rejects.toMatchObject(code('ERANGE'));
  await expect(at({ CRTC_W: 1 })).rejects.toMatchObject(code('ERANGE')); // 64 times smaller
  await expect(at({ SRC_X: 640 * 65536 })).rejects.toMatchObject(code('ENOSPC'));
  await expect(at({ SRC_H: 480 * 65536 + 1 })).rejects.toMatchObject(code('ENOSPC'));
  await expect(at({ SRC_W: 0xffff_ffff })).rejects.toMatchObject(code('ENOSPC'));
  await expect(at({ CRTC_X: -0x8000_0001 })).rejects.toMatchObject(code('EINVAL'));
  await at({ CRTC_X: -32, CRTC_Y: 470 });
  expect(overlay.state.visible).toBe(true);
  await at({ CRTC_X: -64 });
  expect(overlay.state.visible).toBe(false);
});

test('a mode is not changed without ALLOW_MODESET, a plane does not go straight to another CRTC', async () => {
  const { client, crtc, other, primary, overlay, fb } = await lit();
  await client.atomic(client.light(client.fb(640, 480), MODE, 1), ALLOW_MODESET);
  const larger = DMT[1]!;
  const big = client.fb(800, 600);
  await expect(client.atomic(client.light(big, larger))).rejects.toThrow(/ALLOW_MODESET/);
  await expect(client.atomic([[crtc.id, { ACTIVE: 0 }]])).rejects.toThrow(/ALLOW_MODESET/);
  await client.atomic([[crtc.id, { MODE_ID: client.modeBlob(MODE) }]]); // the same timings
  await client.atomic([[overlay.id, client.whole(fb, crtc.id, 64, 64)]]);
  expect(primary.state.crtc).toBe(crtc);
  await expect(client.atomic([[overlay.id, { CRTC_ID: other.id }]])).rejects.toMatchObject(code('EINVAL'));
});

test('all of a commit is made so, or nothing; a test changes nothing at all (kms_atomic, test-only)', async () => {
  const { client, bench, crtc, primary, overlay, fb } = await lit();
  const next = client.fb(640, 480);
  const before = { primary: primary.state, crtc: crtc.state, overlay: overlay.state };
  const changes: [number, Record<string, UserValue>][] = [
    [primary.id, { FB_ID: next }],
    [overlay.id, client.whole(fb, crtc.id, 64, 64)],
  ];
  await client.atomic(changes, TEST_ONLY);
  await expect(client.atomic([...changes, [overlay.id, { SRC_X: 0xffff_0000 }]])).rejects.toMatchObject(code('ENOSPC'));
  await expect(client.atomic([...changes, [overlay.id, { SRC_X: 0xffff_0000 }]], TEST_ONLY)).rejects.toMatchObject(
    code('ENOSPC'),
  );
  expect({ primary: primary.state, crtc: crtc.state, overlay: overlay.state }).toEqual(before);
  expect(bench.told).toEqual([]);
  // The same property several times: the last counts.
  await client.atomic([
    [primary.id, { FB_ID: 0 }],
    [primary.id, { FB_ID: next }],
  ]);
  expect(primary.state.fb?.id).toBe(next);
});

test('nonblocking is EBUSY while the last flip is on its way, blocking waits for it (kms_flip)', async () => {
  const { client, bench, file, primary } = await lit();
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
  const { client, file, primary } = await lit();
  await client.atomic(client.light(client.fb(640, 480), MODE, 1), ALLOW_MODESET);
  await file.atomic(client.request([[primary.id, { FB_ID: client.fb(640, 480) }]], NONBLOCK));
  await file.atomic(client.request([[client.bench.plane('Primary', 1).id, { FB_ID: client.fb(640, 480) }]], NONBLOCK));
});

test('a flip that is never done is given up after ten seconds, with a line in the log', async () => {
  const { client, bench, primary } = await lit();
  bench.stuck = true;
  const began = bench.clock.now();
  await client.atomic([[primary.id, { FB_ID: client.fb(640, 480) }]]);
  expect(bench.clock.now() - began).toBeGreaterThanOrEqual(10e9);
  expect(bench.kernel.lines.join()).toMatch(/flip_done timed out/);
  bench.stuck = false;
  await client.atomic([[primary.id, { FB_ID: client.fb(640, 480) }]]);
});

test('a flip event comes at the vblank the picture is shown at, at once where the CRTC is turned off', async () => {
  const { client, file, crtc, connector, primary, bench } = await lit();
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
  const { client, file, primary } = await lit();
  for (let i = 0; i < 128; i++)
    await file.waitVblank({ type: 'relative', sequence: 0, event: true, userData: BigInt(i) });
  await expect(client.atomic([[primary.id, { FB_ID: client.fb(640, 480) }]], PAGE_FLIP_EVENT)).rejects.toMatchObject(
    code('ENOMEM'),
  );
  expect(file.events.read(100).length).toBe(96);
  await client.atomic([[primary.id, { FB_ID: client.fb(640, 480) }]], PAGE_FLIP_EVENT);
});

test('fences: a commit waits for the one it is given, and signals its own when it is shown', async () => {
  const { client, file, bench, primary, crtc } = await lit();
  const { Fence } = await import('./fence.ts');
  const drawn = new Fence();
  const fd = file.fences.add(drawn);
  const cell = file.fences.cell();
  const next = client.fb(640, 480);
  await client.atomic(
    [
      [primary.id, { FB_ID: next, IN_FENCE_FD: fd }],
      [crtc.id, { OUT_FENCE_PTR: cell.address }],
    ],
    NONBLOCK,
  );
  await bench.pass(100e6);
  expect(bench.told).toEqual([]);
  const out = file.fences.find(cell.value);
  expect(out?.signalled).toBe(false);
  drawn.signal();
  await bench.until(out!.wait()); // checked above
  expect(bench.told).toEqual([`update Primary 0 fb ${next} 0,0-640,480`]);
});

test('damage: clips cut to what is shown, all of it without clips or where the source moved (kms_atomic, atomic-plane-damage)', async () => {
  const { client, bench, primary, overlay, crtc, fb } = await lit();
  const clips = (...rects: { x1: number; y1: number; x2: number; y2: number }[]) =>
    client.file.createBlob(encodeClips(rects));
  const told = async (values: Record<string, number>) => {
    bench.told.length = 0;
    await client.atomic([[primary.id, values]]);
    return bench.told.map((line) => line.replace(/^.* fb \d+ /, ''));
  };
  const box = { x1: 10, y1: 20, x2: 30, y2: 40 };
  expect(await told({ FB_DAMAGE_CLIPS: clips(box) })).toEqual(['10,20-30,40']);
  expect(await told({ FB_DAMAGE_CLIPS: clips(box, { ...box, x2: 9000 }) })).toEqual(['10,20-30,40 10,20-640,40']);
  expect(await told({ FB_DAMAGE_CLIPS: clips({ x1: 700, y1: 0, x2: 710, y2: 9 }) })).toEqual(['']);
  expect(await told({ FB_ID: fb })).toEqual(['0,0-640,480']);
  for (const bad of [
    { ...box, x2: 10 },
    { ...box, y1: 40 },
    { ...box, x1: -1 },
    { ...box, x2: 640 * 65536 + 1 },
  ])
    await expect(told({ FB_DAMAGE_CLIPS: clips(bad) })).rejects.toMatchObject(code('EINVAL'));
  await client.atomic([[overlay.id, client.whole(fb, crtc.id, 64, 64)]]);
  bench.told.length = 0;
  await client.atomic([[overlay.id, { SRC_X: 65536 / 2, FB_DAMAGE_CLIPS: clips(box) }]]);
  expect(bench.told).toEqual([`update Overlay 0 fb ${fb} 0,0-65,64`]);
});

test('the link status: only hardware makes it bad, only a client good, by a modeset (kms_setmode)', async () => {
  const { client, bench, connector } = await lit();
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

test('writeback: the framebuffer has the size of the mode, and a fence tells when it is written (kms_writeback, invalid-parameters)', async () => {
  const { client, bench, crtc } = await lit();
  const writeback = bench.device.connectors[2]!;
  const cell = client.file.fences.cell();
  const into = (fb: number) => ({ CRTC_ID: crtc.id, WRITEBACK_FB_ID: fb, WRITEBACK_OUT_FENCE_PTR: cell.address });
  const small = client.fb(639, 480);
  const right = client.fb(640, 480);
  for (const values of [into(small), into(client.fb(640, 480, 'ARGB8888')), into(crtc.id), { ...into(0) }])
    await expect(client.atomic([[writeback.id, values]], ALLOW_MODESET)).rejects.toMatchObject(code('EINVAL'));
  await client.atomic([[writeback.id, into(right)]], ALLOW_MODESET);
  expect(bench.told).toContain(`writeback fb ${right}`);
  expect(client.file.fences.find(cell.value)?.signalled).toBe(true);
});

test('a framebuffer removed while it is shown turns off its plane, with the CRTC for a primary one; closing reaps (kms_rmfb)', async () => {
  const { client, bench, crtc, overlay, fb } = await lit();
  const small = client.fb(64, 64);
  await client.atomic([[overlay.id, client.whole(small, crtc.id, 64, 64)]]);
  const second = bench.client('second');
  await expect(second.file.rmFb(fb)).rejects.toMatchObject(code('ENOENT'));
  await expect(client.file.rmFb(77_777)).rejects.toMatchObject(code('ENOENT'));
  await bench.until(client.file.rmFb(small));
  expect(overlay.state.fb).toBeNull();
  expect(crtc.state.active).toBe(true);
  await expect(client.file.rmFb(small)).rejects.toMatchObject(code('ENOENT'));
  await bench.until(client.file.close());
  expect(crtc.state.active).toBe(false);
  expect(bench.device.objects.find(fb)).toBeUndefined();
  expect(() => client.file.createBlob(new Uint8Array(1))).toThrow(/closed/);
  second.file.setMaster();
});

test('a driver that throws what is no LabError has a bug: the log says so and the flip is not waited for', async () => {
  const { client, bench, primary } = await lit();
  bench.failing = new TypeError('undefined is not a function');
  await client.atomic([[primary.id, { FB_ID: client.fb(640, 480) }]]);
  expect(bench.kernel.lines.join('\n')).toMatch(
    /emerg: Kernel panic - not syncing: Uncaught TypeError: undefined is not/,
  );
  await expect(client.file.atomic({ objects: [] })).rejects.toMatchObject(code('EIO'));
});

test('after unloading every call is ENODEV', async () => {
  const { bench, client, crtc } = await lit();
  await bench.unload();
  expect(crtc.state.active).toBe(false);
  await expect(client.file.atomic({ objects: [] })).rejects.toMatchObject({ code: 'EINVAL' });
  expect(() => bench.device.open()).toThrow(/gone/);
});

test('a driver without atomic, dumb buffers or modifiers says so: EOPNOTSUPP, ENOSYS, EINVAL', async () => {
  const file = new DrmBench(1, { atomic: false, dumb: false, modifiers: false }).device.open();
  expect(() => file.setClientCap('atomic', 1)).toThrow(expect.objectContaining(code('EOPNOTSUPP')));
  await expect(file.atomic({ objects: [] })).rejects.toMatchObject(code('EOPNOTSUPP'));
  expect(() => file.createDumb({ width: 64, height: 64, bpp: 32 })).toThrow(expect.objectContaining(code('ENOSYS')));
  const of = { width: 64, height: 64, fourcc: 0, flags: 2, handles: [], pitches: [] };
  expect(() => file.addFb2(of)).toThrow(/takes no modifiers/);
});

test('the first client is master, the next only when it lets go (core_setmaster)', async () => {
  const { device } = new DrmBench();
  const [first, second] = [device.open('first'), device.open('second')];
  expect([first.isMaster, second.isMaster]).toEqual([true, false]);
  expect(() => second.setMaster()).toThrow(expect.objectContaining(code('EBUSY')));
  expect(() => second.dropMaster()).toThrow(expect.objectContaining(code('EINVAL')));
  await expect(second.pageFlip({ crtcId: 1, fbId: 1 })).rejects.toMatchObject(code('EACCES'));
  await first.close();
  second.setMaster();
  await expect(second.pageFlip({ crtcId: 1, fbId: 1, flags: 8 })).rejects.toMatchObject(code('EINVAL'));
});
