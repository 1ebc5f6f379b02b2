/** The timings of the mode: the raster drawn to scale, porches and syncs in numbers. */
import type { ReactElement } from 'react';
import type { DisplayPanel } from '#bus/display-panel.ts';
import { useCells } from '../store/lab-state.ts';
import { Empty } from '../ui/empty.tsx';
import { modeText } from './panel.ts';
import { type Axis, type ModeTiming, porches, timingOf } from './timing.ts';

export const TimingCard = ({ device, panel }: { device: string; panel: DisplayPanel }): ReactElement => {
  const cells = useCells(device);
  const timing = panel.half === 'ferro' ? timingOf((at) => cells.get(at)?.level ?? 0) : null;
  return (
    <section className="faceplate timing-card" aria-label="Timing">
      <header className="head">
        <h2>Timing</h2>
        <span className="mid">
          {panel.mode === null ? '' : modeText(panel)}
          {timing?.source != null && `, ${timing.source}`}
        </span>
        {timing !== null && (
          <span className="at-end">
            <b className="mono">{(timing.clockKhz / 1000).toFixed(2)}</b> <span className="dim">MHz</span>
          </span>
        )}
      </header>
      {timing === null ? (
        <Empty title={panel.half === 'dispi' ? 'The compatible half has no timings' : 'No mode is set'}>
          {panel.half === 'dispi'
            ? 'The DISPI registers know a size and no clock: it is scanned out 60 times a second.'
            : 'A driver writes clock and timings, then switches the CRTC on.'}
        </Empty>
      ) : (
        <div className="timing-body">
          <Raster timing={timing} />
          <table className="table">
            <thead>
              <tr>
                <th />
                <th className="right">shown</th>
                <th className="right">front</th>
                <th className="right">sync</th>
                <th className="right">back</th>
                <th className="right">total</th>
                <th className="right">rate</th>
              </tr>
            </thead>
            <tbody>
              <AxisRow name="H" axis={timing.horizontal} rate={`${timing.lineKhz.toFixed(2)} kHz`} />
              <AxisRow name="V" axis={timing.vertical} rate={`${timing.hz.toFixed(2)} Hz`} />
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
};

const AxisRow = ({ name, axis, rate }: { name: string; axis: Axis; rate: string }): ReactElement => (
  <tr>
    <th scope="row">{name}</th>
    {[axis.display, ...porches(axis), axis.total].map((n, i) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: five numbers, always the same five
      <td key={i} className="mono right">
        {n}
      </td>
    ))}
    <td className="right">{rate}</td>
  </tr>
);

const Raster = ({ timing: { horizontal: h, vertical: v } }: { timing: ModeTiming }): ReactElement => (
  <svg className="raster" viewBox={`0 0 ${h.total} ${v.total}`} preserveAspectRatio="none" aria-hidden="true">
    <rect className="raster-blank" width={h.total} height={v.total} />
    <rect className="raster-shown" width={h.display} height={v.display} />
    <rect className="raster-sync" x={h.syncStart} width={h.syncEnd - h.syncStart} height={v.total} />
    <rect className="raster-sync" y={v.syncStart} width={h.total} height={v.syncEnd - v.syncStart} />
  </svg>
);
