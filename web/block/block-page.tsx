/** The page of a block device: speed, queues, latencies, requests, medium, and all that can be set and broken. */
import type { ReactElement } from 'react';
import type { DeviceView } from '#bus/api.ts';
import type { BlockPanel } from '#bus/block-panel.ts';
import { Actions } from '../device/action-sheet.tsx';
import { DeviceHead } from '../device/device-head.tsx';
import { FaultRail } from '../device/fault-rail.tsx';
import { useLab } from '../store/lab-state.ts';
import { AttributeForm } from './attribute-form.tsx';
import { BadBlockMap } from './bad-block-map.tsx';
import { NbdAddress, PowerState } from './block-head.tsx';
import { Settings } from './block-instrument.tsx';
import { BlockReadouts } from './block-readouts.tsx';
import { LatencyPanel } from './latency-panel.tsx';
import { OpTable, QueuePanel } from './op-table.tsx';
import { RequestTable } from './request-table.tsx';
import { ZoneMap } from './zone-map.tsx';
import '../phy/phy.css';
import './block.css';

export const BlockPage = ({ device, panel }: { device: DeviceView; panel: BlockPanel }): ReactElement => {
  const lost = useLab((state) => state.phase === 'lost');
  return (
    <main className="page block-page" data-zoned={panel.zones !== null || undefined}>
      <h1 className="unseen">{device.name}</h1>
      <article
        className="faceplate instrument block-top"
        data-broken={device.faults.length > 0 || undefined}
        aria-label={device.name}
      >
        <DeviceHead device={device} beside={<NbdAddress device={device} panel={panel} />}>
          <PowerState device={device} panel={panel} />
        </DeviceHead>
        <div className="block-top-body">
          <BlockReadouts device={device.name} panel={panel} stale={lost} />
          <Settings panel={panel} />
        </div>
        <FaultRail device={device} />
      </article>
      <AttributeForm device={device} panel={panel} />
      {panel.zones !== null && <ZoneMap zones={panel.zones} />}
      <LatencyPanel device={device.name} panel={panel} />
      <RequestTable device={device.name} panel={panel} />
      <QueuePanel panel={panel} />
      <OpTable panel={panel} />
      <BadBlockMap device={device.name} panel={panel} />
      <section className="faceplate block-actions" aria-label="Faults and controls">
        <header className="head">
          <h2>
            Faults and controls<small>everything that can be done to {device.name} on purpose</small>
          </h2>
        </header>
        <div className="phy-actions">
          <Actions device={device} />
        </div>
      </section>
    </main>
  );
};
