/** The head of an instrument: name, part, who drives it, its link and since when. */
import type { ReactElement, ReactNode } from 'react';
import type { DeviceView } from '#bus/api.ts';
import { partOf } from '../parts.ts';
import { phyPanel } from '../store/feed.ts';
import { labNow, useLab } from '../store/lab-state.ts';
import { clockTime } from '../ui/format.ts';
import { Lamp } from '../ui/lamp.tsx';
import { Plug } from '../ui/plug.tsx';
import { useTick } from '../ui/use-tick.ts';

export const DeviceHead = (props: {
  readonly device: DeviceView;
  readonly level?: 1 | 2;
  readonly beside?: ReactNode;
  readonly children?: ReactNode;
}): ReactElement => {
  const { device } = props;
  const lost = useLab((state) => state.phase === 'lost');
  return (
    <header className="head">
      <h2>
        {device.name}
        <small>{partOf(device.kind).title}</small>
      </h2>
      <Plug owner={device.owner} stale={lost} />
      {props.beside}
      <LinkState device={device} />
      {props.children}
    </header>
  );
};

const LinkState = ({ device }: { device: DeviceView }): ReactElement | null => {
  useTick();
  if (device.link === null) return null;
  const brokenAt = phyPanel(device.panel)?.link.brokenAt ?? null;
  const lamp =
    device.link === 'up' ? 'ok' : device.faults.length > 0 ? 'fault' : device.owner === null ? 'off' : 'wait';
  return (
    <span className="link-state at-end">
      <Lamp state={lamp} silent />
      <b>Link {device.link}</b>
      {brokenAt !== null && <span className="mid">at {brokenAt}</span>}
      <span className="mono" title="for how long">
        {clockTime(labNow() - device.linkSince)}
      </span>
    </span>
  );
};
