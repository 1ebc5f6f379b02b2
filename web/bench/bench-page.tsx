/** The bench: every device of the lab as an instrument, alive. */
import type { ReactElement } from 'react';
import type { DeviceView } from '#bus/api.ts';
import { BlockInstrument } from '../block/block-instrument.tsx';
import { blockPanel } from '../block/panel.ts';
import { NoDriver } from '../device/no-driver.tsx';
import { OtherDevice } from '../device/other-device.tsx';
import { DisplayInstrument } from '../display/display-instrument.tsx';
import { displayPanel } from '../display/panel.ts';
import { PhyInstrument } from '../phy/instrument.tsx';
import { PhyReadouts } from '../phy/phy-readouts.tsx';
import { devicePath } from '../route.ts';
import { Link } from '../shell/link.tsx';
import { phyPanel } from '../store/feed.ts';
import { useLab } from '../store/lab-state.ts';
import { Empty } from '../ui/empty.tsx';
import { Icon } from '../ui/icon.tsx';
import { LastMinute } from './last-minute.tsx';
import { WhatHappened } from './what-happened.tsx';
import './bench.css';

export const BenchPage = (): ReactElement => {
  const devices = useLab((state) => state.devices);
  const known = useLab((state) => state.lab !== null);
  if (!known) return <Connecting />;
  const local = devices.filter((device) => !device.remote);
  const remote = devices.filter((device) => device.remote);
  return (
    <main className="page bench" data-devices={Math.min(local.length, 3)}>
      <h1 className="unseen">Bench</h1>
      <div className="instruments">
        {local.map((device) => (
          <Instrument key={device.name} device={device} />
        ))}
        {local.length === 0 && <EmptyBench />}
        {remote.length > 0 && (
          <section className="remotes" aria-label="Devices of other labs on this broker">
            {remote.map((device) => (
              <OtherDevice key={`${device.lab}/${device.name}`} device={device} />
            ))}
          </section>
        )}
      </div>
      <aside className="happened">
        <WhatHappened />
        <LastMinute />
      </aside>
    </main>
  );
};

const Instrument = ({ device }: { device: DeviceView }): ReactElement => {
  const panel = phyPanel(device.panel);
  const open = (
    <Link className="btn quiet open-device" to={devicePath(device.name)} aria-label={`Open ${device.name}`}>
      Open <Icon name="right" />
    </Link>
  );
  const block = blockPanel(device.panel);
  if (block !== null) return <BlockInstrument device={device} panel={block} headEnd={open} />;
  const display = displayPanel(device);
  if (display !== null) return <DisplayInstrument device={device} panel={display} headEnd={open} />;
  if (panel === null) return <OtherDevice device={device}>{open}</OtherDevice>;
  return (
    <PhyInstrument device={device} panel={panel} headEnd={open}>
      {device.owner === null && device.link !== 'up' ? (
        <NoDriver device={device} cageEmpty={panel.cage.module === null} />
      ) : (
        <PhyReadouts device={device.name} panel={panel} />
      )}
    </PhyInstrument>
  );
};

const EmptyBench = (): ReactElement => (
  <article className="faceplate">
    <Empty title="The bench is empty">
      This lab was started without devices. Name them in a bench file: <code>ferrolab up --bench FILE</code>
    </Empty>
  </article>
);

const Connecting = (): ReactElement => (
  <main className="page bench" aria-busy="true">
    <h1 className="unseen">Bench</h1>
    <div className="instruments">
      <article className="faceplate ghost">
        <Empty title={`Looking for the lab at ${location.host}`}>
          The bench appears as soon as it answers. Start one with <code>npm start</code>
        </Empty>
      </article>
    </div>
  </main>
);
