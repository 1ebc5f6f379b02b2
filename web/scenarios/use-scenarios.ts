/** The scenarios of the lab, asked for when the page opens and after each run, and the runs of one. */
import { useEffect, useMemo, useState } from 'react';
import type { RunView, ScenarioView } from '#bus/api.ts';
import { api, sentenceOf } from '../api.ts';
import { lab, mergeRuns, useLab } from '../store/lab-state.ts';

export type Scenarios = { readonly list: readonly ScenarioView[] } | { readonly failed: string } | null;

export const useScenarios = (): Scenarios => {
  const [scenarios, setScenarios] = useState<Scenarios>(null);
  const phase = useLab((state) => state.phase);
  const ended = useLab((state) => state.runs.filter(({ state: of }) => of === 'done').length);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again when a run has ended or the lab is back
  useEffect(() => {
    let left = false;
    api.scenarios().then(
      (list) => left || setScenarios({ list }),
      (error: unknown) =>
        left || setScenarios((old) => (old !== null && 'list' in old ? old : { failed: sentenceOf(error) })),
    );
    return () => {
      left = true;
    };
  }, [phase, ended]);
  return scenarios;
};

/** Newest first. */
export const useRuns = (scenario: string | null): readonly RunView[] => {
  const runs = useLab((state) => state.runs);
  return useMemo(() => runs.filter((run) => run.scenario === scenario).sort((a, b) => b.run - a.run), [runs, scenario]);
};

/** A run just started is known at once, before the feed tells of it; what the feed told meanwhile stays. */
export const noteRun = (run: RunView): void => {
  if (!lab.state.runs.some((known) => known.run === run.run)) lab.set({ runs: mergeRuns(lab.state.runs, run) });
};
