/** Turns: every source once, warm kinds first, results told in the order of the sources. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Scenario } from '#server/scenario/model.ts';
import type { RunResult } from '#server/scenario/runner.ts';
import type { SeededSource } from './repeat.ts';
import { RunTurns } from './run-turns.ts';

const source = (device: string, nth: number): SeededSource => ({
  file: `${nth}.yaml`,
  scenario: { bench: { one: { device } } } as unknown as Scenario,
  seed: nth,
});
const none = (): void => {};
const result = {} as RunResult;

test('a runner keeps to a kind it has had, and begins with one that nobody has', () => {
  const kinds = ['nullb', 'nullb', 'display', 'qt2025', 'display', 'nullb'];
  const turns = new RunTurns(kinds.map(source), none);
  const [early, other] = [turns.runner([0]), turns.runner()];
  const order = (runner: Set<string>, count: number) => Array.from({ length: count }, () => turns.next(runner)?.index);
  expect(order(other, 2)).toEqual([2, 4]);
  expect(order(early, 4)).toEqual([1, 5, 3, undefined]);
});

test('a runner may have a second run waiting while many are to come, and the last ones are for who is free', () => {
  const turns = new RunTurns(
    Array.from({ length: 10 }, (_, n) => source('nullb', n)),
    none,
  );
  const [one] = [turns.runner(), turns.runner()];
  expect(turns.many).toBe(true);
  turns.next(one!);
  turns.next(one!);
  expect(turns.many).toBe(false);
});

test('whoever is faster, each source is run once and told in its place', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('nullb', 'display', 'qt2025'), { maxLength: 90 }),
      fc.infiniteStream(fc.nat(2)),
      (kinds, picks) => {
        const sources = kinds.map(source);
        const told: string[] = [];
        const turns = new RunTurns(sources, ({ file }) => told.push(file));
        const runners = [turns.runner(), turns.runner(), turns.runner()];
        const running: (number | undefined)[] = runners.map((runner) => turns.next(runner)?.index);
        while (running.some((index) => index !== undefined)) {
          const at = picks.next().value;
          const index = running[at];
          const runner = runners[at];
          if (index === undefined || runner === undefined) continue;
          turns.ended(index, result);
          running[at] = turns.next(runner)?.index;
        }
        expect(told).toEqual(sources.map(({ file }) => file));
      },
    ),
  );
});
