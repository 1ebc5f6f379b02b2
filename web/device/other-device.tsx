/** A device this page has no drawing for, or one that belongs to another lab on the same broker. */
import type { ReactElement, ReactNode } from 'react';
import type { DeviceView } from '#bus/api.ts';
import { partOf } from '../parts.ts';
import { Lamp } from '../ui/lamp.tsx';
import { Plug } from '../ui/plug.tsx';

export const OtherDevice = ({ device, children }: { device: DeviceView; children?: ReactNode }): ReactElement => (
  <article className="faceplate other-device" aria-label={`${device.name} of ${device.lab}`}>
    <header className="head">
      <Lamp state={device.lamp} />
      <h2>
        {device.name}
        <small>{partOf(device.kind).title}</small>
      </h2>
      <Plug owner={device.owner} stale={device.remote} />
      <span className="dim at-end">
        {device.remote ? `on the bench of ${device.lab}, over the broker` : `ports ${device.ports.join(', ')}`}
      </span>
      {children}
    </header>
  </article>
);
