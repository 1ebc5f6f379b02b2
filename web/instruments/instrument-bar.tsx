/** The bar over the traffic table: breakpoints and bus faults in force, and the access that is held. */
import './instruments.css';
import { type ReactElement, useMemo } from 'react';
import { useLab } from '../store/lab-state.ts';
import { Button, Key, useCommand } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { type KeyMeaning, useKeys } from '../ui/keys.ts';
import { BreakpointList } from './breakpoint-list.tsx';
import { BusFaultList } from './bus-fault-list.tsx';
import { HeldAccess } from './held-access.tsx';
import { instrumentsApi } from './instruments-api.ts';
import type { Wish } from './wish.ts';

export type OpenPanel = { readonly panel: 'breakpoints'; readonly wish: Wish | null } | { readonly panel: 'faults' };

export interface InstrumentBarProps {
  readonly open: OpenPanel | null;
  readonly onOpen: (open: OpenPanel | null) => void;
  /** What B on the selected row asks for. */
  readonly wish: () => Wish | null;
  readonly onShow: (seq: number) => void;
}

export const InstrumentBar = ({ open, onOpen, wish, onShow }: InstrumentBarProps): ReactElement => {
  const { breakpoints, filters, held } = useLab((state) => state.instruments);
  const devices = useLab((state) => state.devices);
  const names = devices.filter(({ remote }) => !remote).map(({ name }) => name);
  const { busy, refused, run, forget } = useCommand();
  const [first] = held;
  const firstDevice = first?.device;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `run` is another function each time, and does the same
  const keys = useMemo<readonly KeyMeaning[]>(() => {
    const go = (verb: 'continue' | 'step') => (): void => {
      if (firstDevice !== undefined) void run(() => instrumentsApi.go(verb, firstDevice));
    };
    return [
      {
        key: 'b',
        label: 'B',
        meaning: 'Breakpoint on the selected row',
        press: () => onOpen({ panel: 'breakpoints', wish: wish() }),
      },
      { key: 'c', label: 'C', meaning: 'Continue what is held', press: go('continue') },
      { key: 's', label: 'S', meaning: 'Step: one access goes on', press: go('step') },
    ];
  }, [firstDevice, onOpen, wish]);
  useKeys(keys);

  const toggle = (panel: OpenPanel['panel']): void => {
    forget();
    onOpen(open?.panel === panel ? null : panel === 'faults' ? { panel } : { panel, wish: null });
  };
  const on = filters.filter((fault) => fault.on).length;
  return (
    <section
      className="instrument-bar"
      aria-label="Breakpoints and bus faults"
      data-held={first !== undefined || undefined}
    >
      <Button aria-expanded={open?.panel === 'breakpoints'} onClick={() => toggle('breakpoints')}>
        <Icon name="flag" />
        Breakpoints <b>{breakpoints.length}</b> <Key>B</Key>
      </Button>
      <Button
        aria-expanded={open?.panel === 'faults'}
        data-on={on > 0 || undefined}
        className="faults-button"
        onClick={() => toggle('faults')}
      >
        <Icon name="triangle" />
        Bus faults <b>{on === filters.length ? on : `${on} of ${filters.length}`}</b>
      </Button>
      <div className="held" data-none={first === undefined || undefined}>
        {first === undefined ? (
          <p className="dim">Nothing is held. Select a row and press B to stop before the same access.</p>
        ) : (
          <HeldAccess held={first} more={held.length - 1} />
        )}
        {refused !== null && (
          <p className="refused" role="alert">
            {refused}
          </p>
        )}
      </div>
      <Button
        look={first === undefined ? 'plain' : 'primary'}
        disabled={first === undefined || busy}
        onClick={() => void run(() => instrumentsApi.go('continue', firstDevice))}
      >
        <Icon name="play" />
        Continue <Key>C</Key>
      </Button>
      <Button
        disabled={first === undefined || busy}
        onClick={() => void run(() => instrumentsApi.go('step', firstDevice))}
      >
        Step <Key>S</Key>
      </Button>
      {open !== null && (
        <div
          className="instrument-panel"
          role="dialog"
          aria-label={open.panel === 'faults' ? 'Bus faults' : 'Breakpoints'}
          onKeyDown={(event) => {
            if (event.key === 'Escape') onOpen(null);
          }}
        >
          <Button look="quiet" className="panel-close" aria-label="Close" onClick={() => onOpen(null)}>
            <Icon name="cross" />
          </Button>
          {open.panel === 'faults' ? (
            <BusFaultList faults={filters} devices={names} />
          ) : (
            <BreakpointList
              key={open.wish?.when ?? ''}
              breakpoints={breakpoints}
              devices={names}
              wish={open.wish}
              onShow={onShow}
            />
          )}
        </div>
      )}
    </section>
  );
};
