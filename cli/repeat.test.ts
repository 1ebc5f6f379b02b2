/** Repetitions: which seeds they run with, and what they say of a scenario. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RunView } from '#bus/api.ts';
import type { Scenario } from '#server/scenario/model.ts';
import { parseScenario } from '#server/scenario/parse.ts';
import { flakiness, flakyText, repeated } from './repeat.ts';

const scenario: Scenario = parseScenario(
  'title: T\nteaches: F\nseed: 9\nbench: { phy0: { device: qt2025 } }\nsteps: [{ wait: 1ms }]\n',
  'a.yaml',
);
const source = { file: 'a.yaml', scenario };

const run = (seed: number, verdict: RunView['verdict'] = 'pass', traceHash = `of ${seed}`) => ({
  file: 'a.yaml',
  // what the repetitions are judged by
  view: { seed, verdict, traceHash } as RunView,
});

test('seeds count up from the one given, else from the scenario’s own, and stay 32 bits', () => {
  const seeds = (...of: Parameters<typeof repeated>) => repeated(...of).map(({ seed }) => seed);
  expect(seeds([source], undefined, {})).toEqual([9]);
  expect(seeds([source], 4, { repeat: '3' })).toEqual([4, 4, 4]);
  expect(seeds([source, source], undefined, { repeat: '2', seeds: true })).toEqual([9, 10, 9, 10]);
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.integer({ min: 1, max: 50 }), (seed, times) => {
      const all = seeds([source], seed, { repeat: String(times), seeds: true });
      expect(new Set(all).size).toBe(times);
      for (const one of all) expect(one >= 0 && one <= 0xffffffff && Number.isInteger(one)).toBe(true);
    }),
  );
});

test.each([
  [{ repeat: '0' }, '1 to 10000'],
  [{ repeat: 'x' }, '--repeat'],
  [{ seeds: true }, '--seeds goes with --repeat'],
])('refuses %j', (options, words) => {
  expect(() => repeated([source], undefined, options)).toThrow(words);
});

test('says how often a scenario did not pass, and with which seeds', () => {
  const runs = [run(1), run(2, 'driver-bug'), run(3), run(4, 'timeout')];
  expect(flakyText(flakiness(runs), runs)).toBe('a.yaml: flaky, 2 of 4 did not pass, with seed 2, 4');
  const good = [run(1), run(2)];
  expect(flakyText(flakiness(good), good)).toBe('a.yaml: 2 of 2 passed');
  const bad = [run(1, 'driver-bug'), run(1, 'driver-bug')];
  expect(flakyText(flakiness(bad), bad)).toBe('a.yaml: fails always, 2 of 2 did not pass, with seed 1');
  expect(flakiness([run(1)])).toEqual([]);
});

test('the same seed with two traces means that something is not seeded', () => {
  const runs = [run(1, 'pass', 'x'), run(1, 'pass', 'y'), run(2)];
  expect(flakyText(flakiness(runs), runs)).toBe(
    'a.yaml: 3 of 3 passed; different traces with seed 1: something is not seeded',
  );
});
