/** Atomic commits: each rule and its errno, all or nothing, damage, fences (IGT kms_atomic). */
import { expect, test } from 'vitest';
import { ATOMIC_FLAG } from '../atomic-request.ts';
import { encodeClips } from '../damage.ts';
import { litCore, MODE } from '../drm-bench.ts';
import { DMT } from '../mode-list.ts';
import { encodeMode } from '../modes.ts';
import type { UserValue } from '../property.ts';

const { ALLOW_MODESET, NONBLOCK, TEST_ONLY, PAGE_FLIP_EVENT, PAGE_FLIP_ASYNC } = ATOMIC_FLAG;
const code = (name: string) => ({ code: name });

test('a client that has not asked for atomic is refused, and so are flags and fields it does not know (kms_atomic, atomic-invalid-params)', async () => {
  const { bench, client, file, crtc } = await litCore();
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
  const { client, file, crtc, primary, connector, fb } = await litCore();
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
  const { client, crtc, primary, connector, fb } = await litCore();
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
  const { client, other, connector } = await litCore();
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
  const { client, other, crtc, connector, primary, overlay, fb } = await litCore();
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
  const { client, crtc, overlay, fb } = await litCore();
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
  const { client, crtc, other, primary, overlay, fb } = await litCore();
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
  const { client, bench, crtc, primary, overlay, fb } = await litCore();
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

test('fences: a commit waits for the one it is given, and signals its own when it is shown', async () => {
  const { client, file, bench, primary, crtc } = await litCore();
  const { Fence } = await import('../fence.ts');
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
  const { client, bench, primary, overlay, crtc, fb } = await litCore();
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

test('a commit that is refused leaves no fence, no event and no room taken (atomic-invalid-params)', async () => {
  const { client, file, crtc, overlay, fb } = await litCore();
  const cell = file.fences.cell();
  for (let i = 0; i < 300; i++)
    await expect(
      client.atomic(
        [
          [crtc.id, { OUT_FENCE_PTR: cell.address }],
          [overlay.id, { ...client.whole(fb, crtc.id, 64, 64), SRC_X: 640 << 16 }],
        ],
        PAGE_FLIP_EVENT,
      ),
    ).rejects.toMatchObject(code('ENOSPC'));
  expect(cell.value).toBe(-1);
  expect(file.events.next()).toBeUndefined();
  await client.atomic([[crtc.id, { OUT_FENCE_PTR: cell.address }]], TEST_ONLY);
  expect(cell.value).toBe(-1);
  await client.atomic([[crtc.id, { OUT_FENCE_PTR: cell.address }]], PAGE_FLIP_EVENT);
  expect(cell.value).toBeGreaterThan(2);
});

test('a plane waits for one fence only, -1 is none (plane-invalid-params-fence)', async () => {
  const { client, file, primary } = await litCore();
  const { Fence } = await import('../fence.ts');
  const done = new Fence();
  done.signal();
  const [first, second] = [file.fences.add(done), file.fences.add(done)];
  const fence = client.id(primary.id, 'IN_FENCE_FD');
  const twice = { id: primary.id, properties: [[fence, first] as const, [fence, second] as const] };
  await expect(file.atomic({ objects: [twice] })).rejects.toMatchObject(code('EINVAL'));
  await client.atomic([[primary.id, { IN_FENCE_FD: -1 }]]);
  await client.atomic([[primary.id, { IN_FENCE_FD: second }]]);
  file.fences.close(first);
  await expect(client.atomic([[primary.id, { IN_FENCE_FD: first }]])).rejects.toMatchObject(code('EINVAL'));
  expect(client.value(primary.id, 'IN_FENCE_FD')).toBe(-1);
});

test('whatever takes part in a flip that is on its way is busy: CRTC, plane, connector (atomic_plane_damage, nonblocking)', async () => {
  const { client, file, crtc, primary, overlay, connector, fb } = await litCore();
  await file.atomic(client.request([[primary.id, { FB_ID: client.fb(640, 480) }]], NONBLOCK));
  for (const [id, values] of [
    [crtc.id, { VRR_ENABLED: 0 }],
    [primary.id, { FB_ID: fb }],
    [overlay.id, client.whole(fb, crtc.id, 64, 64)],
    [connector.id, { 'max bpc': 8 }],
  ] as const)
    await expect(file.atomic(client.request([[id, values]], NONBLOCK))).rejects.toMatchObject(code('EBUSY'));
});

test('scaling beyond what a plane does is ERANGE, a primary plane that does not cover its CRTC EINVAL (plane-primary-legacy)', async () => {
  const { client, primary, overlay, crtc, fb } = await litCore();
  for (const [id, values, errno] of [
    [primary.id, { SRC_W: 320 << 16 }, 'ERANGE'],
    [primary.id, { CRTC_W: 639, SRC_W: 639 << 16 }, 'EINVAL'],
    [primary.id, { CRTC_Y: -1 }, 'EINVAL'],
    [overlay.id, { CRTC_W: 257 }, 'ERANGE'],
    [overlay.id, { CRTC_H: 15 }, 'ERANGE'],
  ] as const) {
    const place = id === overlay.id ? client.whole(fb, crtc.id, 64, 64) : {};
    await expect(client.atomic([[id, { ...place, ...values }]]), JSON.stringify(values)).rejects.toMatchObject(
      code(errno),
    );
  }
  await client.atomic([[overlay.id, { ...client.whole(fb, crtc.id, 64, 64), CRTC_W: 256, CRTC_H: 16 }]]);
});
