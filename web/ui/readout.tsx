/** One value with its unit, the last minute as a line, and where it comes from. */
import type { ReactElement, ReactNode } from 'react';
import { Icon } from './icon.tsx';
import { sparkPath } from './spark.ts';

export type ReadoutState = 'live' | 'stale' | 'absent' | 'warning' | 'alarm';

export const Readout = (props: {
  readonly label: string;
  readonly value: string;
  readonly unit: string;
  readonly state?: ReadoutState;
  readonly foot: ReactNode;
  readonly points: readonly number[];
  /** Scale of the line: the least span it fills. */
  readonly floor?: number;
}): ReactElement => {
  const state = props.state ?? 'live';
  return (
    <div className="readout" data-state={state}>
      <dt>{props.label}</dt>
      <dd className="readout-value">
        <b>{props.value}</b>
        {state !== 'absent' && <i>{props.unit}</i>}
      </dd>
      <dd>
        <Sparkline points={props.points} floor={props.floor ?? 1} />
        <small>
          {(state === 'warning' || state === 'alarm') && <Icon name="bang" />}
          {props.foot}
        </small>
      </dd>
    </div>
  );
};

export const Sparkline = ({ points, floor }: { points: readonly number[]; floor: number }): ReactElement => {
  const { line, area } = sparkPath(points, floor);
  return (
    <svg className="spark" viewBox="0 0 100 22" preserveAspectRatio="none" aria-hidden="true">
      <path className="area" d={area} />
      <path d={line} />
    </svg>
  );
};
