/** Framebuffers removed while they are shown (IGT kms_rmfb, kms_closefb). */
import { expect, test } from 'vitest';
import { ATOMIC_FLAG } from '../atomic-request.ts';
import { litCore, MODE } from '../drm-bench.ts';

const code = (name: string) => ({ code: name });

test('a framebuffer removed while it is shown turns off its plane, with the CRTC for a primary one; closing reaps (kms_rmfb)', async () => {
  const { client, bench, crtc, overlay, fb } = await litCore();
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

test('closing a framebuffer leaves on show what shows it; its id is gone at once (kms_closefb)', async () => {
  const { client, bench, crtc, primary, fb } = await litCore();
  const second = bench.client('second');
  expect(() => client.file.closeFb(fb, 1)).toThrow(expect.objectContaining(code('EINVAL')));
  expect(() => client.file.closeFb(99_999)).toThrow(expect.objectContaining(code('ENOENT')));
  expect(() => second.file.closeFb(fb)).toThrow(expect.objectContaining(code('ENOENT')));
  client.file.closeFb(fb);
  expect(() => client.file.closeFb(fb)).toThrow(expect.objectContaining(code('ENOENT')));
  expect([crtc.state.active, primary.state.fb?.id]).toEqual([true, fb]);
  expect(() => client.file.getFb2(fb)).toThrow(expect.objectContaining(code('ENOENT')));
  expect(client.file.resources().fbs).toEqual([]);
  expect(bench.told).toEqual([]);
  // Its place is taken by the next, and then nothing holds it.
  await client.atomic([[primary.id, { FB_ID: client.fb(640, 480) }]]);
  expect(primary.state.fb?.id).not.toBe(fb);
});

test('a framebuffer on both CRTCs, removed, turns off both; another stays (rmfb-ioctl)', async () => {
  const { client, bench, fb, crtc, other } = await litCore();
  await client.atomic(client.light(fb, MODE, 1), ATOMIC_FLAG.ALLOW_MODESET);
  expect([crtc.state.active, other.state.active]).toEqual([true, true]);
  const spare = client.fb(64, 64);
  await bench.until(client.file.rmFb(fb));
  expect([crtc.state.active, other.state.active]).toEqual([false, false]);
  expect(client.file.resources().fbs).toEqual([spare]);
});

test('a client that goes takes its framebuffers with it, and no other is touched (close-fd)', async () => {
  const { client, bench, crtc, fb } = await litCore();
  const second = bench.client('second');
  const theirs = second.fb(64, 64);
  await bench.until(second.file.close());
  expect(bench.device.objects.find(theirs)).toBeUndefined();
  expect([crtc.state.active, client.file.resources().fbs]).toEqual([true, [fb]]);
});
