import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { firmwareFiles } from './firmware-files.ts';

const dirs = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'ferrolab-firmware-')));
afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true });
});
const [first = '', second = ''] = dirs;
writeFileSync(join(second, 'a.fw'), Uint8Array.of(1, 2));
writeFileSync(join(first, 'b.fw'), Uint8Array.of(3));
writeFileSync(join(second, 'b.fw'), Uint8Array.of(4));

test('takes the file from the first directory that has it', () => {
  const read = firmwareFiles(dirs);
  expect([...read('a.fw')]).toEqual([1, 2]);
  expect([...read('b.fw')]).toEqual([3]);
});

test('names the directories when nobody has it', () => {
  expect(() => firmwareFiles(dirs)('c.fw')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  expect(() => firmwareFiles(dirs)('c.fw')).toThrow(first);
});

test.each(['../b.fw', '/etc/passwd', 'a/b', '..', '', '.hidden', 'x'.repeat(200), 'a\0b'])(
  'takes no name that leaves the directories: %j',
  (name) => {
    expect(() => firmwareFiles(dirs)(name)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  },
);
