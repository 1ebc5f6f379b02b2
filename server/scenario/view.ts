/** A scenario as lists and pictures show it. */
import type { ScenarioView, Verdict } from '#bus/api.ts';
import type { Scenario, Step } from './model.ts';
import { stepKind } from './words.ts';

export const scenarioView = (scenario: Scenario, lastVerdict: Verdict | null = null): ScenarioView => ({
  name: scenario.name,
  title: scenario.title,
  teaches: scenario.teaches,
  tags: scenario.tags,
  devices: Object.keys(scenario.bench),
  yaml: scenario.yaml,
  score: score(scenario.steps),
  lastVerdict,
});

/** When each step is planned, counting every look as long as it may take; what waits for an access has no time. */
const score = (steps: readonly Step[]): ScenarioView['score'] => {
  let now = 0;
  return steps.map((step) => {
    const { start } = step;
    if (start.kind === 'at') now = Math.max(now, start.ns);
    else if (start.kind === 'after') now += start.ns;
    const atMs = start.kind === 'on' ? null : now / 1e6;
    const length = step.deeds.reduce((longest, deed) => Math.max(longest, duration(deed)), 0);
    now += length;
    const untilMs = length === 0 || atMs === null ? null : now / 1e6;
    return { kind: stepKind(step), atMs, untilMs };
  });
};

const duration = (deed: Step['deeds'][number]): number => {
  if (deed.kind === 'expect') return deed.withinNs;
  if (deed.kind === 'never') return deed.forNs;
  return deed.kind === 'wait' ? deed.ns : 0;
};
