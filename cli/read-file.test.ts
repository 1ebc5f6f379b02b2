/** A file that cannot be read is refused with its name and the system's reason. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readBytes, readText } from './read-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferrolab-read-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'four');
writeFileSync(file, 'four');

test('a file is read up to its limit, as bytes or as text', () => {
  expect(readBytes('recording', file, 4)).toEqual(new TextEncoder().encode('four'));
  expect(readText('scenario', file, 4)).toBe('four');
  expect(() => readBytes('recording', file, 3)).toThrow(
    expect.objectContaining({ code: 'EFBIG', message: `recording ${file} has 4 bytes; 3 are allowed` }),
  );
});

test('what is not there, no file, or below a file is told from each other', () => {
  const refused = (path: string) => {
    try {
      return readText('scenario', path, 100);
    } catch (error) {
      return error;
    }
  };
  const missing = join(folder, 'none');
  expect(refused(missing)).toMatchObject({ code: 'ENOENT', message: `scenario ${missing} cannot be read` });
  expect(refused(folder)).toMatchObject({
    code: 'EINVAL',
    message: `scenario ${folder} cannot be read: it is a folder`,
  });
  expect(refused(join(file, 'x'))).toMatchObject({ code: 'EIO' });
});
