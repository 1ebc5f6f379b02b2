/** Dumb buffers and framebuffers, each rule with its errno, after IGT kms_addfb_basic, kms_getfb and kms_big_fb. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dumbSize } from './buffer.ts';
import { codeOf, DrmBench } from './drm-bench.ts';
import type { AddFb2 } from './framebuffer.ts';

const code = (name: string) => expect.objectContaining({ code: name });

const client = () => {
  const bench = new DrmBench();
  const { file } = bench.client();
  const { handle, pitchBytes } = file.createDumb({ width: 1024, height: 1024, bpp: 32 });
  const of: AddFb2 = {
    width: 1024,
    height: 1024,
    fourcc: codeOf('XRGB8888'),
    handles: [handle],
    pitches: [pitchBytes],
  };
  return { bench, file, handle, of };
};

test.each([
  [640, 32, 2560],
  [641, 32, 2624],
  [640, 24, 1920],
  [640, 16, 1280],
  [640, 15, 1280],
  [640, 8, 640],
  [640, 4, 320],
  [641, 1, 128],
  [640, 10, 1280],
  [640, 12, 1280],
  [640, 30, 2560],
  [640, 64, 5120],
])('a dumb buffer %i pixels across of %i bits has a pitch of %i bytes', (width, bpp, pitch) => {
  expect(dumbSize({ width, height: 3, bpp }, 64)).toEqual({
    pitchBytes: pitch,
    sizeBytes: Math.ceil((3 * pitch) / 4096) * 4096,
  });
});

test('a dumb buffer of nothing, or of more than 32 bits, is EINVAL; more than there is memory ENOMEM', () => {
  const { file } = client();
  for (const bad of [
    { width: 0, height: 1, bpp: 32 },
    { width: 1, height: 0, bpp: 32 },
    { width: 1, height: 1, bpp: 0 },
    { width: 0xffffffff, height: 1, bpp: 32 },
    { width: 0x40000000, height: 1, bpp: 32 },
    { width: 65_536, height: 65_536, bpp: 32 },
    { width: 1.5, height: 1, bpp: 32 },
    { width: 8, height: 8, bpp: 32, flags: 1 },
  ])
    expect(() => file.createDumb(bad), JSON.stringify(bad)).toThrow(code('EINVAL'));
  expect(() => file.createDumb({ width: 30_000, height: 30_000, bpp: 32 })).toThrow(code('ENOMEM'));
});

test('a dumb buffer is never too small for its picture', () => {
  const side = fc.integer({ min: 1, max: 5000 });
  fc.assert(
    fc.property(side, side, fc.constantFrom(1, 2, 4, 8, 10, 15, 16, 24, 30, 32, 64), (width, height, bpp) => {
      const { pitchBytes, sizeBytes } = dumbSize({ width, height, bpp }, 64);
      expect(pitchBytes * 8).toBeGreaterThanOrEqual(width * bpp);
      expect(pitchBytes % 64).toBe(0);
      expect(sizeBytes % 4096).toBe(0);
      expect(sizeBytes).toBeGreaterThanOrEqual(pitchBytes * height);
    }),
  );
});

test.each([
  ['bad-pitch-0', { pitches: [0] }, 'EINVAL'],
  ['bad-pitch-32', { pitches: [32] }, 'EINVAL'],
  ['bad-pitch-63', { pitches: [63] }, 'EINVAL'],
  ['bad-pitch-128', { pitches: [128] }, 'EINVAL'],
  ['bad-pitch-256', { pitches: [256] }, 'EINVAL'],
  ['bad-pitch-1024', { pitches: [1024] }, 'EINVAL'],
  ['bad-pitch-999', { pitches: [999] }, 'EINVAL'],
  ['bad-pitch-65536', { pitches: [65_536] }, 'EINVAL'],
  ['too-wide', { width: 1025 }, 'EINVAL'],
  ['too-high', { height: 1025 }, 'EINVAL'],
  ['wider than the device', { width: 8193 }, 'EINVAL'],
  ['smaller than the device', { height: 9 }, 'EINVAL'],
  ['size-max', { width: 0xffffffff }, 'EINVAL'],
  ['no-handle', { handles: [0] }, 'EINVAL'],
  ['unknown handle', { handles: [99] }, 'ENOENT'],
  ['no format', { fourcc: 0 }, 'EINVAL'],
  ['unknown format', { fourcc: 0x41414141 }, 'EINVAL'],
  ['a format no plane takes', { fourcc: codeOf('RGB888') }, 'EINVAL'],
  ['unknown flags', { flags: 4 }, 'EINVAL'],
  ['an offset', { offsets: [4] }, 'EINVAL'],
  ['beyond 32 bits', { offsets: [0xffffffff] }, 'ERANGE'],
  ['basic-modifier without the flag', { modifiers: [1] }, 'EINVAL'],
  ['a modifier that is not linear', { flags: 2, modifiers: [1n] }, 'EINVAL'],
  ['an invalid modifier', { flags: 2, modifiers: [0x00ff_ffff_ffff_ffffn] }, 'EINVAL'],
  ['unused-handle', { flags: 2, handles: [1, 1] }, 'EINVAL'],
  ['unused-pitches', { flags: 2, pitches: [4096, 4096] }, 'EINVAL'],
  ['unused-offsets', { flags: 2, offsets: [0, 4096] }, 'EINVAL'],
  ['unused-modifier', { flags: 2, modifiers: [0n, 5n] }, 'EINVAL'],
  ['NV12 with one plane', { fourcc: codeOf('NV12') }, 'EINVAL'],
] as const)('ADDFB2 %s is %s (kms_addfb_basic)', (_, change, errno) => {
  const { file, of } = client();
  expect(() => file.addFb2({ ...of, ...change })).toThrow(code(errno));
});

test('ADDFB2 takes what is right: linear by name, more pitch than needed, the end of the buffer, two planes', () => {
  const { file, of, handle } = client();
  file.addFb2(of);
  file.addFb2({ ...of, flags: 2, modifiers: [0n] });
  file.addFb2({ ...of, width: 512, height: 512, offsets: [2 * 1024 * 1024] });
  file.addFb2({
    ...of,
    fourcc: codeOf('NV12'),
    handles: [handle, handle],
    pitches: [1024, 1024],
    offsets: [0, 1024 * 1024],
  });
  for (const [bpp, depth, format] of [
    [32, 24, 'XRGB8888'],
    [32, 32, 'ARGB8888'],
    [32, 30, 'XRGB2101010'],
    [16, 16, 'RGB565'],
  ] as const) {
    const id = file.addFb({ width: 64, height: 64, pitch: 4096, bpp, depth, handle });
    expect(file.getFb(id).fourcc).toBe(codeOf(format));
  }
  expect(() => file.addFb({ width: 64, height: 64, pitch: 4096, bpp: 32, depth: 8, handle })).toThrow(code('EINVAL'));
});

test('GETFB tells the master the handle, anyone else 0; ENOENT for what is none (kms_getfb)', () => {
  const { bench, file, of, handle } = client();
  const id = file.addFb2(of);
  expect(file.getFb(id)).toMatchObject({ width: 1024, handles: [handle], pitches: [4096], offsets: [0] });
  const other = bench.device.open('other');
  expect(other.getFb(id).handles).toEqual([0]);
  for (const bad of [0, 99_999, bench.device.crtcs[0]?.id ?? 0]) expect(() => file.getFb(bad)).toThrow(code('ENOENT'));
});

test('a handle is of one client, and gone once destroyed; the picture outlives it', () => {
  const { bench, file, of, handle } = client();
  const other = bench.device.open('other');
  expect(() => other.map(handle)).toThrow(code('ENOENT'));
  const id = file.addFb2(of);
  file.map(handle)[0] = 7;
  file.destroyDumb(handle);
  expect(() => file.destroyDumb(handle)).toThrow(code('ENOENT'));
  const [again = 0] = file.getFb(id).handles;
  expect(file.map(again)[0]).toBe(7);
});
