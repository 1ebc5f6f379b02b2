/** The clock of the top bar: lab time and wall time, and a sheet under it that pauses, steps, jumps and sets the rate. */
import { type ReactElement, useEffect, useRef, useState } from 'react';
import type { TimeView } from '#bus/api.ts';
import { lab, labNow, useLab } from '../store/lab-state.ts';
import { Button, CommandButton, Key, Seg, useCommand } from '../ui/button.tsx';
import { clockTimeMs } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { type KeyMeaning, useKeys } from '../ui/keys.ts';
import { useTick } from '../ui/use-tick.ts';
import { durationNs, kindOf, nextWords, RATES, type RateChoice, rateOf, timeApi } from './time-api.ts';

export const LabClock = (): ReactElement | null => {
  useTick();
  const time = useLab((state) => state.time);
  const { lab: view, phase, instruments } = lab.state;
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useShownToAll(phase === 'live' ? time : null);
  useClosedFromOutside(box, open, () => setOpen(false));

  if (phase === 'none') return null;
  const isHeld = phase === 'live' && instruments.held.length > 0;
  const own = view === null ? 'WAIT' : view.clock === 'virtual' ? 'VIRTUAL' : time === null ? 'REAL' : kindOf(time);
  const kind = phase === 'lost' ? 'LOST' : isHeld && own !== 'PAUSED' ? 'HELD' : own;
  const live = phase === 'live' && time !== null ? time : null;
  return (
    <div className="time-box" ref={box}>
      {live !== null && <QuickControls time={live} />}
      <span
        className="lab-clock"
        data-kind={kind}
        role="timer"
        aria-label={`Lab clock, ${kind.toLowerCase()}`}
        title="Lab time, and the time of this machine"
      >
        <b>{kind}</b>
        <span className="lab-time">{view === null ? '--:--:--.---' : clockTimeMs(labNow())}</span>
        <span className="dim hide-narrow wall-time">{wallTime()}</span>
      </span>
      {live !== null && (
        <button
          type="button"
          className="btn quiet hide-phone"
          aria-expanded={open}
          aria-label="Time control"
          title="Time control: rate, jump"
          onClick={() => setOpen((was) => !was)}
        >
          <Icon name="clock" />
        </button>
      )}
      {open && live !== null && <TimeSheet time={live} />}
    </div>
  );
};

const press = (command: () => Promise<unknown>) => (): void => void command().catch(() => {}); // the clock shows what came of it

const TIME_KEYS: readonly KeyMeaning[] = [
  {
    key: 'k',
    label: 'K',
    meaning: 'Pause the lab, or let it go on',
    press: press(() => (lab.state.time?.state === 'paused' ? timeApi.resume() : timeApi.pause())),
  },
  { key: '.', label: '.', meaning: 'Step the lab to its next event', press: press(timeApi.step) },
];

/** Always there: nobody looks for them when something happens. */
const QuickControls = ({ time }: { time: TimeView }): ReactElement => {
  const stands = time.state === 'paused';
  useKeys(TIME_KEYS);
  return (
    <span className="time-quick hide-phone">
      <CommandButton
        look="quiet"
        command={stands ? timeApi.resume : timeApi.pause}
        aria-label={stands ? 'Let the lab go on' : 'Pause the lab'}
        title={stands ? 'Let the lab go on (K)' : 'Pause the lab (K)'}
      >
        <Icon name={stands ? 'play' : 'pause'} />
      </CommandButton>
      <CommandButton
        look="quiet"
        command={timeApi.step}
        disabled={time.state === 'jumping'}
        aria-label="Step to the next event"
        title="Step to the next event of the bench (.)"
      >
        <Icon name="right" />
      </CommandButton>
    </span>
  );
};

const TimeSheet = ({ time }: { time: TimeView }): ReactElement => {
  const { refused, run, busy } = useCommand();
  const [by, setBy] = useState('1s');
  const byNs = durationNs(by);
  const { state, waits, drivers, rate } = time;
  const strays = drivers.filter(({ follows }) => follows === false);
  const jump = (): void => {
    if (byNs !== undefined) void run(() => timeApi.jump(byNs));
  };
  return (
    <section className="time-sheet" aria-label="Time of the lab">
      <dl>
        <dt>lab</dt>
        <dd className="mono">{clockTimeMs(labNow())}</dd>
        <dt>wall</dt>
        <dd className="mono">{wallTime()}</dd>
      </dl>
      <Seg<RateChoice | ''>
        label="Rate"
        value={RATES.find((choice) => choice === String(rate)) ?? ''}
        choices={RATES.map((choice) => ({
          value: choice,
          label: choice === 'max' ? 'max' : `×${choice}`,
          title: choice === 'max' ? 'From event to event, as fast as possible' : `${choice} lab seconds a second`,
        }))}
        onChange={(choice) => {
          if (choice !== '') void run(() => timeApi.rate(rateOf(choice)));
        }}
      />
      <div className="row">
        <Button onClick={() => void run(state === 'paused' ? timeApi.resume : timeApi.pause)}>
          <Icon name={state === 'paused' ? 'play' : 'pause'} />
          {state === 'paused' ? 'Go on' : 'Pause'} <Key>K</Key>
        </Button>
        <Button onClick={() => void run(timeApi.step)} disabled={busy}>
          <Icon name="right" />
          Step <Key>.</Key>
        </Button>
      </div>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          jump();
        }}
      >
        <input
          className="field mono"
          aria-label="Jump by"
          aria-invalid={byNs === undefined}
          value={by}
          size={8}
          onChange={(event) => setBy(event.target.value)}
        />
        <Button type="submit" disabled={byNs === undefined || state === 'jumping'}>
          Jump
        </Button>
      </form>
      <p className="dim" aria-live="polite">
        {refused ??
          waits ??
          (byNs === undefined
            ? 'a jump takes 500ms, 10s, 5m or 1h'
            : state === 'paused'
              ? nextWords(time)
              : state === 'jumping' && time.until !== null
                ? `on the way to ${clockTimeMs(time.until)}`
                : 'time runs by itself')}
      </p>
      {strays.map(({ device, client }) => (
        <p key={device} className="refused">
          the driver of {device} ({client}) goes on by its own clock
        </p>
      ))}
    </section>
  );
};

const wallTime = (): string => new Date().toLocaleTimeString('en-GB');

/** A lab that stands is marked on the whole frame, and in the title for whoever looks at another tab. */
const useShownToAll = (time: TimeView | null): void => {
  const stands = time?.state === 'paused';
  useEffect(() => {
    document.documentElement.toggleAttribute('data-paused', stands);
    return () => document.documentElement.removeAttribute('data-paused');
  }, [stands]);
};

const useClosedFromOutside = (
  box: { readonly current: HTMLElement | null },
  open: boolean,
  close: () => void,
): void => {
  const closing = useRef(close);
  closing.current = close;
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event): void => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) closing.current();
    };
    const escaped = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') closing.current();
    };
    addEventListener('pointerdown', outside);
    addEventListener('keydown', escaped);
    return () => {
      removeEventListener('pointerdown', outside);
      removeEventListener('keydown', escaped);
    };
  }, [open, box]);
};
