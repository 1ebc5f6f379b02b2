/** Holds scenarios.md against the language it describes. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DRIVERS } from '#drivers/registry.ts';
import { parseScenario } from '#server/scenario/parse.ts';
import { runScenario } from '#server/scenario/runner.ts';
import { CONDITIONS, DEEDS } from '#server/scenario/schema.ts';
import { virtualEnv } from '#server/scenario/virtual-env.ts';

const page = readFileSync(new URL('scenarios.md', import.meta.url), 'utf8');
/** First cells of a table's rows. */
const words = (heading: string): string[] => {
  const table = page.slice(page.indexOf(`| ${heading} |`)).split('\n\n')[0] ?? '';
  return [...table.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap((row) => (row[1] ?? '').replaceAll('`', '').split(', '));
};

test('every step and every look of the language is on the page', () => {
  expect(words('step').sort()).toEqual([...DEEDS].sort());
  expect(words('look').sort()).toEqual([...CONDITIONS].sort());
});

test('the scenario on the page passes as it is printed', async () => {
  const yaml = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const scenario = parseScenario(yaml, 'page.yaml', { drivers: Object.keys(DRIVERS) });
  const open = () => virtualEnv(scenario, { seed: 1, loadDriver: (name) => DRIVERS[name], firmware: () => undefined });
  expect((await runScenario(scenario, open, { seed: 1 })).view.reason).toBe('All 7 steps held.');
});
