/** Sequences of a CRTC: read, and queued for (IGT kms_sequence). */
import { expect, test } from 'vitest';
import { litCore, MODE } from '../drm-bench.ts';
import { frameDurationNs } from '../modes.ts';

const FRAME_NS = frameDurationNs(MODE);

test('sequences: absolute and relative, at once when past, each with its event (kms_sequence)', async () => {
  const { bench, file, crtc } = await litCore();
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

test('a CRTC that is off tells its last count, and queues nothing (get-idle, queue-idle)', async () => {
  const { bench, file, crtc, other, connector } = await litCore();
  await bench.pass(7 * FRAME_NS);
  const { count } = await file.sequence(crtc.id);
  await bench.until(file.setCrtc({ crtcId: crtc.id, mode: null, connectors: [], fbId: 0 }));
  const off = await file.sequence(crtc.id);
  expect(off.active).toBe(false);
  expect(off.count).toBeGreaterThanOrEqual(count);
  for (const crtcId of [crtc.id, other.id])
    await expect(file.queueSequence({ crtcId, sequence: 1, flags: 1 })).rejects.toMatchObject({ code: 'EINVAL' });
  await expect(file.sequence(connector.id)).rejects.toMatchObject({ code: 'ENOENT' });
  for (const sequence of [-1, 0.5, 2 ** 53])
    await expect(file.queueSequence({ crtcId: crtc.id, sequence })).rejects.toMatchObject({ code: 'EINVAL' });
});

test('whoever queued for a sequence of a CRTC that goes off is told then (queue-busy)', async () => {
  const { bench, file, crtc } = await litCore();
  await file.queueSequence({ crtcId: crtc.id, sequence: 100, flags: 1, userData: 9n });
  await bench.pass(3 * FRAME_NS);
  expect(file.events.next()).toBeUndefined();
  await bench.until(file.setCrtc({ crtcId: crtc.id, mode: null, connectors: [], fbId: 0 }));
  expect(file.events.next()).toMatchObject({ type: 'sequence', userData: 9n, crtcId: crtc.id });
});
