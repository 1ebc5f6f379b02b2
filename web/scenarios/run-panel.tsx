/** One run of the chosen scenario: facts, the spine of its steps, its own lanes, what it teaches. */
import { type ReactElement, useState } from 'react';
import type { RunView, ScenarioView, StepView } from '#bus/api.ts';
import { Link } from '../shell/link.tsx';
import { count } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { Launch } from './launch.tsx';
import { RunLanes } from './run-lanes.tsx';
import { accessesPath, accessesText, milliseconds, standingOf, stepTime } from './scenario-words.ts';
import { StepProgress } from './step-progress.tsx';
import { VerdictTag } from './verdict-tag.tsx';

export const RunPanel = ({
  scenario,
  run,
  onStarted,
}: {
  scenario: ScenarioView;
  run: RunView | undefined;
  onStarted: (run: RunView) => void;
}): ReactElement => {
  const [refused, setRefused] = useState<string | null>(null);
  const running = run?.state === 'running' ? run : undefined;
  return (
    <section className="faceplate run" data-standing={run === undefined ? 'not run' : standingOf(run)}>
      <header className="head">
        <h2 title={scenario.title}>{scenario.title}</h2>
        {run !== undefined && (
          <VerdictTag standing={standingOf(run)} words={running === undefined ? standingOf(run) : stepWords(running)} />
        )}
        <Launch scenario={scenario} running={running} onStarted={onStarted} onRefused={setRefused} />
      </header>
      {refused !== null && (
        <p className="run-refused refused" role="alert">
          {refused}
        </p>
      )}
      <Facts run={run} />
      {run === undefined ? <Planned scenario={scenario} /> : <Steps run={run} scenario={scenario} />}
      {run !== undefined && <RunLanes key={run.run} run={run} />}
      <div className="teaches">
        <b>What it teaches</b>
        <p>{scenario.teaches}</p>
      </div>
    </section>
  );
};

const stepWords = ({ steps }: RunView): string => {
  const done = steps.filter(({ state }) => state === 'done' || state === 'skipped').length;
  return `step ${Math.min(done + 1, steps.length)} of ${steps.length}`;
};

const Facts = ({ run }: { run: RunView | undefined }): ReactElement => {
  const facts: readonly (readonly [string, string])[] = [
    ['run', run === undefined ? '–' : String(run.run)],
    ['seed', run === undefined ? '–' : String(run.seed)],
    [run?.mode === 'live' ? 'took' : 'virtual', run === undefined ? '–' : milliseconds(run.virtualMs)],
    ['wall', run === undefined ? '–' : milliseconds(run.wallMs)],
    ['accesses', run === undefined ? '–' : count(run.accesses)],
    ['findings', run === undefined ? '–' : String(run.findings.length)],
    ['trace', run?.traceHash?.slice(0, 8) ?? '–'],
  ];
  return (
    <dl className="run-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="mono">{value}</dd>
        </div>
      ))}
    </dl>
  );
};

const Planned = ({ scenario }: { scenario: ScenarioView }): ReactElement => (
  <div className="planned">
    <p className="mid">
      Not run yet: {scenario.score.length} {scenario.score.length === 1 ? 'step' : 'steps'} on{' '}
      {scenario.devices.join(', ')}.
    </p>
    <pre>{scenario.yaml}</pre>
  </div>
);

const Steps = ({ run, scenario }: { run: RunView; scenario: ScenarioView }): ReactElement => (
  <ol className="steps" aria-label={`Steps of run ${run.run}`}>
    {run.steps.map((step) => (
      <Step key={step.index} step={step} run={run} scenario={scenario} />
    ))}
    {run.findings.map((finding) => (
      <li key={finding} className="finding">
        <Icon name="bang" />
        {finding}
      </li>
    ))}
  </ol>
);

const Step = ({ step, run, scenario }: { step: StepView; run: RunView; scenario: ScenarioView }): ReactElement => {
  const { state, title, detail, kind, endedAt, firstSeq, lastSeq, expected, found } = step;
  return (
    <li className="step" data-state={state} data-kind={kind}>
      <span className="step-mark" role="img" aria-label={state}>
        {state === 'done' && <Icon name="check" />}
        {state === 'failed' && <Icon name="cross" />}
        {state === 'running' && <span className="turning" />}
      </span>
      <span className="step-time mono">{stepTime(endedAt)}</span>
      <div className="step-words">
        <b>{title}</b>
        {detail !== '' && detail !== title && <p>{detail}</p>}
        {state === 'failed' && expected !== null && (
          <p className="bad">
            expected {expected}; found {found ?? 'nothing'}
          </p>
        )}
        {state === 'running' && <StepProgress step={step} scenario={scenario} />}
      </div>
      {firstSeq !== null && lastSeq !== null && (
        <Link to={accessesPath(run, firstSeq, lastSeq)} className="step-accesses mono">
          {accessesText(firstSeq, lastSeq)}
        </Link>
      )}
    </li>
  );
};
