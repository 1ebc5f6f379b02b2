/** A scenario's timeline in 96 px: what is done, what breaks, what is expected. */
import type { ReactElement } from 'react';
import type { ScenarioView } from '#bus/api.ts';
import { SCORE_PX, type ScoreMark, scoreMarks } from './score-model.ts';

const MIDDLE = 11.5;

export const Score = ({ score }: { score: ScenarioView['score'] }): ReactElement => (
  <svg className="score" viewBox={`0 0 ${SCORE_PX} 23`} aria-hidden="true">
    <path className="score-axis" d={`M0 ${MIDDLE}H${SCORE_PX}`} />
    {scoreMarks(score).map((mark) => (
      <Mark key={`${mark.kind}${mark.x}${mark.width}`} mark={mark} />
    ))}
  </svg>
);

const Mark = ({ mark: { kind, x, width } }: { mark: ScoreMark }): ReactElement => {
  if (kind === 'action') return <rect className="score-action" x={x} y="8" width={Math.max(3, width)} height="7" />;
  if (kind === 'fault') return <rect className="score-fault" x={x} y="5.5" width={Math.max(4, width)} height="12" />;
  const end = x + width;
  return (
    <>
      {width > 0 && <path className="score-wait" d={`M${x} ${MIDDLE}H${end}`} />}
      <path className="score-expect" d={`m${end} ${MIDDLE - 4} 4 4-4 4-4-4z`} />
    </>
  );
};
