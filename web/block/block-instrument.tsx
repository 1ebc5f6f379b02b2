/** A block device as an instrument on the bench: how fast it goes, what is in flight, what it is set to. */
import type { ReactElement, ReactNode } from 'react';
import type { DeviceView } from '#bus/api.ts';
import type { BlockPanel } from '#bus/block-panel.ts';
import { api } from '../api.ts';
import { DeviceHead } from '../device/device-head.tsx';
import { FaultRail } from '../device/fault-rail.tsx';
import { useDrivers } from '../device/use-asked.ts';
import { useLab } from '../store/lab-state.ts';
import { CommandButton } from '../ui/button.tsx';
import { count } from '../ui/format.ts';
import { Sparkline } from '../ui/readout.tsx';
import { NbdAddress, PowerState } from './block-head.tsx';
import { bytesText, nsText, settingsOf } from './panel.ts';
import { type Reading, useReadings } from './readings.ts';
import { TagLadders } from './tag-ladder.tsx';
import { ZoneStrip } from './zone-strip.tsx';
import '../phy/instrument.css';
import './block-instrument.css';

/** Ladders on the faceplate; the page has all. */
const LADDERS = 3;

export const BlockInstrument = (props: {
  readonly device: DeviceView;
  readonly panel: BlockPanel;
  readonly headEnd?: ReactNode;
}): ReactElement => {
  const { device, panel } = props;
  const lost = useLab((state) => state.phase === 'lost');
  return (
    <article
      className="faceplate instrument block-instrument"
      data-broken={device.faults.length > 0 || undefined}
      data-stale={lost || undefined}
      aria-label={device.name}
    >
      <DeviceHead device={device}>
        <PowerState device={device} panel={panel} />
        {props.headEnd}
      </DeviceHead>
      <div className="block-body">
        {panel.power ? (
          <>
            <Speed device={device.name} panel={panel} />
            <div className="block-inside">
              <TagLadders panel={panel} most={LADDERS} />
              {panel.zones === null ? <Ops panel={panel} /> : <ZoneStrip zones={panel.zones} />}
            </div>
          </>
        ) : (
          <PoweredOff device={device.name} />
        )}
        <div className="block-foot">
          <NbdAddress device={device} panel={panel} />
          <Idle device={device} panel={panel} />
          <Settings panel={panel} />
        </div>
      </div>
      <FaultRail device={device} />
    </article>
  );
};

const Speed = ({ device, panel }: { device: string; panel: BlockPanel }): ReactElement => {
  const { iops, bytes, p50Ns, p99Ns, errors } = useReadings(device);
  return (
    <div className="block-speed">
      <dl>
        <div className="block-iops">
          <dt>IOPS</dt>
          <dd>
            <b>{shown(iops, count)}</b>
          </dd>
        </div>
        <div>
          <dt>throughput</dt>
          <dd>{shown(bytes, (n) => `${bytesText(n)}/s`)}</dd>
        </div>
        <div>
          <dt>latency p50</dt>
          <dd>{nsText(p50Ns.now)}</dd>
        </div>
        <div>
          <dt>p99</dt>
          <dd>{nsText(p99Ns.now)}</dd>
        </div>
        <div data-alarm={errors.now > 0 || undefined}>
          <dt>errors</dt>
          <dd>{count(panel.errors)}</dd>
        </div>
      </dl>
      <div className="block-sparks">
        <figure>
          <Sparkline points={iops.points} floor={100} />
          <figcaption>IOPS, 60 s</figcaption>
        </figure>
        <figure>
          <Sparkline points={p50Ns.points} floor={10_000} />
          <figcaption>p50, 60 s</figcaption>
        </figure>
      </div>
    </div>
  );
};

const shown = ({ now }: Reading, print: (value: number) => string): string => (Number.isNaN(now) ? '–' : print(now));

/** What it was asked so far: where there are no zones to draw. */
const Ops = ({ panel }: { panel: BlockPanel }): ReactElement => {
  const rows = (['read', 'write', 'flush', 'discard'] as const).map((op) => ({ op, ...panel.ops[op] }));
  const most = Math.max(1, ...rows.map(({ requests }) => requests));
  return (
    <ul className="block-ops" aria-label="Requests by operation">
      {rows.map(({ op, requests, bytes, errors }) => (
        <li key={op} data-op={op}>
          <span className="mid">{op}</span>
          <span className="block-bar" aria-hidden="true">
            <i style={{ width: `${(requests / most) * 100}%` }} />
          </span>
          <span>{count(requests)}</span>
          <span className="dim">
            {op === 'flush' ? '' : bytesText(bytes)}
            {errors > 0 && <span className="bad"> {count(errors)} failed</span>}
          </span>
        </li>
      ))}
    </ul>
  );
};

export const Settings = ({ panel }: { panel: BlockPanel }): ReactElement => (
  <ul className="block-settings" aria-label="What it is set to">
    {settingsOf(panel).map(({ text, title, caution }) => (
      <li key={title + text} className={caution ? 'chip caution' : 'chip'} title={title}>
        {text}
      </li>
    ))}
  </ul>
);

const PoweredOff = ({ device }: { device: string }): ReactElement => (
  <div className="block-off">
    <p>Powered off: requests find no device, attributes may be written.</p>
    <CommandButton look="primary" command={() => api.writeAttributes(device, { power: '1' })}>
      Power on
    </CommandButton>
  </div>
);

/** Nobody drives it: what helps. */
const Idle = ({ device, panel }: { device: DeviceView; panel: BlockPanel }): ReactElement | null => {
  const drivers = useDrivers().value ?? [];
  const drives = drivers.filter(({ drives: kinds }) => kinds.includes(device.kind));
  const driver = drives.find(({ name }) => name === panel.personality) ?? drives[0];
  if (device.owner !== null || driver === undefined || !panel.power) return null;
  return <CommandButton command={() => api.insmod(driver.name, device.name)}>Load {driver.name}</CommandButton>;
};
