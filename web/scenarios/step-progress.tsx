/** How much of a running step's time is gone; without a limit, how long it takes so far. */
import { type ReactElement, useRef } from 'react';
import type { ScenarioView, StepView } from '#bus/api.ts';
import { useTick } from '../ui/use-tick.ts';
import { allowedMs } from './scenario-words.ts';

export const StepProgress = ({ step, scenario }: { step: StepView; scenario: ScenarioView }): ReactElement => {
  useTick();
  const began = useRef(performance.now());
  const goneMs = performance.now() - began.current;
  const allowed = allowedMs(scenario, step);
  const gone = (goneMs / 1000).toFixed(1);
  if (allowed === null) return <p className="mono">{gone} s</p>;
  return (
    <div className="step-progress">
      <span
        className="progress"
        role="progressbar"
        aria-label={step.title}
        aria-valuemin={0}
        aria-valuemax={Math.round(allowed)}
        aria-valuenow={Math.round(Math.min(goneMs, allowed))}
      >
        <i style={{ width: `${Math.min(100, (100 * goneMs) / allowed)}%` }} />
      </span>
      <span className="mono">
        {gone} s of {(allowed / 1000).toFixed(1)}
      </span>
    </div>
  );
};
