/** The chip drawn: three stages with the wires between them, and the 8051 beneath. */
import type { ReactElement } from 'react';
import type { PhyPanel, StageState } from '#bus/api.ts';
import { QT2025_SRAM_BYTES } from '#datasheets/qt2025.ts';
import { microPath } from '../route.ts';
import { Link } from '../shell/link.tsx';
import { type Cells, useCells } from '../store/lab-state.ts';
import { count, hex } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { ladder, microShows, pcsWords, phyxsWords, pmaWords, type StageWords, wireState } from './phy-words.ts';

export const Chip = ({ device, panel }: { device: string; panel: PhyPanel }): ReactElement => {
  const cells: Cells = useCells(device);
  const { stages } = panel;
  const pcs = pcsWords(panel, cells);
  return (
    <div className="chip-body">
      <p className="chip-mark">
        <b className="mid">QT2025</b>
        <span className="mono">PRTAD {panel.prtad}</span>
        <span className="mono hide-phone">{hex(panel.phyId, 8)}</span>
        <span className="hide-phone">rev {hex(panel.revision, 2).slice(0, -1)}</span>
        {panel.lasi && (
          <span className="irq-mark">
            <Icon name="bolt" />
            LASI
          </span>
        )}
      </p>
      <div className="stages">
        <Stage words={pmaWords(panel, cells)} />
        <Wire state={wireState(stages.pma, stages.pcs)} />
        <Stage words={pcs} />
        <Wire state={wireState(pcs.state, stages.phyxs)} />
        <Stage words={phyxsWords(panel, cells)} />
      </div>
      <Micro device={device} panel={panel} />
    </div>
  );
};

export const Stage = ({ words, className = '' }: { words: StageWords; className?: string }): ReactElement => (
  <section className={`stage ${className}`} data-state={words.state} aria-label={`${words.name}: ${words.lock.word}`}>
    <h3>
      {words.name} <span className="dim stage-mmd">{words.mmd}</span>
      <span className="lock">
        <Icon name={words.lock.icon} />
        {words.lock.word}
      </span>
    </h3>
    <dl>
      {words.lines.map(({ term, value, bad, mono }) => (
        <div key={term}>
          <dt className={mono === true ? 'mono' : ''}>{term}</dt>
          <dd className={`${mono === true ? 'mono' : ''} ${bad === true ? 'bad' : ''}`}>{value}</dd>
        </div>
      ))}
    </dl>
  </section>
);

export const Wire = ({
  state,
  lanes = 1,
  words,
}: {
  state: StageState;
  lanes?: 1 | 4;
  words?: string;
}): ReactElement => (
  <div className="wire" data-state={state} data-lanes={lanes}>
    {words !== undefined && <span>{words}</span>}
  </div>
);

const Micro = ({ device, panel }: { device: string; panel: PhyPanel }): ReactElement => {
  const { micro } = panel;
  const shows = microShows(panel);
  return (
    <div className="micro">
      <Link to={microPath(device)} className="micro-link" title={`Debug the 8051 of ${device}`}>
        <b>8051</b>
      </Link>
      <span className="row micro-beat" data-beats={micro.beating || undefined}>
        <Icon name="beat" />
        <span className="dim">
          {micro.held ? 'halted by the debugger' : micro.beating ? 'heartbeat' : 'no heartbeat'}
        </span>
        {micro.beating && !micro.held && <span className="mono">{hex(micro.heartbeat, 2)}</span>}
      </span>
      {shows === 'upload' && <Upload uploaded={micro.uploaded} />}
      {shows === 'reset' && <span className="mid">held in reset</span>}
      {shows === 'rom' && <span className="mid">boot ROM runs, no program in SRAM</span>}
      {shows === 'program' && (
        <span className="row hide-phone">
          <span className="dim">firmware</span>
          <span className="mono">{micro.version ?? 'no version yet'}</span>
          {micro.sum !== null && (
            <>
              <span className="dim">sum</span>
              <span className={`mono ${micro.sumGood === false ? 'bad' : ''}`}>
                {hex(micro.sum)}
                {micro.sumGood === false && ' wrong'}
              </span>
            </>
          )}
        </span>
      )}
      {shows === 'program' && (
        <span className="ladder" title={`3.D7FDh UC_STATUS: ${micro.statusName}`}>
          {ladder(micro.status).map(({ code, kind }) => (
            <b key={code} data-kind={kind}>
              {code}
            </b>
          ))}
          <span className="dim ladder-word">{micro.statusName}</span>
        </span>
      )}
    </div>
  );
};

const Upload = ({ uploaded }: { uploaded: number }): ReactElement => (
  <span className="row micro-upload">
    <span className="dim">upload</span>
    <span
      className="progress"
      role="progressbar"
      aria-label="Firmware upload"
      aria-valuemin={0}
      aria-valuemax={QT2025_SRAM_BYTES}
      aria-valuenow={uploaded}
    >
      <i style={{ width: `${Math.min(100, (uploaded / QT2025_SRAM_BYTES) * 100)}%` }} />
    </span>
    <span className="mono">
      {count(uploaded)} of {count(QT2025_SRAM_BYTES)} bytes
    </span>
  </span>
);
