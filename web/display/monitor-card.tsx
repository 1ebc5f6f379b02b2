/** The socket: which monitor is in it and what its EDID tells, with everything a hand can do there. */
import { type ReactElement, useMemo, useRef, useState } from 'react';
import type { DisplayPanel } from '#bus/display-panel.ts';
import { MONITOR_NAMES, MONITORS } from '#datasheets/monitors.ts';
import { api } from '../api.ts';
import { Button, CommandButton, useCommand } from '../ui/button.tsx';
import { hexByte } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { Lamp } from '../ui/lamp.tsx';
import { edidUrl, putEdid } from './display-api.ts';
import { type EdidPart, edidBytes, edidParts, identityOf, timingAt } from './edid-view.ts';

export const MonitorCard = ({ device, panel }: { device: string; panel: DisplayPanel }): ReactElement => {
  const { connector } = panel;
  const { connected, linkBad, monitor, edid } = connector;
  return (
    <section className="faceplate monitor-card" aria-label="Monitor">
      <header className="head">
        <h2>Monitor</h2>
        <span className="link-state">
          <Lamp state={!connected ? 'off' : linkBad ? 'wait' : 'ok'} silent />
          <span className={linkBad ? 'caution' : 'mid'}>
            {!connected ? 'unplugged' : linkBad ? 'plugged in, link bad' : 'plugged in, link good'}
          </span>
        </span>
        <span className="at-end row">
          {connected ? (
            <CommandButton command={() => api.control(device, 'unplug')}>Pull out</CommandButton>
          ) : (
            <CommandButton look="primary" command={() => api.control(device, 'plug')}>
              Plug in
            </CommandButton>
          )}
        </span>
      </header>
      <div className="monitor-body">
        <Choose device={device} monitor={monitor} />
        {edid === '' ? (
          <p className="dim">
            {connected ? 'The monitor tells nothing: no EDID reads.' : 'Nothing is plugged in, so no EDID reads.'}
          </p>
        ) : (
          <Edid hex={edid} />
        )}
        <Upload device={device} readable={edid !== ''} />
      </div>
    </section>
  );
};

const Choose = ({ device, monitor }: { device: string; monitor: string | null }): ReactElement => {
  const { busy, refused, run } = useCommand();
  return (
    <label className="monitor-choose">
      <span className="dim">in the socket</span>
      <select
        className="field"
        disabled={busy}
        value={monitor ?? ''}
        onChange={(event) => void run(() => api.control(device, 'monitor', { model: event.target.value }))}
      >
        {monitor === null && <option value="">an EDID of your own</option>}
        {MONITOR_NAMES.map((name) => (
          <option key={name} value={name}>
            {name}: {MONITORS[name].doc}
          </option>
        ))}
      </select>
      {refused !== null && (
        <span className="refused" role="alert">
          {refused}
        </span>
      )}
    </label>
  );
};

const Edid = ({ hex }: { hex: string }): ReactElement => {
  const bytes = useMemo(() => edidBytes(hex), [hex]);
  const parts = useMemo(() => edidParts(bytes), [bytes]);
  const [chosen, choose] = useState<EdidPart | null>(null);
  const who = identityOf(bytes);
  const preferred = timingAt(bytes, 54);
  const wrong = parts.filter(({ kind }) => kind === 'bad-sum');
  const rows: readonly (readonly [string, string])[] = [
    ['name', who.name || '–'],
    [
      'maker',
      who.maker === '' ? '–' : `${who.maker}, product ${who.product.toString(16).toUpperCase().padStart(4, '0')}h`,
    ],
    ['serial', who.serial || '–'],
    [
      'prefers',
      preferred === undefined ? '–' : `${preferred.width}×${preferred.height} at ${preferred.hz.toFixed(2)} Hz`,
    ],
    ['range', who.hz === null ? '–' : `${who.hz[0]} to ${who.hz[1]} Hz`],
    ['size', who.widthMm === 0 ? '–' : `${who.widthMm} × ${who.heightMm} mm`],
  ];
  return (
    <>
      <dl className="particulars edid-facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className="edid-hex mono" role="img" aria-label={`EDID, ${bytes.length} bytes in ${parts.length} parts`}>
        {parts.map((part) => (
          <span
            key={part.from}
            data-kind={part.kind}
            data-chosen={part === chosen || undefined}
            title={part.text}
            onPointerEnter={() => choose(part)}
            onPointerLeave={() => choose(null)}
          >
            {Array.from(bytes.subarray(part.from, part.to), (byte, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a byte is its place
              <i key={i}>{hexByte(byte)}</i>
            ))}
          </span>
        ))}
      </div>
      <p className={wrong.length > 0 && chosen === null ? 'bad edid-words' : 'mid edid-words'}>
        {chosen === null
          ? wrong.length > 0
            ? wrong.map(({ text }) => text).join('; ')
            : `${bytes.length} bytes, every checksum right. Point at a byte for what it says.`
          : `${chosen.from.toString(16).toUpperCase().padStart(2, '0')}h: ${chosen.text}`}
      </p>
    </>
  );
};

const MOST_BYTES = 1024;

const Upload = ({ device, readable }: { device: string; readable: boolean }): ReactElement => {
  const file = useRef<HTMLInputElement>(null);
  const { busy, refused, run } = useCommand();
  const send = async (chosen: File | undefined): Promise<void> => {
    if (chosen === undefined) return;
    await run(async () => {
      if (chosen.size === 0 || chosen.size > MOST_BYTES)
        throw new Error(`${chosen.name} has ${chosen.size} bytes; an EDID has 1 to ${MOST_BYTES}`);
      await putEdid(device, new Uint8Array(await chosen.arrayBuffer()));
    });
    if (file.current !== null) file.current.value = '';
  };
  return (
    <div className="row edid-actions">
      <input
        ref={file}
        type="file"
        className="unseen"
        tabIndex={-1}
        aria-label="EDID file"
        onChange={(event) => void send(event.target.files?.[0])}
      />
      <Button disabled={busy} onClick={() => file.current?.click()}>
        Load an EDID file
      </Button>
      {readable && (
        <a className="btn" href={edidUrl(device)} download={`${device}.edid`}>
          <Icon name="download" /> Save
        </a>
      )}
      <CommandButton command={() => api.control(device, 'degrade-link')}>Degrade the link</CommandButton>
      {refused !== null && (
        <span className="refused" role="alert">
          {refused}
        </span>
      )}
    </div>
  );
};
