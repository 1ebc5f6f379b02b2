/** GETFB and GETFB2: who is told what, and under which handles (IGT kms_getfb). */
import { expect, test } from 'vitest';
import { codeOf, DrmBench } from '../drm-bench.ts';
import type { AddFb2 } from '../framebuffer.ts';

const code = (name: string) => expect.objectContaining({ code: name });

const client = () => {
  const bench = new DrmBench();
  const { file } = bench.client();
  const { handle, pitchBytes } = file.createDumb({ width: 1024, height: 1024, bpp: 32 });
  const of: AddFb2 = {
    ...{ width: 1024, height: 1024, fourcc: codeOf('XRGB8888') },
    ...{ handles: [handle], pitches: [pitchBytes] },
  };
  const nv12 = {
    ...{ width: 64, height: 64, fourcc: codeOf('NV12') },
    ...{ handles: [handle, handle], pitches: [64, 64], offsets: [0, 4096] },
  };
  return { bench, file, handle, of, nv12 };
};

test('what is no framebuffer, or no longer one, is ENOENT (getfb-handle-zero, -not-fb, -closed)', async () => {
  const { bench, file, of, handle } = client();
  const gone = file.addFb2(of);
  await bench.until(file.rmFb(gone));
  for (const id of [0, gone, 99_999, handle, bench.device.crtcs[0]?.id ?? 0]) {
    expect(() => file.getFb(id)).toThrow(code('ENOENT'));
    expect(() => file.getFb2(id)).toThrow(code('ENOENT'));
  }
});

test('each call makes a handle of its own, which has to be destroyed (getfb-addfb-different-handles, -repeated-different-handles)', () => {
  const { bench, file, of, handle } = client();
  const id = file.addFb2(of);
  const handles = [handle, file.getFb(id).handle, file.getFb(id).handle, file.getFb2(id).handles[0] ?? 0];
  expect(new Set(handles).size).toBe(4);
  file.map(handle)[5] = 0x42;
  for (const one of handles) expect(file.map(one)[5]).toBe(0x42);
  for (const one of handles) file.destroyDumb(one);
  for (const one of handles) expect(() => file.destroyDumb(one)).toThrow(code('ENOENT'));
  expect(file.map(file.getFb2(id).handles[0] ?? 0)[5]).toBe(0x42); // the framebuffer holds it
  expect(bench.device.objects.find(id)).toBeDefined();
});

test('only the master is told handles (getfb-handle-protection, getfb2-handle-protection)', () => {
  const { bench, file, of, nv12 } = client();
  const other = bench.device.open('other');
  const [single, double] = [file.addFb2(of), file.addFb2(nv12)];
  expect(other.getFb(single)).toMatchObject({ width: 1024, pitch: 4096, bpp: 32, depth: 24, handle: 0 });
  expect(other.getFb2(double)).toMatchObject({ handles: [0, 0], pitches: [64, 64], offsets: [0, 4096] });
  file.dropMaster();
  expect(file.getFb2(single).handles).toEqual([0]);
  other.setMaster();
  const handle = other.getFb(single).handle;
  expect(other.map(handle).length).toBe(4096 * 1024);
});

test('a framebuffer of several planes is described by GETFB2 alone, one buffer under one handle (getfb-reject-nv12, getfb2-accept-nv12)', () => {
  const { file, nv12 } = client();
  const id = file.addFb2(nv12);
  expect(() => file.getFb(id)).toThrow(code('EINVAL'));
  const { handles } = file.getFb2(id);
  expect(handles[0]).toBe(handles[1]);
  expect(handles[0]).toBeGreaterThan(0);
});

test.each([
  ['XRGB8888', 32, 24],
  ['ARGB8888', 32, 32],
  ['XRGB2101010', 32, 30],
  ['RGB565', 16, 16],
])(
  'what GETFB2 and GETFB tell of %s makes the same framebuffer again (getfb2-into-addfb2, getfb-into-addfb)',
  (name, bpp, depth) => {
    const { file, handle } = client();
    const of = { width: 100, height: 50, fourcc: codeOf(name), handles: [handle], pitches: [512], offsets: [0] };
    const id = file.addFb2(of);
    const again = file.getFb2(file.addFb2(file.getFb2(id)));
    expect(again).toMatchObject({ ...of, handles: [expect.any(Number)] });
    expect(file.getFb(id)).toMatchObject({ width: 100, height: 50, pitch: 512, bpp, depth });
    expect(file.getFb2(file.addFb(file.getFb(id)))).toMatchObject({ ...of, handles: [expect.any(Number)] });
  },
);

test('a handle is of one client, and gone once destroyed; the picture outlives it', () => {
  const { bench, file, of, handle } = client();
  const other = bench.device.open('other');
  expect(() => other.map(handle)).toThrow(code('ENOENT'));
  expect(() => other.addFb2(of)).toThrow(code('ENOENT'));
  const id = file.addFb2(of);
  file.map(handle)[0] = 7;
  file.destroyDumb(handle);
  expect(() => file.destroyDumb(handle)).toThrow(code('ENOENT'));
  expect(() => file.map(handle)).toThrow(code('ENOENT'));
  const [again = 0] = file.getFb2(id).handles;
  expect(file.map(again)[0]).toBe(7);
});
