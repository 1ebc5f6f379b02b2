/** The page about DRM tells of tests that there are, of every IGT family, and shows a program that runs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const page = readFileSync(new URL('drm.md', import.meta.url), 'utf8');
const gpu = new URL('../drivers/gpu/', import.meta.url);
const rows = page.split('\n').filter((line) => line.startsWith('| '));
const cited = rows.flatMap((row) =>
  [...row.matchAll(/`([\w./-]+\.test\.ts)` \*(.+?)\*(?= |$)/g)].map(([, file = '', title = '']) => ({
    row,
    file,
    title,
  })),
);

test('every test it cites is there, under that title', () => {
  expect(cited.length).toBeGreaterThan(70);
  const missing = cited.filter(({ file, title }) => {
    const path = new URL(file, gpu);
    return !existsSync(path) || !readFileSync(path, 'utf8').includes(title);
  });
  expect(missing.map(({ file, title }) => `${file}: ${title}`)).toEqual([]);
});

test('a test that is to show an errno names it', () => {
  const told = cited.flatMap(({ row, file }) => {
    const errno = /\| (E[A-Z2]+) \|/.exec(row)?.[1];
    return errno === undefined ? [] : [{ errno, file }];
  });
  expect(told.length).toBeGreaterThan(40);
  for (const { errno, file } of told) expect(readFileSync(new URL(file, gpu), 'utf8'), file).toContain(errno);
});

test('it lists every IGT family there is a test of, and no other', () => {
  const listed = rows.flatMap((row) => /^\| `igt\/([\w-]+\.test\.ts)` \| [a-z]/.exec(row)?.[1] ?? []);
  expect(listed.toSorted()).toEqual(readdirSync(new URL('igt/', gpu)).toSorted());
});

test('the program it shows is the one in the examples', () => {
  const shown = /```ts\n([\s\S]*?)```/.exec(page)?.[1];
  expect(shown).toBe(readFileSync(new URL('../drivers/examples/hello-screen.ts', import.meta.url), 'utf8'));
});
