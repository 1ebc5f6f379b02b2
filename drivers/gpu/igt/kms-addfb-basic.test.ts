/** ADDFB and ADDFB2: each check in its order, with its errno (IGT kms_addfb_basic). */
import { expect, test } from 'vitest';
import { Buffer } from '../buffer.ts';
import { codeOf, DrmBench } from '../drm-bench.ts';
import { type AddFb2, checkFramebuffer, type FramebufferLimits } from '../framebuffer.ts';

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
    expect(file.getFb2(id).fourcc).toBe(codeOf(format));
  }
  expect(() => file.addFb({ width: 64, height: 64, pitch: 4096, bpp: 32, depth: 8, handle })).toThrow(code('EINVAL'));
});

test('every pair of bits and depth names one of the legacy formats, or is EINVAL (legacy-format)', () => {
  const { file, handle } = client();
  const named: string[] = [];
  for (let bpp = 0; bpp <= 40; bpp++)
    for (let depth = 0; depth <= 40; depth++)
      try {
        file.addFb({ width: 64, height: 64, pitch: 4096, bpp, depth, handle });
        named.push(`${bpp}/${depth}`);
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'EINVAL' });
      }
  // 8/8, 16/15 and 24/24 have names, and no plane here takes them.
  expect(named).toEqual(['16/16', '32/24', '32/30', '32/32']);
});

/** No bounds of a device in the way. */
const check = (of: Partial<AddFb2>, more: Partial<FramebufferLimits> = {}) => {
  const buffer = new Buffer(new Uint8Array(4096), () => {});
  const limits = { minWidth: 0, maxWidth: 2 ** 32, minHeight: 0, maxHeight: 2 ** 32, modifiers: true, ...more };
  const asked = { width: 8, height: 8, fourcc: codeOf('XRGB8888'), handles: [1], pitches: [64], ...of };
  return checkFramebuffer(asked, { formats: () => true, ...limits }, (handle) => (handle === 1 ? buffer : undefined));
};

test.each([
  ['no width', { width: 0 }, 'EINVAL'],
  ['no height', { height: 0 }, 'EINVAL'],
  ['a row beyond 32 bits', { width: 2 ** 30, pitches: [0xffffffff] }, 'ERANGE'],
  ['an end beyond 32 bits', { height: 2 ** 20, pitches: [2 ** 13] }, 'ERANGE'],
  ['an offset that takes it beyond 32 bits', { offsets: [0xffffffff] }, 'ERANGE'],
  ['half a pixel', { width: 1.5 }, 'EINVAL'],
] as const)('ADDFB2 of %s is refused', (_, of, errno) => {
  expect(() => check(of)).toThrow(code(errno));
});

test('checks go from the flags to the buffer: of two mistakes the earlier is told', () => {
  const mistakes: readonly (readonly [name: string, of: Partial<AddFb2>, errno: string, words: RegExp])[] = [
    ['flags', { flags: 8 }, 'EINVAL', /flags/],
    ['size', { width: 9000 }, 'EINVAL', /width 9000/],
    ['format', { fourcc: 0x41414141 }, 'EINVAL', /no format/],
    ['no handle', { handles: [] }, 'EINVAL', /no buffer/],
    ['pitch', { pitches: [3] }, 'EINVAL', /pitch of 3/],
    ['modifier', { modifiers: [7n] }, 'EINVAL', /modifier/],
    ['unknown handle', { handles: [2] }, 'ENOENT', /no buffer 2/],
  ];
  for (const [i, [earlier, first, errno, words]] of mistakes.entries())
    for (const [later, second] of mistakes.slice(i + 1)) {
      if (earlier === 'no handle' && later === 'unknown handle') continue; // the same field
      const both = () => check({ ...second, ...first }, { maxWidth: 8192 });
      expect(both, `${earlier} before ${later}`).toThrow(words);
      expect(both).toThrow(code(errno));
    }
});

test('an interlaced framebuffer is one', () => {
  const { file, of } = client();
  file.addFb2({ ...of, flags: 1 });
  expect(check({ flags: 1 }).interlaced).toBe(true);
});

test('a framebuffer may be made and removed by whoever is not master (master-rmfb)', async () => {
  const { bench, file, of } = client();
  const other = bench.device.open('other');
  const { handle, pitchBytes } = other.createDumb({ width: 64, height: 64, bpp: 32 });
  const id = other.addFb2({ ...of, width: 64, height: 64, handles: [handle], pitches: [pitchBytes] });
  await expect(file.rmFb(id)).rejects.toMatchObject({ code: 'ENOENT' });
  await other.rmFb(id);
});
