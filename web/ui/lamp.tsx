/** A status lamp: round runs, square waits, diamond is at fault; and the LED of a cage, which stays round. */
import type { ReactElement } from 'react';
import type { LampState } from '#bus/api.ts';

const WORDS: Readonly<Record<LampState, string>> = { ok: 'running', wait: 'waiting', fault: 'at fault', off: 'off' };

export const Lamp = ({ state, silent = false }: { state: LampState; silent?: boolean }): ReactElement =>
  silent ? (
    <span className="lamp" data-lamp={state} aria-hidden="true" />
  ) : (
    <span className="lamp" data-lamp={state} role="img" aria-label={WORDS[state]} />
  );

export const Led = ({ lit, blinking, name }: { lit: boolean; blinking: boolean; name: string }): ReactElement => (
  <span
    className="led"
    data-lit={lit || undefined}
    data-blinks={(lit && blinking) || undefined}
    role="img"
    aria-label={`${name} ${lit ? (blinking ? 'blinking' : 'on') : 'off'}`}
  />
);
