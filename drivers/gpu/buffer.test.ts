/** Dumb buffers: pitch and size of every colour mode, and what is refused. */
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
