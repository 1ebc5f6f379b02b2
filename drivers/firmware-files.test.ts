/** Firmware by name and by path. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readFirmware } from './firmware-files.ts';

const dir = mkdtempSync(join(tmpdir(), 'ferrolab-fw-'));
writeFileSync(join(dir, 'a.fw'), Uint8Array.of(1, 2, 3));
afterAll(() => rmSync(dir, { recursive: true }));

test('finds a name in the first directory that has it', async () => {
  expect(await readFirmware('a.fw', ['/nowhere', dir])).toEqual(Uint8Array.of(1, 2, 3));
});

test('takes a name with a slash for a path', async () => {
  expect(await readFirmware(join(dir, 'a.fw'), [])).toEqual(Uint8Array.of(1, 2, 3));
});

test.each([['b.fw'], ['..'], ['/nowhere/b.fw'], ['/dev/zero']])(
  'says ENOENT for %s, and where it looked',
  async (name) => {
    await expect(readFirmware(name, [dir])).rejects.toMatchObject({
      code: 'ENOENT',
      message: expect.stringContaining(name.includes('/') ? name : dir),
    });
  },
);
