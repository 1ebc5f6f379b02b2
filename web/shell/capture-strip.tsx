/** The strip at the foot of every page: what was captured, shown and dropped; striped when the lab is out of reach. */
import type { ReactElement, ReactNode } from 'react';
import { retryNow } from '../store/feed.ts';
import { useLab } from '../store/lab-state.ts';
import { Button } from '../ui/button.tsx';
import { count } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { Lamp } from '../ui/lamp.tsx';
import { useTick } from '../ui/use-tick.ts';

export const CaptureStrip = (): ReactElement => {
  const phase = useLab((state) => state.phase);
  return (
    <footer className="capture" data-phase={phase}>
      {phase === 'lost' ? <Lost /> : phase === 'none' ? <NoLab /> : <Counts />}
    </footer>
  );
};

const Counts = (): ReactElement => {
  const { captured, dropped, rate } = useLab((state) => state.capture);
  const shown = useLab((state) => state.shown);
  const view = useLab((state) => state.lab);
  const paused = useLab((state) => state.time?.state === 'paused');
  return (
    <>
      <span className="capture-state">
        <Lamp state={view === null || paused ? 'wait' : 'ok'} silent />
        {view === null ? 'Connecting' : paused ? 'Lab paused' : 'Capturing'}
      </span>
      <Item label="captured" value={count(captured)} wide={8} />
      <Item label="shown" value={shown === null ? '–' : count(shown)} wide={6} className="hide-phone" />
      <Item label="dropped" value={count(dropped)} wide={1} alarm={dropped > 0} />
      <Item label="rate" value={`${count(rate)}/s`} wide={7} />
      {view !== null && (
        <>
          <Item
            label="broker"
            className="hide-phone"
            value={`${view.broker.url.replace(/^mqtt:\/\//, '')}${view.broker.connected ? '' : ' lost'}`}
            alarm={!view.broker.connected}
          />
          <Item label="seed" value={String(view.seed)} className="hide-phone" />
          <span className="capture-end hide-narrow">
            {view.name} <span className="dim">{view.version}</span>
          </span>
        </>
      )}
    </>
  );
};

const Item = (props: {
  label: string;
  value: ReactNode;
  wide?: number;
  alarm?: boolean;
  className?: string;
}): ReactElement => (
  <span className={props.className}>
    <span className="dim">{props.label}</span>{' '}
    <span
      className="mono capture-value"
      data-alarm={props.alarm || undefined}
      style={props.wide === undefined ? undefined : { minWidth: `${props.wide}ch` }}
    >
      {props.value}
    </span>
  </span>
);

const NoLab = (): ReactElement => (
  <span className="capture-state">
    <Lamp state="off" silent />A recording, no lab
  </span>
);

const Lost = (): ReactElement => {
  useTick();
  const lostAt = useLab((state) => state.lostAt);
  const seconds = lostAt === null ? 0 : Math.floor((Date.now() - lostAt) / 1000);
  return (
    <>
      <Lamp state="wait" silent />
      <p role="alert">
        <b>Disconnected</b>
        <span> for {seconds} s: retrying, nothing is lost. The page holds the last values.</span>
      </p>
      <Button onClick={retryNow}>
        <Icon name="link" />
        Retry now
      </Button>
    </>
  );
};
