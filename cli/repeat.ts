/** Running the same again and again: with which seeds, and what the repetitions say about a scenario. */
import { LabError } from '#bus/errors.ts';
import type { ReportedRun } from '#server/scenario/junit.ts';
import type { Scenario } from '#server/scenario/model.ts';
import { wholeNumber } from './numbers.ts';

export interface RepeatOptions {
  readonly repeat?: string;
  readonly seeds?: boolean;
}

export interface SeededSource {
  readonly file: string;
  readonly scenario: Scenario;
  readonly seed: number;
}

const MOST = 10_000;
const SEEDS = 2 ** 32;

/** Each scenario as often as asked, one after another; `--seeds` counts its seed up. */
export const repeated = (
  sources: readonly { readonly file: string; readonly scenario: Scenario }[],
  seed: number | undefined,
  { repeat, seeds = false }: RepeatOptions,
): readonly SeededSource[] => {
  const times = repeat === undefined ? 1 : wholeNumber('--repeat', repeat, MOST);
  if (times < 1) throw new LabError('EINVAL', `--repeat is '${repeat}'; it takes a whole number from 1 to ${MOST}`);
  if (seeds && repeat === undefined) throw new LabError('EINVAL', '--seeds goes with --repeat, as --repeat 50 --seeds');
  return sources.flatMap(({ file, scenario }) =>
    Array.from({ length: times }, (_, turn) => ({
      file,
      scenario,
      seed: ((seed ?? scenario.seed) + (seeds ? turn : 0)) % SEEDS,
    })),
  );
};

/** What was found by repeating one scenario. */
export interface Flakiness {
  readonly file: string;
  readonly runs: number;
  /** Seeds of the runs that did not pass. */
  readonly failedSeeds: readonly number[];
  /** Seeds that gave more than one trace in virtual time. */
  readonly unsteadySeeds: readonly number[];
}

/** Of each scenario that was run more than once. */
export const flakiness = (runs: readonly ReportedRun[]): readonly Flakiness[] => {
  const files = Map.groupBy(runs, ({ file }) => file);
  return [...files].flatMap(([file, of]) => {
    if (of.length < 2) return [];
    const failedSeeds = unique(of.flatMap(({ view }) => (view.verdict === 'pass' ? [] : [view.seed])));
    const bySeed = Map.groupBy(of, ({ view }) => view.seed);
    const unsteadySeeds = [...bySeed].flatMap(([seed, same]) =>
      new Set(same.map(({ view }) => view.traceHash)).size > 1 ? [seed] : [],
    );
    return [{ file, runs: of.length, failedSeeds, unsteadySeeds }];
  });
};

/** Seeds that are listed. */
const SHOWN = 20;

/** One line a scenario. */
export const flakyText = (all: readonly Flakiness[], runs: readonly ReportedRun[]): string =>
  all
    .map(({ file, runs: times, failedSeeds, unsteadySeeds }) => {
      const failures = runs.filter((run) => run.file === file && run.view.verdict !== 'pass').length;
      const unsteady =
        unsteadySeeds.length === 0
          ? ''
          : `; different traces with seed ${listed(unsteadySeeds)}: something is not seeded`;
      if (failures === 0) return `${file}: ${times} of ${times} passed${unsteady}`;
      const word = failures === times ? 'fails always' : 'flaky';
      return `${file}: ${word}, ${failures} of ${times} did not pass, with seed ${listed(failedSeeds)}${unsteady}`;
    })
    .join('\n');

const listed = (seeds: readonly number[]): string =>
  `${seeds.slice(0, SHOWN).join(', ')}${seeds.length > SHOWN ? ` and ${seeds.length - SHOWN} more` : ''}`;

const unique = (numbers: readonly number[]): readonly number[] => [...new Set(numbers)];
