/** The page of a display: the picture at any size, and beside it everything that makes it. */
import { type ReactElement, useMemo, useState } from 'react';
import type { DeviceView } from '#bus/api.ts';
import type { DisplayPanel } from '#bus/display-panel.ts';
import { Actions } from '../device/action-sheet.tsx';
import { DeviceHead } from '../device/device-head.tsx';
import { FaultRail } from '../device/fault-rail.tsx';
import { useLab } from '../store/lab-state.ts';
import { Button, Seg } from '../ui/button.tsx';
import { count } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { type KeyMeaning, useKeys } from '../ui/keys.ts';
import { ControllerCard } from './controller-card.tsx';
import { frameUrl } from './display-api.ts';
import { ScanoutState } from './display-instrument.tsx';
import type { LivePicture } from './live-picture.ts';
import { MonitorCard } from './monitor-card.tsx';
import { PanicAlarm, PanicButton, usePanic } from './panic-button.tsx';
import { PanicCard } from './panic-card.tsx';
import { usePanicLog } from './panic-log.ts';
import { usePicture } from './picture-canvas.tsx';
import { PixelCard } from './pixel-card.tsx';
import { PlanesCard } from './planes-card.tsx';
import { makePointer, type ZoomChoice } from './pointer.ts';
import { RegisterCard } from './register-card.tsx';
import { Stage } from './stage.tsx';
import { TimingCard } from './timing-card.tsx';
import { useVblanks } from './use-vblanks.ts';
import { VblankBar } from './vblank-bar.tsx';
import '../phy/instrument.css';
import '../phy/phy.css';
import './display-instrument.css';
import './display.css';

export const DisplayPage = ({ device, panel }: { device: DeviceView; panel: DisplayPanel }): ReactElement => {
  const lost = useLab((state) => state.phase === 'lost');
  const said = usePanic(device.name);
  const [picture, setPicture] = usePicture();
  const [pointer] = useState(makePointer);
  const [zoom, setZoom] = useState<ZoomChoice>('fit');
  const [real, setReal] = useState(1);
  const [damage, setDamage] = useState(false);
  const [planes, setPlanes] = useState(false);
  const vblanks = useVblanks(device.name, panel);
  const panicLog = usePanicLog(device.name);
  useStageKeys(setZoom, setDamage, setPlanes);
  return (
    <main className="page display-page">
      <h1 className="unseen">{device.name}</h1>
      <article
        className="faceplate instrument display-top"
        data-broken={device.faults.length > 0 || said !== null || undefined}
        data-stale={lost || undefined}
        aria-label={device.name}
      >
        <DeviceHead
          device={device}
          beside={
            <span className="mid display-vblank">
              vblank <b className="mono">{count(vblanks.last)}</b>
            </span>
          }
        >
          <ScanoutState device={device} panel={panel} />
        </DeviceHead>
        <div className="stage-tools">
          <Seg
            label="Size of the picture"
            value={zoom}
            onChange={setZoom}
            choices={[
              { value: 'fit', label: 'fit' },
              { value: '1', label: '1:1' },
              { value: '2', label: '2:1' },
              { value: '4', label: '4:1' },
            ]}
          />
          <Toggle on={damage} onChange={setDamage} title="Outlines what changes (D)">
            damage
          </Toggle>
          <Toggle on={planes} onChange={setPlanes} title="Outlines the planes (P)">
            planes
          </Toggle>
          <Rate picture={picture} real={real} />
          <a className="btn" href={frameUrl(device.name)} download={`${device.name}.png`}>
            <Icon name="download" /> PNG
          </a>
        </div>
        <Stage
          device={device.name}
          panel={panel}
          panicked={said !== null}
          picture={picture}
          onPicture={setPicture}
          pointer={pointer}
          zoom={zoom}
          showDamage={damage}
          showPlanes={planes}
          onZoom={setReal}
        />
        <VblankBar vblanks={vblanks} panickedAtNs={said === null ? null : (panicLog?.atNs ?? null)} />
        <FaultRail
          device={device}
          {...(said === null ? {} : { alarm: <PanicAlarm device={device} said={said} /> })}
          end={<PanicButton device={device} />}
        />
      </article>
      <div className="display-side">
        <PixelCard device={device.name} panel={panel} picture={picture} pointer={pointer} />
        <PlanesCard panel={panel} pointer={pointer} />
        <PanicCard device={device} picture={picture} said={said} log={panicLog} />
        <TimingCard device={device.name} panel={panel} />
        <MonitorCard device={device.name} panel={panel} />
        <ControllerCard device={device.name} panel={panel} vblanks={vblanks} />
        <RegisterCard device={device.name} kind={device.kind} />
        <section className="faceplate" aria-label="Faults and controls">
          <header className="head">
            <h2>
              Faults and controls<small>all that can be done to {device.name}</small>
            </h2>
          </header>
          <div className="display-actions">
            <Actions device={device} />
          </div>
        </section>
      </div>
    </main>
  );
};

const Toggle = (props: {
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
  readonly title: string;
  readonly children: string;
}): ReactElement => (
  <Button
    className="stage-toggle"
    aria-pressed={props.on}
    title={props.title}
    onClick={() => props.onChange(!props.on)}
  >
    {props.children}
  </Button>
);

/** How the picture comes: its rate, its size on the page, or why it does not. */
const Rate = ({ picture, real }: { picture: LivePicture | null; real: number }): ReactElement => (
  <span className="stage-rate at-end" role="status">
    {picture === null || picture.status === 'connecting' ? (
      <span className="dim">connecting to the picture</span>
    ) : picture.status === 'refused' ? (
      <span className="bad">{picture.reason}</span>
    ) : picture.status === 'lost' ? (
      <span className="caution">the picture is lost, trying again</span>
    ) : (
      <>
        <span className="mono">{picture.shownHz.toFixed(1)}</span> <span className="dim">pictures/s</span>
      </>
    )}
    <span className="mono mid stage-percent">{Math.round(real * 100)} %</span>
  </span>
);

const useStageKeys = (
  setZoom: (zoom: ZoomChoice) => void,
  setDamage: (change: (on: boolean) => boolean) => void,
  setPlanes: (change: (on: boolean) => boolean) => void,
): void => {
  const keys = useMemo<readonly KeyMeaning[]>(
    () => [
      { key: 'f', label: 'F', meaning: 'Fit the picture', press: () => setZoom('fit') },
      { key: 'o', label: 'O', meaning: 'Picture one to one', press: () => setZoom('1') },
      { key: 'd', label: 'D', meaning: 'Show what changes', press: () => setDamage((on) => !on) },
      { key: 'p', label: 'P', meaning: 'Show the planes', press: () => setPlanes((on) => !on) },
    ],
    [setZoom, setDamage, setPlanes],
  );
  useKeys(keys);
};
