/** The switch at the head of a listed fault or breakpoint. */
import type { ReactElement } from 'react';
import { useCommand } from '../ui/button.tsx';

export const ListSwitch = (props: {
  readonly label: string;
  readonly on: boolean;
  readonly onSwitch: (on: boolean) => Promise<unknown>;
}): ReactElement => {
  const { busy, refused, run } = useCommand();
  return (
    <button
      type="button"
      role="switch"
      className="list-switch"
      aria-checked={props.on}
      aria-label={props.label}
      aria-busy={busy}
      title={refused ?? (props.on ? 'On' : 'Off')}
      disabled={busy}
      onClick={() => void run(() => props.onSwitch(!props.on))}
    >
      <span className="toggle" aria-hidden="true" />
    </button>
  );
};
