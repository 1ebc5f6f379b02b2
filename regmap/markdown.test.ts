/** Register pages say what the table says. */
import { expect, test } from 'vitest';
import { action } from './actions.ts';
import { bits, choice, flag, reg, table } from './declare.ts';
import { catalogueTable, indexTable, registersPage, rows } from './markdown.ts';
import { number } from './params.ts';

const from = { source: 'a test', evidence: 'choice' } as const;
const page = {
  table: table('T', {
    B: reg(2, 'Second', { UP: flag(0, 'll', 'Link | up') }, from),
    A: reg(
      1,
      'First',
      { MODE: choice(9, 8, 'rw', { on: 1 }, 'Mode', 'on'), N: bits(7, 0, 'ro', 'Number', 0xab) },
      from,
    ),
  }),
  address: (at: number) => `#${at}`,
};

test('registers come by address, fields by bit, with reset, access, names and evidence', () => {
  const text = registersPage(page);
  expect(text.indexOf('### A')).toBeLessThan(text.indexOf('### B'));
  expect(text).toContain('`#1` · reset 01ABh · First.');
  expect(text).toContain('| 9:8 | `MODE` | rw | 1 | Mode: 1h on |\n| 7:0 | `N` | ro | ABh | Number |');
  expect(text).toContain('Source: a test (**our choice**: no source states it).');
});

test('a bar in a text does not break the table', () => {
  expect(registersPage(page)).toContain('| 0 | `UP` | ll | 0 | Link \\| up |');
  expect(rows(['a'], [['x\ny']])).toBe('| a |\n| --- |\n| x y |');
});

test('the index links to every register', () => {
  expect(indexTable(page)).toContain('| `#2` | [B](#b) | 0000h | Second | choice |');
});

test('a catalogue lists ranges and defaults', () => {
  const text = catalogueTable({
    heat: action('heat', 'Gets hot', 'physics', {
      celsius: number('How hot', { min: 1, max: 9, default: 5, unit: '°C' }),
    }),
    off: action('off', 'Goes off', 'physics', {}),
  });
  expect(text).toContain('| `heat` | Gets hot | `celsius` 1 to 9 °C (5): how hot | physics |');
  expect(text).toContain('| `off` | Goes off | none | physics |');
});
