/** A monitor: bezel, glass with the live picture, power lamp, and why it is dark when it is. */
import type { ReactElement, ReactNode } from 'react';
import type { DisplayPanel } from '#bus/display-panel.ts';
import { Icon } from '../ui/icon.tsx';
import { Lamp } from '../ui/lamp.tsx';
import { edidBytes, identityOf } from './edid-view.ts';
import { modeText, showsOf } from './panel.ts';

export const Monitor = (props: {
  readonly panel: DisplayPanel;
  readonly panicked: boolean;
  readonly children: ReactNode;
}): ReactElement => {
  const { panel } = props;
  const shows = showsOf(panel);
  return (
    <figure className="monitor" data-shows={shows}>
      <div className="monitor-glass">
        {props.children}
        {shows !== 'picture' && <NoPicture panel={panel} />}
      </div>
      <MonitorFoot panel={panel} panicked={props.panicked} />
    </figure>
  );
};

/** What is printed on the bezel. */
export const MonitorFoot = ({ panel, panicked }: { panel: DisplayPanel; panicked: boolean }): ReactElement => {
  const shows = showsOf(panel);
  const { name, widthMm, heightMm } = identityOf(edidBytes(panel.connector.edid));
  const size = widthMm > 0 && heightMm > 0 ? `${widthMm} × ${heightMm} mm` : '';
  return (
    <figcaption className="monitor-foot">
      <b>{shows === 'unplugged' ? 'nothing plugged in' : name === '' ? 'a monitor without a name' : name}</b>
      <span className="monitor-size">{shows === 'unplugged' ? '' : size}</span>
      <span className="at-end mono">{panel.mode === null ? '' : modeText(panel)}</span>
      <Lamp state={panicked ? 'fault' : shows === 'picture' ? 'ok' : shows === 'link-bad' ? 'wait' : 'off'} silent />
    </figcaption>
  );
};

export const NoPicture = ({ panel }: { panel: DisplayPanel }): ReactElement => {
  const shows = showsOf(panel);
  const [title, words] = NO_PICTURE[shows === 'unplugged' && panel.mode === null ? 'all-off' : shows] ?? ['', ''];
  return (
    <div className="no-picture">
      <p>
        <Icon name="bang" /> <b>{title}</b>
      </p>
      <p>{words}</p>
    </div>
  );
};

const NO_PICTURE: Readonly<Record<string, readonly [title: string, words: string]>> = {
  unplugged: ['No signal', 'The cable is out. Behind it, dimmed, is what the controller goes on sending.'],
  'all-off': ['No signal', 'The cable is out, and the scanout is off.'],
  off: ['No signal', 'Nothing is scanned out: no driver has set a mode.'],
  'link-bad': ['Bad link', 'The driver must train the link or set the mode again.'],
};
