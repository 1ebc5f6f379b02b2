/** How a scenario is started: in virtual time or live on the bench, with a seed. */
import { type ReactElement, useState } from 'react';
import type { RunView, ScenarioView } from '#bus/api.ts';
import { api } from '../api.ts';
import { CommandButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';

export const Launch = ({
  scenario,
  running,
  onStarted,
  onRefused,
}: {
  scenario: ScenarioView;
  running: RunView | undefined;
  onStarted: (run: RunView) => void;
  onRefused: (sentence: string | null) => void;
}): ReactElement => {
  const [seed, setSeed] = useState('');
  const wrong = seed !== '' && !(/^\d{1,10}$/.test(seed) && Number(seed) <= 0xffffffff);
  const start = async (mode: RunView['mode']): Promise<void> => {
    onRefused(null);
    onStarted(await api.startRun({ scenario: scenario.name, mode, ...(seed === '' ? {} : { seed: Number(seed) }) }));
  };
  if (running !== undefined)
    return (
      <div className="launch">
        <CommandButton look="stop" command={() => api.stopRun(running.run)} onRefused={onRefused}>
          <Icon name="stop" />
          Stop
        </CommandButton>
      </div>
    );
  return (
    <div className="launch">
      <input
        className="field seed"
        aria-label="Seed"
        aria-invalid={wrong}
        inputMode="numeric"
        placeholder="seed"
        title={wrong ? 'A seed is a whole number from 0 to 4294967295' : 'Empty: the scenario’s own'}
        value={seed}
        onChange={(event) => setSeed(event.target.value.trim())}
      />
      <CommandButton
        disabled={wrong}
        command={() => start('live')}
        onRefused={onRefused}
        title="In real time, on the devices of this bench"
      >
        Run live
      </CommandButton>
      <CommandButton
        look="primary"
        disabled={wrong}
        command={() => start('virtual')}
        onRefused={onRefused}
        title="On a bench of its own, as fast as it goes; the same seed gives the same run"
      >
        <Icon name="play" />
        Run virtual
      </CommandButton>
    </div>
  );
};
