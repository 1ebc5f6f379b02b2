import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DRIVERS } from '#drivers/registry.ts';
import { parseScenario } from '#server/scenario/parse.ts';
import { runScenario } from '#server/scenario/runner.ts';
import { virtualEnv } from '#server/scenario/virtual-env.ts';
import { FIRMWARE_DIRS, SCENARIOS } from './paths.ts';

const FILES = readdirSync(SCENARIOS).filter((file) => file.endsWith('.yaml'));
const SHIPPED = 'ferrolab-qt2025.fw';
const image = new Uint8Array(readFileSync(join(FIRMWARE_DIRS.at(-1) ?? '', SHIPPED)));

const run = async (file: string, seed = 1) => {
  const text = readFileSync(join(SCENARIOS, file), 'utf8');
  const scenario = parseScenario(text, file, { drivers: Object.keys(DRIVERS) });
  const firmware = (name: string) => (name === SHIPPED ? image : undefined);
  const open = () => virtualEnv(scenario, { seed, loadDriver: (name) => DRIVERS[name], firmware });
  return (await runScenario(scenario, open, { seed })).view;
};

test('there are at least ten, each opens with what is true about the hardware', () => {
  expect(FILES.length).toBeGreaterThanOrEqual(10);
  for (const file of FILES) expect(readFileSync(join(SCENARIOS, file), 'utf8'), file).toMatch(/^# [A-Z1]/);
});

test.each(FILES)(
  '%s holds with our drivers',
  async (file) => {
    const view = await run(file);
    expect(view.reason).toMatch(/^All \d+ steps held\.$/);
    expect(view.verdict).toBe('pass');
    // A scenario about misuse has drivers that are wrong on purpose, and only they are caught.
    const { tags } = parseScenario(readFileSync(join(SCENARIOS, file), 'utf8'), file, {
      drivers: Object.keys(DRIVERS),
    });
    const wanted = tags.includes('misuse') ? view.findings.filter((finding) => finding.startsWith('bad-')) : [];
    expect(view.findings).toEqual(wanted);
    expect(view.findings.length > 0).toBe(tags.includes('misuse'));
  },
  30_000,
);

test('bring-up gives the same trace hash twenty times of twenty', async () => {
  const hashes = new Set<string | null>();
  for (let turn = 0; turn < 20; turn++) hashes.add((await run('bring-up.yaml')).traceHash);
  expect(hashes.size).toBe(1);
}, 30_000);

test('bit errors fall differently by another seed, and the scenario holds all the same', async () => {
  const [one, other] = [await run('marginal-link.yaml', 1), await run('marginal-link.yaml', 2)];
  expect(other.verdict).toBe('pass');
  expect(other.traceHash).not.toBe(one.traceHash);
});
