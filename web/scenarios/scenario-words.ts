/** The words of the scenarios page: verdicts, whose a failure is, links to accesses, times. */
import type { RunView, ScenarioView, StepView, Verdict } from '#bus/api.ts';

/** How a scenario or a run stands, verdicts included. */
export type Standing = Verdict | 'running' | 'not run' | 'stopped';

export const standingOf = (run: RunView): Standing =>
  run.state === 'running' ? 'running' : (run.verdict ?? 'stopped');

/** Whose it is, for the verdict card. */
export const WHOSE: Readonly<Record<Verdict, string>> = {
  pass: 'nobody’s: everything came as it should',
  'driver-bug': 'the driver’s; the device kept to its datasheet',
  'model-gap': 'the virtual device’s: what was touched is not modelled',
  'lab-infra': 'the lab’s own',
  timeout: 'not told: the time limit passed first',
};

/** `/traffic` with just the records of a step; a virtual run brings its own records. */
export const accessesPath = (run: RunView, first: number, last: number): string => {
  const query = new URLSearchParams();
  if (run.mode === 'virtual') query.set('run', String(run.run));
  query.set('filter', first === last ? `seq == ${first}` : `seq in {${first}..${last}}`);
  return `/traffic?${query}`;
};

/** `#24–#24566`. */
export const accessesText = (first: number, last: number): string =>
  first === last ? `#${first}` : `#${first}–#${last}`;

/** `4.447` seconds of run time. */
export const stepTime = (ns: number | null): string => (ns === null ? '' : (ns / 1e9).toFixed(3));

/** `6.347 s`, `41 ms`. */
export const milliseconds = (ms: number): string =>
  ms >= 1000 ? `${(ms / 1000).toFixed(3)} s` : `${ms < 10 && ms > 0 ? ms.toFixed(1) : Math.round(ms)} ms`;

/** `11 min ago`. */
export const since = (startedAt: string, nowMs: number): string => {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(startedAt)) / 1000));
  if (Number.isNaN(seconds)) return '';
  if (seconds < 10) return 'just now';
  if (seconds < 100) return `${seconds} s ago`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`;
};

/** How long a step may take by the plan, milliseconds; null when it has no limit. */
export const allowedMs = (scenario: ScenarioView | undefined, step: StepView): number | null => {
  const planned = scenario?.score[step.index];
  if (planned === undefined || planned.atMs === null || planned.untilMs === null) return null;
  return planned.untilMs - planned.atMs;
};

/** The first step that failed, with what it wanted and got. */
export const failedStep = (run: RunView): StepView | undefined => run.steps.find(({ state }) => state === 'failed');

/** Scenarios by the devices they set up, in the order they came; those found by text or by `tag:link`. */
export const grouped = (
  scenarios: readonly ScenarioView[],
  search: string,
): readonly { readonly group: string; readonly of: number; readonly found: readonly ScenarioView[] }[] => {
  const groups = new Map<string, ScenarioView[]>();
  for (const scenario of scenarios) {
    const group = scenario.devices.join(', ') || 'no device';
    groups.set(group, [...(groups.get(group) ?? []), scenario]);
  }
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return [...groups].map(([group, of]) => ({
    group,
    of: of.length,
    found: of.filter((scenario) => matches(scenario, words)),
  }));
};

const matches = ({ name, title, teaches, tags }: ScenarioView, words: readonly string[]): boolean =>
  words.every((word) =>
    word.startsWith('tag:')
      ? tags.some((tag) => tag.toLowerCase().startsWith(word.slice(4)))
      : `${name} ${title} ${teaches} ${tags.join(' ')}`.toLowerCase().includes(word),
  );
