import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const main = join(import.meta.dirname, 'main.ts');
const scenario = join(import.meta.dirname, '../scenarios/bring-up.yaml');

const ferrolab = (...words: string[]) =>
  new Promise<{ code: unknown; out: string; error: string }>((resolve) => {
    execFile(process.execPath, [main, ...words], { timeout: 20_000 }, (error, out, said) =>
      resolve({ code: error?.code ?? 0, out, error: said }),
    );
  });

test.each([
  ['an address of a lab that is none', ['lsmod', '--url', 'foo'], /--url is 'foo'; it takes/],
  [
    'a log level that is none',
    ['up', '--log', 'loud', '--http', '0', '--mqtt', '0'],
    /--log is 'loud'; it takes one of/,
  ],
  [
    'a password in the address of the broker, without repeating it',
    ['up', '--http', '0', '--broker', 'mqtt://me:hunter2@127.0.0.1:1'],
    /^(?!.*hunter2).*--token/,
  ],
  [
    'a report that cannot be written, before it runs',
    ['run', '--junit', '/nowhere/x.xml', scenario],
    /--junit: ENOENT/,
  ],
])('refuses %s in one line and ends with 2', async (_, words, line) => {
  const { code, out, error } = await ferrolab(...words);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(error.trim()).toMatch(line);
  expect(error.trim().split('\n').length).toBe(1);
});
