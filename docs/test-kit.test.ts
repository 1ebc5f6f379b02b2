/** Holds test-kit.md against what the kit offers; that its example works is shown in setup/pack.contract.test.ts. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LabBreakpoint } from '#kit/breakpoint.ts';
import { LabDevice } from '#kit/device.ts';
import { TestLab } from '#kit/lab.ts';
import { LabTrace } from '#kit/trace.ts';

const guide = readFileSync(new URL('./test-kit.md', import.meta.url), 'utf8');
const words = new Set(guide.match(/[A-Za-z]+/g));

test.each([
  ['lab', TestLab],
  ['trace', LabTrace],
  ['device', LabDevice],
  ['breakpoint', LabBreakpoint],
] as const)('everything a %s can do is on the page', (_name, { prototype }) => {
  const members = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
  expect(members.filter((name) => !words.has(name))).toEqual([]);
});

test('every import of the package is on the page, and every option of a lab', () => {
  const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    readonly exports: Readonly<Record<string, unknown>>;
  };
  const imports = Object.keys(exports).filter((name) => name !== './package.json');
  expect(imports.filter((name) => !guide.includes(`\`${name.replace('.', 'ferrolab')}\``))).toEqual([]);
  const source = readFileSync(new URL('../kit/create-lab.ts', import.meta.url), 'utf8');
  const [, body = ''] = /export interface LabOptions \{([\s\S]*?)\n\}/.exec(source) ?? [];
  const options = [...body.matchAll(/readonly (\w+)\?: /g)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== 'params');
  expect(options.length).toBeGreaterThan(6);
  expect(options.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
});
