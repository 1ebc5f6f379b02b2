/** DIRTYFB: what a legacy client says has changed (IGT kms_dirtyfb). */
import { expect, test } from 'vitest';
import { litCore } from '../drm-bench.ts';

test('DIRTYFB: clips and count agree, copies come in pairs, at most 256; what is on show is told of the clips', async () => {
  const { bench, client, file, fb } = await litCore();
  const clip = { x1: 1, y1: 2, x2: 3, y2: 4 };
  const dirty = (of: object) => bench.until(file.dirtyFb({ fbId: fb, ...of }));
  for (const [of, errno] of [
    [{ fbId: 9999 }, 'ENOENT'],
    [{ numClips: 1 }, 'EINVAL'],
    [{ numClips: 0, clips: [clip] }, 'EINVAL'],
    [{ flags: 3 }, 'EINVAL'],
    [{ flags: 1, clips: [clip] }, 'EINVAL'],
    [{ clips: Array.from({ length: 257 }, () => clip) }, 'EINVAL'],
    [{ clips: [{ ...clip, x2: 65_536 }] }, 'EINVAL'],
  ] as const)
    await expect(dirty(of), JSON.stringify(of).slice(0, 80)).rejects.toMatchObject({ code: errno });
  bench.told.length = 0;
  await dirty({ clips: [clip] });
  await dirty({ flags: 1, clips: [clip, { ...clip, x2: 9 }] });
  await dirty({});
  await dirty({ fbId: client.fb(64, 64), clips: [clip] });
  expect(bench.told).toEqual([
    `update Primary 0 fb ${fb} 1,2-3,4`,
    `update Primary 0 fb ${fb} 1,2-9,4`,
    `update Primary 0 fb ${fb} 0,0-640,480`,
  ]);
});
