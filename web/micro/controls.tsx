/** What can be done to the core: halt, continue, step, step over, run to a line; each with its key. */
import { type ReactElement, useMemo } from 'react';
import type { MicroView } from '#bus/micro-view.ts';
import { Button, Key, useCommand } from '../ui/button.tsx';
import { hex } from '../ui/format.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { type KeyMeaning, useKeys } from '../ui/keys.ts';
import { microApi } from './micro-api.ts';

export const Controls = (props: {
  readonly view: MicroView;
  /** The chosen line of the listing. */
  readonly chosen: number | undefined;
  readonly onToggle: (at: number) => void;
  readonly onDone: () => void;
}): ReactElement => {
  const { view, chosen, onToggle, onDone } = props;
  const { device, state, frozen } = view;
  const { busy, refused, run } = useCommand();
  const stands = state === 'halted' && !frozen && !busy;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `run` is made anew each time and does the same
  const does = useMemo(() => {
    const then = (command: () => Promise<unknown>) => (): void => void run(command).then(onDone);
    return {
      halt: then(() => microApi.halt(device)),
      continue: then(() => microApi.continue(device)),
      step: then(() => microApi.step(device)),
      next: then(() => microApi.next(device)),
      until: then(() => microApi.until(device, chosen ?? 0)),
    };
  }, [device, chosen, onDone]);
  const here = chosen ?? view.registers.pc;
  const keys = useMemo<readonly KeyMeaning[]>(
    () => [
      { key: 'h', label: 'H', meaning: 'Halt the core', press: () => state === 'running' && does.halt() },
      { key: 'c', label: 'C', meaning: 'Continue', press: () => stands && does.continue() },
      { key: 's', label: 'S', meaning: 'Step one instruction', press: () => stands && does.step() },
      { key: 'n', label: 'N', meaning: 'Step over a call', press: () => stands && does.next() },
      {
        key: 'u',
        label: 'U',
        meaning: 'Run to the chosen line',
        press: () => stands && chosen !== undefined && does.until(),
      },
      { key: 'b', label: 'B', meaning: 'Breakpoint at the chosen line', press: () => onToggle(here) },
    ],
    [state, stands, does, chosen, here, onToggle],
  );
  useKeys(keys);
  const Does = (button: {
    readonly name: 'continue' | 'step' | 'next' | 'until';
    readonly icon: IconName;
    readonly words: string;
    readonly letter: string;
    readonly title: string;
    readonly off?: boolean;
  }): ReactElement => (
    <Button
      look={button.name === 'continue' && stands ? 'primary' : 'plain'}
      disabled={!stands || button.off === true}
      title={button.title}
      onClick={does[button.name]}
    >
      <Icon name={button.icon} />
      {button.words} <Key>{button.letter}</Key>
    </Button>
  );
  return (
    <div className="row micro-controls" role="toolbar" aria-label="Control of the core">
      {Does({
        name: 'continue',
        icon: 'play',
        words: 'Continue',
        letter: 'C',
        title: 'Go on until something stops it',
      })}
      <Button
        disabled={state !== 'running' || busy}
        title="Stand still: the host’s registers answer, the heartbeat stops"
        onClick={does.halt}
      >
        <Icon name="pause" />
        Halt <Key>H</Key>
      </Button>
      {Does({ name: 'step', icon: 'down', words: 'Step', letter: 'S', title: 'One instruction' })}
      {Does({
        name: 'next',
        icon: 'right',
        words: 'Over',
        letter: 'N',
        title: 'One instruction, a call with all it calls',
      })}
      {Does({
        name: 'until',
        icon: 'flag',
        words: 'To line',
        letter: 'U',
        title: chosen === undefined ? 'Choose a line first' : `Run to ${hex(chosen)}`,
        off: chosen === undefined,
      })}
      {refused !== null && (
        <span className="refused" role="alert">
          {refused}
        </span>
      )}
    </div>
  );
};
