/** The committed register pages are those the datasheets make. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { QT2025_ALL } from '#datasheets/qt2025.ts';
import { pages } from './pages.ts';

test.each(Object.entries(pages()))('docs/registers/%s is fresh', (name, text) => {
  expect(readFileSync(new URL(`./registers/${name}`, import.meta.url), 'utf8')).toBe(text);
});

test('every register of the QT2025 has its section', () => {
  const page = pages()['qt2025.md'] ?? '';
  expect(Object.keys(QT2025_ALL).filter((name) => !page.includes(`\n### ${name}\n`))).toEqual([]);
});
