/** Two readers of one truth: what each source of drivers would conclude of the link. */
import type { ReactElement } from 'react';
import type { PhyPanel } from '#bus/api.ts';
import { LINK_OPINIONS } from '#datasheets/qt2025.ts';
import { Icon } from '../ui/icon.tsx';

const LOOKS = { phylib: '1.0001h', falcon: '1, 3, 4' } as const;

export const Opinions = ({ panel }: { panel: PhyPanel }): ReactElement => {
  const { phylib, falcon } = panel.opinions;
  return (
    <section
      className="opinions hide-phone"
      data-differ={phylib !== falcon || undefined}
      aria-label="What drivers conclude"
    >
      <span className="dim">what drivers conclude</span>
      {(['phylib', 'falcon'] as const).map((name) => {
        const up = panel.opinions[name];
        return (
          <span key={name} className="row" title={LINK_OPINIONS[name].doc}>
            {name} <span className="mono dim">{LOOKS[name]}</span>
            <b className={up ? 'ok' : 'bad'}>
              <Icon name={up ? 'check' : 'cross'} />
              {up ? 'up' : 'down'}
            </b>
          </span>
        );
      })}
    </section>
  );
};
