/** The planes: stacked as sheets in the order they are blended, and listed with everything they are set to. */
import type { ReactElement } from 'react';
import type { DisplayPanel } from '#bus/display-panel.ts';
import { useStore } from '../store/store.ts';
import { Empty } from '../ui/empty.tsx';
import { type PanelPlane, planeName, scaleText, sizeText, turnText } from './panel.ts';
import type { Pointer } from './pointer.ts';

export const PlanesCard = ({ panel, pointer }: { panel: DisplayPanel; pointer: Pointer }): ReactElement => {
  const chosen = useStore(pointer, (state) => state.plane);
  const point = (plane: string | null) => (): void => pointer.set({ plane });
  const nearest = panel.planes.toReversed();
  return (
    <section className="faceplate planes-card" aria-label="Planes">
      <header className="head">
        <h2>Planes</h2>
        <span className="mid">{panel.planes.length === 0 ? 'none shown' : 'nearest first'}</span>
        <span className="at-end mono">{panel.mode === null ? '' : sizeText(panel.mode)}</span>
      </header>
      {panel.planes.length === 0 ? (
        <Empty title="No plane is shown">
          {panel.half === 'off' ? 'Nothing is scanned out.' : 'The background colour alone is on the screen.'}
        </Empty>
      ) : (
        <div className="planes-body">
          <Sheets panel={panel} chosen={chosen} />
          <ol className="planes-list">
            {nearest.map((plane) => (
              <li key={plane.plane}>
                <button
                  type="button"
                  className="plane-row"
                  aria-pressed={plane.plane === chosen}
                  onPointerEnter={point(plane.plane)}
                  onPointerLeave={point(null)}
                  onFocus={point(plane.plane)}
                  onBlur={point(null)}
                >
                  <b>{planeName(plane.plane)}</b>
                  <span className="mono">{plane.format}</span>
                  <span className="mono at-end">
                    {sizeText(plane.target)}
                    {signed(plane.target.x)}
                    {signed(plane.target.y)}
                  </span>
                  <span className="plane-rest dim">{restOf(plane)}</span>
                </button>
              </li>
            ))}
          </ol>
        </div>
      )}
    </section>
  );
};

const signed = (n: number): string => (n < 0 ? `−${-n}` : `+${n}`);

/** Source, order, opacity, blending, turning: only what is not plain is said at length. */
const restOf = (plane: PanelPlane): string => {
  const { source, zpos, alpha, blend } = plane;
  const cut = `${sizeText({ width: round(source.width), height: round(source.height) })}${signed(round(source.x))}${signed(round(source.y))}`;
  return [
    `source ${cut}`,
    `z ${zpos}`,
    `alpha ${alpha === 0xffff ? '1' : (alpha / 0xffff).toFixed(2)}`,
    `blend ${blend}`,
    ...[scaleText(plane)].filter((text) => text !== '').map((text) => `scaled ${text}`),
    ...[turnText(plane)].filter((text) => text !== ''),
  ].join(', ');
};
const round = (n: number): number => Math.round(n * 100) / 100;

/** A slanted look at the stack: each sheet where its plane stands on the screen. */
const Sheets = ({ panel, chosen }: { panel: DisplayPanel; chosen: string | null }): ReactElement => {
  const { mode, planes } = panel;
  const [width, height] = [mode?.width ?? 1, mode?.height ?? 1];
  const gap = Math.min(26, 60 / Math.max(1, planes.length));
  const tall = 44 + gap * planes.length;
  const at = (x: number, y: number, level: number): string => {
    const [u, v] = [Math.max(0, Math.min(1, x / width)), Math.max(0, Math.min(1, y / height))];
    return `${(6 + u * 82 + (1 - v) * 26).toFixed(1)} ${(tall - 6 - gap * level - (1 - v) * 30).toFixed(1)}`;
  };
  const sheet = ({ x, y, width: w, height: h }: PanelPlane['target'], level: number): string =>
    `M${at(x, y, level)}L${at(x + w, y, level)}L${at(x + w, y + h, level)}L${at(x, y + h, level)}z`;
  return (
    <svg className="sheets" viewBox={`0 0 120 ${tall}`} aria-hidden="true">
      <path className="sheet-crtc" d={sheet({ x: 0, y: 0, width, height }, 0)} />
      {planes.map(({ plane, target }, i) => (
        <path
          key={plane}
          className="sheet-plane"
          data-chosen={plane === chosen || undefined}
          d={sheet(target, i + 1)}
        />
      ))}
    </svg>
  );
};
