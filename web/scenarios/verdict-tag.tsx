/** How a run ended, by glyph, word and colour. */
import type { ReactElement } from 'react';
import { Icon, type IconName } from '../ui/icon.tsx';
import type { Standing } from './scenario-words.ts';

const LOOKS: Readonly<Record<Exclude<Standing, 'running'>, { readonly icon: IconName; readonly look: string }>> = {
  pass: { icon: 'check', look: 'ok' },
  'driver-bug': { icon: 'triangle', look: 'bad' },
  'model-gap': { icon: 'bang', look: 'caution' },
  'lab-infra': { icon: 'plug', look: 'infra' },
  timeout: { icon: 'clock', look: 'caution' },
  'not run': { icon: 'dash', look: 'dim' },
  stopped: { icon: 'stop', look: 'dim' },
};

export const VerdictTag = ({ standing, words }: { standing: Standing; words?: string }): ReactElement => (
  <span className={`verdict ${standing === 'running' ? 'scene' : LOOKS[standing].look}`}>
    {standing === 'running' ? <span className="turning" aria-hidden="true" /> : <Icon name={LOOKS[standing].icon} />}
    {words ?? standing}
  </span>
);
