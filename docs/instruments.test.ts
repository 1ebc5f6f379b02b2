/** The guide to bus faults and breakpoints: every effect, parameter, verb and example in it is what the lab takes. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BUS_FAULTS } from '#bus/filters/effects.ts';
import { readSelection } from '#bus/filters/selection.ts';
import { BREAK_VERBS } from '#bus/filters/views.ts';
import { TIME_VERBS, wishOf } from '#cli/time.ts';
import { QT2025_ALL, QT2025_SPANS } from '#datasheets/qt2025.ts';
import { parseScenario } from '#server/scenario/parse.ts';

const guide = readFileSync(new URL('./instruments.md', import.meta.url), 'utf8');
const table = (heading: string): readonly (readonly string[])[] =>
  (guide.split(`\n| ${heading} `)[1]?.split('\n\n')[0] ?? '')
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
const words = (cell = ''): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');

test('the table of effects is the catalogue', () => {
  const said = table('Effect').map(([effect, params]) => [words(effect)[0], words(params)]);
  expect(said).toEqual(Object.entries(BUS_FAULTS).map(([name, { params }]) => [name, Object.keys(params)]));
});

test('the table of verbs is all of them', () => {
  expect(table('Verb').map(([verb]) => words(verb)[0])).toEqual([...BREAK_VERBS]);
});

test('the commands for the time are commands, its table has all of them, and the requests are what the lab takes', () => {
  const section = guide.split('\n## Time\n')[1]?.split('\n## ')[0] ?? '';
  const verbs = [...section.matchAll(/^\| `([a-z]+)` \|/gm)].map((match) => match[1]);
  const said = [...section.matchAll(/^ {4}ferrolab time ?(.*)$/gm)].map((match) => (match[1] ?? '').split(' '));
  expect(verbs).toEqual([...TIME_VERBS]);
  expect(said.length).toBeGreaterThan(verbs.length);
  for (const [verb, ...rest] of said) expect(verb === '' ? null : wishOf(verb ?? '', rest)).not.toBeUndefined();
  const wishes = [...guide.matchAll(/`(\{ "do": [^`]+\})`/g)].map((match) => JSON.parse(match[1] ?? '') as unknown);
  expect(wishes).toEqual([wishOf('pause', []), wishOf('step', ['3']), wishOf('rate', ['10']), wishOf('jump', ['10s'])]);
});

test('every selection is one', () => {
  const selections = table('Selection').map(([selection]) => words(selection)[0] ?? '');
  expect(selections.length).toBeGreaterThan(6);
  for (const selection of selections)
    readSelection(selection, { port: 'mdio', registers: QT2025_ALL, spans: QT2025_SPANS });
});

test('the steps are steps', () => {
  const steps = guide.split('```yaml\n')[1]?.split('```')[0] ?? '';
  const text = `title: T\nteaches: F\nbench: { phy0: { device: qt2025 } }\nsteps:\n${steps}`;
  expect(parseScenario(text, 'guide.yaml').steps).toHaveLength(7);
});
