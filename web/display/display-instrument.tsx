/** A display as an instrument on the bench: its monitor with the live picture, and what the scanout does. */
import type { ReactElement, ReactNode } from 'react';
import type { DeviceView } from '#bus/api.ts';
import type { DisplayPanel } from '#bus/display-panel.ts';
import { api } from '../api.ts';
import { DeviceHead } from '../device/device-head.tsx';
import { FaultRail } from '../device/fault-rail.tsx';
import { useDrivers } from '../device/use-asked.ts';
import { useLab } from '../store/lab-state.ts';
import { CommandButton } from '../ui/button.tsx';
import { count } from '../ui/format.ts';
import { Lamp } from '../ui/lamp.tsx';
import { useTick } from '../ui/use-tick.ts';
import { type LivePicture, thumbnailScale } from './live-picture.ts';
import { Monitor } from './monitor.tsx';
import { modeText, planeName, refreshHz, showsOf, sizeText } from './panel.ts';
import { PanicAlarm, PanicButton, usePanic } from './panic-button.tsx';
import { PictureCanvas, usePicture } from './picture-canvas.tsx';
import { useVblanks, type Vblanks } from './use-vblanks.ts';
import '../phy/instrument.css';
import './display-instrument.css';

export const DisplayInstrument = (props: {
  readonly device: DeviceView;
  readonly panel: DisplayPanel;
  readonly headEnd?: ReactNode;
}): ReactElement => {
  const { device, panel } = props;
  const lost = useLab((state) => state.phase === 'lost');
  const said = usePanic(device.name);
  const [picture, setPicture] = usePicture();
  const vblanks = useVblanks(device.name, panel);
  return (
    <article
      className="faceplate instrument display-instrument"
      data-broken={device.faults.length > 0 || said !== null || undefined}
      data-stale={lost || undefined}
      aria-label={device.name}
    >
      <DeviceHead device={device}>
        <ScanoutState device={device} panel={panel} />
        {props.headEnd}
      </DeviceHead>
      <div className="display-body">
        <Monitor panel={panel} panicked={said !== null}>
          <PictureCanvas
            device={device.name}
            scale={thumbnailScale(panel.mode?.width ?? 0)}
            label={`What ${device.name} shows`}
            onPicture={setPicture}
          />
        </Monitor>
        {device.owner === null ? (
          <Undriven device={device} panel={panel} />
        ) : (
          <Facts panel={panel} picture={picture} vblanks={vblanks} said={said} />
        )}
      </div>
      <FaultRail
        device={device}
        {...(said === null ? {} : { alarm: <PanicAlarm device={device} said={said} /> })}
        end={<PanicButton device={device} />}
      />
    </article>
  );
};

/** At the end of the head: lamp and mode, or why there is none. */
export const ScanoutState = ({ device, panel }: { device: DeviceView; panel: DisplayPanel }): ReactElement => {
  const said = usePanic(device.name);
  const shows = showsOf(panel);
  const broken = device.faults.length > 0 || said !== null;
  const words = { picture: '', off: 'scanout off', unplugged: 'unplugged', 'link-bad': 'bad link' }[shows];
  return (
    <span className="link-state at-end">
      <Lamp state={broken ? 'fault' : shows === 'picture' ? 'ok' : shows === 'link-bad' ? 'wait' : 'off'} silent />
      <b>{said === null ? (panel.mode === null ? 'no mode' : modeText(panel)) : 'Panic drawn'}</b>
      {words !== '' && panel.mode !== null && <span className="caution">{words}</span>}
    </span>
  );
};

const Facts = (props: {
  readonly panel: DisplayPanel;
  readonly picture: LivePicture | null;
  readonly vblanks: Vblanks;
  readonly said: string | null;
}): ReactElement => {
  useTick();
  const { panel, picture, vblanks } = props;
  const hz = refreshHz(panel);
  const [lowest] = panel.planes;
  const missed = vblanks.cells.filter(({ mark }) => mark === 'missed').length;
  return (
    <dl className="display-facts">
      <Fact label="refresh" value={hz === null ? '–' : hz.toFixed(2)} unit="Hz" />
      <Fact label="flips" value={vblanks.flipsHz.toFixed(0)} unit={`/s, ${missed} missed`} alarm={missed > 0} />
      <Fact label="shown" value={(picture?.shownHz ?? 0).toFixed(1)} unit="/s here" />
      <Fact label="vblank" value={count(vblanks.last)} />
      <Fact label="planes" value={panel.planes.map(({ plane }) => planeName(plane)).join(', ') || 'none'} />
      <Fact label="format" value={lowest?.format ?? '–'} unit={lowest === undefined ? '' : sizeText(lowest.source)} />
      <Fact label="CRC" value={panel.crc === null ? '–' : hex8(panel.crc)} mono />
      <Fact label="panic" value={props.said === null ? 'armed' : 'drawn'} good={props.said === null} />
    </dl>
  );
};

const hex8 = (crc: number): string => {
  const digits = crc.toString(16).toUpperCase().padStart(8, '0');
  return `${digits.slice(0, 4)} ${digits.slice(4)}`;
};

const Fact = (props: {
  readonly label: string;
  readonly value: string;
  readonly unit?: string;
  readonly mono?: boolean;
  readonly alarm?: boolean;
  readonly good?: boolean;
}): ReactElement => (
  <div data-alarm={props.alarm || undefined}>
    <dt>{props.label}</dt>
    <dd>
      <b className={`${props.mono ? 'mono' : ''} ${props.good ? 'ok' : ''}`}>{props.value}</b>
      {props.unit !== undefined && props.unit !== '' && <span className="dim"> {props.unit}</span>}
    </dd>
  </div>
);

/** Nobody drives it: what is on show stays on show, and what helps. */
const Undriven = ({ device, panel }: { device: DeviceView; panel: DisplayPanel }): ReactElement => {
  const drivers = useDrivers().value ?? [];
  const driver =
    drivers.find(({ name }) => name === 'ferro_drm') ?? drivers.find(({ drives }) => drives.includes(device.kind));
  const loading = useLab((state) =>
    state.modules.find(({ device: of, state: at }) => of === device.name && (at === 'loading' || at === 'probing')),
  );
  return (
    <div className="display-undriven">
      <p className="mid">
        {loading !== undefined
          ? `${loading.module} is ${loading.state}.`
          : panel.mode === null
            ? 'No driver: nothing sets a mode, so nothing is scanned out.'
            : 'No driver: the controller goes on with the last picture.'}
      </p>
      {driver !== undefined && loading === undefined && (
        <CommandButton look="primary" command={() => api.insmod(driver.name, device.name)}>
          Load {driver.name}
        </CommandButton>
      )}
    </div>
  );
};
