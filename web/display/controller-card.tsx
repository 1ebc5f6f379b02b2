/** What the controller itself says: who has the scanout, its checksum, interrupts, memory and the misuse it found. */
import type { ReactElement, ReactNode } from 'react';
import type { DisplayPanel } from '#bus/display-panel.ts';
import { DISPLAY } from '#datasheets/display.ts';
import { api } from '../api.ts';
import { bytesText } from '../block/panel.ts';
import { CommandButton } from '../ui/button.tsx';
import { count } from '../ui/format.ts';
import type { Vblanks } from './use-vblanks.ts';

const HALVES = { ferro: 'extension block', dispi: 'DISPI registers', off: 'nobody: scanout off' } as const;
const FINDINGS: Readonly<Record<string, { readonly doc: string }>> = DISPLAY.FINDING.fields;

export const ControllerCard = (props: {
  readonly device: string;
  readonly panel: DisplayPanel;
  readonly vblanks: Vblanks;
}): ReactElement => {
  const { device, panel, vblanks } = props;
  const { crc, interrupt, findings } = panel;
  return (
    <section className="faceplate controller-card" aria-label="Controller">
      <header className="head">
        <h2>Controller</h2>
        <span className="at-end row">
          <span className="dim">CRC</span>
          <b className="mono">{crc === null ? '–' : `${crc.toString(16).toUpperCase().padStart(8, '0')}h`}</b>
          <CommandButton
            look="quiet"
            title="Reads FRAME_CRC on the bus, as requester dashboard"
            command={() => api.busRead(device, 'FRAME_CRC')}
          >
            Read
          </CommandButton>
        </span>
      </header>
      <dl className="particulars controller-facts">
        <Row name="scanout by">{HALVES[panel.half]}</Row>
        <Row name="vblank">
          <span className="mono">{count(vblanks.last)}</span>
          {!panel.vblank.running && panel.mode !== null && <b className="caution"> stands still</b>}
        </Row>
        <Row name="last flip">
          {panel.flip.done === 0 ? '–' : <span className="mono">at {count(panel.flip.done)}</span>}
          {panel.flip.pending && <b className="caution"> pending</b>}
        </Row>
        <Row name="gamma table">{panel.gamma ? 'on' : 'off'}</Row>
        <Row name="variable refresh">{panel.vrr ? 'on' : 'off'}</Row>
        <Row name="video memory">{bytesText(panel.vramBytes)}</Row>
        <Row name="interrupt">
          {interrupt.asserted ? <b className="caution">asserted</b> : 'quiet'}
          {interrupt.status.length > 0 && <span className="mono"> {interrupt.status.join(' ')}</span>}
        </Row>
        <Row name="let through">
          <span className="mono">{interrupt.enabled.join(' ') || 'none'}</span>
        </Row>
      </dl>
      {findings.length > 0 && (
        <ul className="findings">
          {findings.map((name) => (
            <li key={name}>
              <b className="mono bad">{name}</b> <span className="mid">{FINDINGS[name]?.doc ?? ''}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};

const Row = ({ name, children }: { name: string; children: ReactNode }): ReactElement => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
