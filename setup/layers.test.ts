/** Holds the table of rooms in ARCHITECTURE.md against what the files import. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Room -> rooms it may import. A room always may import itself. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  regmap: [],
  datasheets: ['regmap'],
  bus: ['regmap', 'datasheets'],
  devices: ['regmap', 'datasheets', 'bus'],
  drivers: ['regmap', 'datasheets', 'bus'],
  firmware: ['regmap', 'datasheets', 'bus'],
  recording: ['regmap', 'datasheets', 'bus'],
  server: ['regmap', 'datasheets', 'bus', 'devices', 'recording'],
  web: ['regmap', 'datasheets', 'bus', 'recording'],
  cli: ['regmap', 'datasheets', 'bus', 'devices', 'drivers', 'recording', 'server'],
  kit: ['regmap', 'datasheets', 'bus', 'devices', 'drivers', 'server', 'cli'],
  e2e: [],
};

const sources = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'dist' || entry.name === 'node_modules' ? [] : sources(path);
    return /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name) ? [path] : [];
  });

const imports = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');

const roomOf = (importer: string, asked: string): string | undefined => {
  if (asked.startsWith('#')) return asked.slice(1).split('/')[0];
  if (!asked.startsWith('.')) return undefined;
  return relative(root, resolve(dirname(importer), asked)).split('/')[0];
};

for (const [room, allowed] of Object.entries(MAY))
  test(`${room}/ imports only ${allowed.join(', ') || 'itself'}`, () => {
    const wrong = sources(join(root, room)).flatMap((path) =>
      imports(path)
        .filter((asked) => {
          const to = roomOf(path, asked);
          return to !== undefined && to !== room && !allowed.includes(to);
        })
        .map((asked) => `${relative(root, path)} imports ${asked}`),
    );
    expect(wrong).toEqual([]);
  });

test('devices/ and drivers/ model hardware and kernel without the DOM; devices/ without Node too', () => {
  // A bench for tests may read the firmware that is shipped.
  const silicon = sources(join(root, 'devices')).filter((path) => !/bench\.ts$/.test(path));
  const wrong = silicon.filter((path) => imports(path).some((asked) => asked.startsWith('node:')));
  expect(wrong.map((path) => relative(root, path))).toEqual([]);
});

test('devices/ and drivers/ take time and chance only from the lab', () => {
  const forbidden = /\b(?:Date\.now|Math\.random|setTimeout|setInterval|performance\.now)\b/;
  const wrong = [...sources(join(root, 'devices')), ...sources(join(root, 'drivers'))].filter((path) =>
    forbidden.test(readFileSync(path, 'utf8')),
  );
  expect(wrong.map((path) => relative(root, path))).toEqual([]);
});

test('every source file opens with one sentence that says what it is', () => {
  const wrong = [...Object.keys(MAY), 'benchmarks', 'docs']
    .flatMap((room) => sources(join(root, room)))
    .filter((path) => !/^(?:#!.*\n)?\/\*\*/.test(readFileSync(path, 'utf8')));
  expect(wrong.map((path) => relative(root, path))).toEqual([]);
});
