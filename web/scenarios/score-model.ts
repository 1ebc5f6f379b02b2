/** The score of a scenario: its planned steps as marks on 96 px of time. */
import type { ScenarioView } from '#bus/api.ts';

export const SCORE_PX = 96;

export interface ScoreMark {
  readonly kind: 'action' | 'fault' | 'expect';
  readonly x: number;
  readonly width: number;
}

const EDGE = 4;

/** Time runs by its root, so that what happens in the first milliseconds is not one line; a step without a time follows the last. */
export const scoreMarks = (score: ScenarioView['score']): readonly ScoreMark[] => {
  const times = score.flatMap(({ atMs, untilMs }) => [atMs ?? 0, untilMs ?? atMs ?? 0]);
  const longest = Math.max(1, ...times);
  const placeOf = (ms: number): number => EDGE + Math.sqrt(ms / longest) * (SCORE_PX - 2 * EDGE - 6);
  const marks: ScoreMark[] = [];
  let after = EDGE;
  for (const { kind, atMs, untilMs } of score) {
    const planned = atMs === null ? after : placeOf(atMs);
    // steps at the same time stand beside each other as far as there is room
    const x = Math.min(SCORE_PX - EDGE - 2, Math.max(planned, after));
    const until = untilMs === null ? x : Math.min(SCORE_PX - EDGE, placeOf(untilMs));
    marks.push({ kind, x, width: Math.max(0, until - x) });
    after = x + 5;
  }
  return marks;
};
