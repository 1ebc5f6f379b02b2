/** A guarded toggle: the same shape wherever a fault can be switched on. */
import type { ReactElement } from 'react';

export const FaultSwitch = (props: {
  readonly label: string;
  readonly on: boolean;
  readonly arming?: boolean;
  /** Why it cannot be switched now. */
  readonly not?: string | undefined;
  readonly title?: string;
  readonly onChange: (on: boolean) => void;
}): ReactElement => (
  <button
    type="button"
    role="switch"
    className="fault-switch"
    aria-checked={props.on}
    aria-busy={props.arming === true}
    disabled={props.not !== undefined || props.arming === true}
    title={props.not ?? props.title}
    onClick={() => props.onChange(!props.on)}
  >
    <span className="toggle" aria-hidden="true" />
    {props.label}
  </button>
);
