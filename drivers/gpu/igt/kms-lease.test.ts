/** Leases: objects for another client, which is master of them and sees no others (IGT kms_lease). */
import { expect, test } from 'vitest';
import { ATOMIC_FLAG } from '../atomic-request.ts';
import { Client, litCore, MODE } from '../drm-bench.ts';

const { ALLOW_MODESET } = ATOMIC_FLAG;
const code = (name: string) => expect.objectContaining({ code: name });

const bench = async () => {
  const made = await litCore();
  const { bench, file, other } = made;
  const sink = bench.device.connectors[1]!; // the bench has one for each CRTC
  const plane = bench.plane('Primary', 1);
  const leased = [other.id, sink.id, plane.id];
  const lease = (ids: readonly number[] = leased) => new Client(bench, file.createLease(ids, 0, 'lessee'));
  return { ...made, sink, plane, leased, lease };
};

test('a lease is of CRTCs, connectors and planes, each once, none leased already (lease-invalid-*, lease-again)', async () => {
  const { bench: rig, file, leased, connector, fb } = await bench();
  const [crtc = 0, sink = 0, plane = 0] = leased;
  for (const [ids, errno] of [
    [[], 'EINVAL'],
    [[crtc], 'EINVAL'],
    [[crtc, sink], 'EINVAL'], // whoever knows of planes names one
    [[sink, plane], 'EINVAL'],
    [[...leased, 99_999], 'ENOENT'],
    [[...leased, fb], 'EINVAL'],
    [[...leased, connector.encoderId], 'EINVAL'],
    [[...leased, plane], 'ENOSPC'],
  ] as const)
    expect(() => file.createLease(ids), JSON.stringify(ids)).toThrow(code(errno));
  expect(() => file.createLease(leased, 1)).toThrow(code('EINVAL'));
  const lessee = file.createLease(leased);
  expect(() => file.createLease(leased)).toThrow(code('EBUSY'));
  expect(() => lessee.createLease(leased)).toThrow(code('EINVAL'));
  expect(() => rig.device.open('looker').createLease(leased)).toThrow(code('EACCES'));
  expect(file.lessees()).toEqual([lessee.lease?.id]);
});

test('the lessee sees what it has, and lights it (simple-lease, page-flip-implicit-plane, cursor-implicit-plane)', async () => {
  const { bench: rig, other, sink, plane, crtc, overlay, connector, lease } = await bench();
  const lessee = lease();
  const { crtcs, connectors, planes } = lessee.file.resources();
  expect([crtcs, connectors, planes]).toEqual([[other.id], [sink.id], [plane.id]]);
  for (const id of [crtc.id, connector.id, overlay.id]) {
    expect(() => lessee.file.properties(id)).toThrow(code('ENOENT'));
    await expect(lessee.file.atomic({ objects: [{ id, properties: [[1, 1]] }] })).rejects.toEqual(code('ENOENT'));
  }
  expect(() => lessee.file.crtc(crtc.id)).toThrow(code('ENOENT'));
  await expect(lessee.atomic([[plane.id, { CRTC_ID: crtc.id }]])).rejects.toEqual(code('EACCES'));
  const cursor = lessee.file.setCursor({ crtcId: other.id, flags: 2 });
  await expect(cursor).rejects.toEqual(code('EACCES')); // that plane is not on lease
  await lessee.atomic(lessee.light(lessee.fb(640, 480), MODE, 1), ALLOW_MODESET);
  expect([other.state.active, crtc.state.active]).toEqual([true, true]);
  await lessee.file.pageFlip({ crtcId: other.id, fbId: lessee.fb(640, 480), flags: 1 });
  await rig.pass(40e6);
  expect(lessee.file.events.next()).toMatchObject({ type: 'flip', crtcId: other.id });
  expect((await rig.until(lessee.file.waitVblank({ type: 'relative', sequence: 1 }))).count).toBeGreaterThan(0);
});

test('a lease taken back is empty; one whose lessee goes is free again, and told of (lessee-list, revoke, lease-uevent)', async () => {
  const { bench: rig, file, leased, lease, plane } = await bench();
  const events: unknown[] = [];
  rig.device.onUevent((event) => events.push(event));
  const first = lease();
  const leaseId = first.file.lease?.id ?? 0;
  expect(() => file.revokeLease(77)).toThrow(code('ENOENT'));
  file.revokeLease(leaseId);
  expect(first.file.resources().crtcs).toEqual([]);
  await expect(first.file.atomic({ objects: [{ id: plane.id, properties: [] }] })).rejects.toEqual(code('ENOENT'));
  const second = lease(); // what was taken back may be leased again
  await rig.until(second.file.close());
  expect(events).toEqual([{ leaseId: second.file.lease?.id }]);
  expect(file.lessees()).toEqual([leaseId]);
  const third = lease();
  await rig.until(file.close());
  expect(third.file.resources().crtcs).toEqual([]); // with its lessor, the lease goes
  expect(third.file.lease?.objects.length).toBe(0);
  expect(leased.length).toBe(3);
});

test('the lessor keeps its mastery, the lessee has none of the rest (lease-unleased-connector, setcrtc-implicit-plane)', async () => {
  const { file, crtc, connector, fb, lease, client, primary } = await bench();
  const lessee = lease();
  lessee.file.setMaster();
  expect([file.isMaster, lessee.file.isMaster]).toEqual([true, true]);
  expect(() => lessee.file.dropMaster()).toThrow(code('EINVAL'));
  await expect(
    lessee.file.setCrtc({ crtcId: crtc.id, fbId: fb, mode: MODE, connectors: [connector.id] }),
  ).rejects.toEqual(code('ENOENT'));
  await client.atomic([[primary.id, { FB_ID: client.fb(640, 480) }]]);
});
