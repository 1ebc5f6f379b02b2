/** The PHY as an instrument on the bench: head, signal path, readings, fault rail. */
import type { ReactElement, ReactNode } from 'react';
import type { DeviceView, PhyPanel } from '#bus/api.ts';
import { DeviceHead } from '../device/device-head.tsx';
import { FaultRail } from '../device/fault-rail.tsx';
import { SignalPath } from './path.tsx';
import './instrument.css';

export const PhyInstrument = (props: {
  readonly device: DeviceView;
  readonly panel: PhyPanel;
  readonly beside?: ReactNode;
  readonly headEnd?: ReactNode;
  readonly children?: ReactNode;
}): ReactElement => {
  const { device, panel } = props;
  return (
    <article
      className="faceplate instrument"
      data-broken={device.faults.length > 0 || undefined}
      aria-label={device.name}
    >
      <DeviceHead device={device} beside={props.beside}>
        {props.headEnd}
      </DeviceHead>
      <div className="instrument-body">
        <SignalPath device={device} panel={panel} />
        {props.children}
      </div>
      <FaultRail device={device} />
    </article>
  );
};
