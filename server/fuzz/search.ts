/** Drawing schedules of bus faults from a seed until one makes a driver fail, then the smallest that still does. */
import fc from 'fast-check';
import type { RunView } from '#bus/api.ts';
import type { BusFaultKind } from '#bus/filters/effects.ts';
import type { RunResult } from '#server/scenario/runner.ts';
import { type FuzzBase, withFaults } from './fuzz-base.ts';
import { effectsOn, type FuzzFault, MOST_NTH, paramsOf } from './fuzz-fault.ts';
import { placesOf } from './places.ts';

export interface SearchOptions {
  readonly base: FuzzBase;
  /** Runs the text of a scenario in virtual time. */
  readonly run: (yaml: string) => Promise<RunResult>;
  readonly seed: number;
  /** Wall time for finding, milliseconds; making it smaller may take as long again. */
  readonly budgetMs: number;
  readonly mostRuns: number;
  readonly mostFaults: number;
  readonly onRun?: (runs: number, found: boolean) => void;
}

export interface Found {
  readonly faults: readonly FuzzFault[];
  readonly yaml: string;
  readonly view: RunView;
}
export interface SearchResult {
  readonly runs: number;
  /** Runs until it was found; null: it was not. */
  readonly foundAfter: number | null;
  /** The first run of all, with no fault; the search ends there when it does not pass. */
  readonly clean: RunView;
  readonly found: Found | null;
}

/** Drawn at a time. */
const BATCH = 20;
/** So that neighbouring seeds have nothing in common. */
const SPREAD = 0x9e3779b1;

export const search = async (options: SearchOptions): Promise<SearchResult> => {
  const { base, run, seed, budgetMs, mostRuns, mostFaults, onRun } = options;
  const first = await run(withFaults(base, []));
  let runs = 1;
  const clean = first.view;
  if (clean.verdict !== 'pass') return { runs, foundAfter: null, clean, found: null };
  let best: Found | null = null;
  let foundAfter: number | null = null;
  const holds = async (faults: readonly FuzzFault[]): Promise<boolean> => {
    const yaml = withFaults(base, faults);
    const { view } = await run(yaml);
    runs++;
    const held = view.verdict === 'pass';
    if (!held) {
      best = { faults, yaml, view };
      foundAfter ??= runs;
    }
    onRun?.(runs, foundAfter !== null);
    return held;
  };
  const schedule = fc.array(faultOf(base, placesOf(base, first)), { minLength: 1, maxLength: mostFaults });
  const property = fc.asyncProperty(schedule, holds);
  const until = performance.now() + budgetMs;
  for (let batch = 0; performance.now() < until && runs < mostRuns && best === null; batch++)
    await fc.check(property, {
      seed: (Math.imul(seed, SPREAD) + batch) | 0,
      numRuns: Math.min(BATCH, mostRuns - runs),
      interruptAfterTimeLimit: budgetMs,
    });
  if (best !== null) await simplify(best, holds, performance.now() + budgetMs / 4);
  return { runs, foundAfter, clean, found: best };
};

/** What the drawing did not try: without each fault alone, and on one access instead of each. `holds` keeps what fails. */
const simplify = async (
  { faults }: Found,
  holds: (faults: readonly FuzzFault[]) => Promise<boolean>,
  until: number,
): Promise<void> => {
  let least = faults;
  const smaller = async (candidate: readonly FuzzFault[]): Promise<boolean> => {
    if (performance.now() > until || (await holds(candidate))) return false;
    least = candidate;
    return true;
  };
  for (let i = least.length - 1; i >= 0 && least.length > 1; i--) await smaller(least.filter((_, k) => k !== i));
  for (const joined of joinedDelays(least)) if (await smaller(joined)) break;
  for (const [i, fault] of least.entries()) {
    if (fault.nth !== null) continue;
    for (let nth = 1; nth <= MOST_NTH; nth++)
      if (await smaller(least.map((one, k) => (k === i ? { ...one, nth } : one)))) break;
  }
};

/** Two delays of the same access are one that is as long as both. */
const joinedDelays = (faults: readonly FuzzFault[]): readonly (readonly FuzzFault[])[] =>
  faults.flatMap((one, i) =>
    faults.flatMap((other, k) => {
      const same =
        one.effect === 'delay' && other.effect === 'delay' && one.when === other.when && one.nth === other.nth;
      if (k <= i || !same) return [];
      const both = { ...one, params: { us: (one.params.us ?? 0) + (other.params.us ?? 0) } };
      return [faults.flatMap((fault) => (fault === other ? [] : [fault === one ? both : fault]))];
    }),
  );

/** Small numbers first: shrinking goes there. What wires do most is drawn most. */
const faultOf = ({ kind }: FuzzBase, places: readonly string[]): fc.Arbitrary<FuzzFault> => {
  const effects = effectsOn(kind);
  const usual = effects.filter((effect) => USUAL.includes(effect));
  return fc
    .record({
      effect: fc.oneof(fc.constantFrom(...usual), fc.constantFrom(...effects)),
      when: fc.constantFrom(...places),
      nth: fc.oneof(
        { weight: 2, arbitrary: fc.integer({ min: 1, max: 4 }) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: MOST_NTH }) },
        { weight: 2, arbitrary: fc.constant(null) },
      ),
      ms: fc.integer({ min: 1, max: 200 }),
      bit: fc.nat(15),
      value: fc.nat(0xffff),
    })
    .map(({ effect, when, nth, ms, bit, value }) => ({ effect, when, nth, params: paramsOf(effect, ms, bit, value) }));
};
const USUAL: readonly BusFaultKind[] = ['delay', 'drop', 'error', 'bit-flip'];
