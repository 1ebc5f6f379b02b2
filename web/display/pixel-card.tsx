/** The pixel under the crosshair: its neighbours enlarged, its colour, and where in which plane's memory it comes from. */
import { type ReactElement, useEffect, useRef } from 'react';
import type { DisplayPanel } from '#bus/display-panel.ts';
import { useCells } from '../store/lab-state.ts';
import { useStore } from '../store/store.ts';
import { useTick } from '../ui/use-tick.ts';
import type { LivePicture } from './live-picture.ts';
import { memoryPlace } from './memory-place.ts';
import { planeName, planesAt, sourcePoint } from './panel.ts';
import type { Point, Pointer } from './pointer.ts';

const ACROSS = 17;
const DOWN = 11;
const CELL = 12;

export const PixelCard = (props: {
  readonly device: string;
  readonly panel: DisplayPanel;
  readonly picture: LivePicture | null;
  readonly pointer: Pointer;
}): ReactElement => {
  useTick();
  const { panel, picture } = props;
  const point = useStore(props.pointer, (state) => state.point);
  const cells = useCells(props.device);
  const [red = 0, green = 0, blue = 0] = (point && picture?.pixels(point.x, point.y, 1, 1)?.data) ?? [];
  const here = point === null ? [] : planesAt(panel.planes, point.x, point.y);
  const [top] = here;
  const from = point === null || top === undefined ? null : sourcePoint(top, point.x, point.y);
  const place = top === undefined || from === null ? null : memoryPlace(top, from, (at) => cells.get(at)?.level ?? 0);
  const known = point !== null && picture?.head !== null;
  const hex = known ? `#${hex2(red)}${hex2(green)}${hex2(blue)}` : '–';
  return (
    <section className="faceplate pixel-card" aria-label="Pixel">
      <header className="head">
        <h2>Pixel</h2>
        <span className="mono mid">{point === null ? 'point at the picture' : `${point.x}, ${point.y}`}</span>
        <span className="at-end pixel-hex">
          <i style={{ background: known ? hex : 'transparent' }} />
          <b className="mono">{hex}</b>
        </span>
      </header>
      <div className="pixel-body">
        <Loupe picture={picture} point={point} />
        <dl className="particulars">
          <dt>red</dt>
          <dd className="mono">{known ? red : '–'}</dd>
          <dt>green</dt>
          <dd className="mono">{known ? green : '–'}</dd>
          <dt>blue</dt>
          <dd className="mono">{known ? blue : '–'}</dd>
          <dt>plane</dt>
          <dd title={here.map(({ plane }) => planeName(plane)).join(' over ')}>
            {point === null ? '–' : top === undefined ? 'background' : planeName(top.plane)}
            {here.length > 1 && <span className="dim"> +{here.length - 1}</span>}
          </dd>
          <dt>from</dt>
          <dd className="mono">{from === null ? '–' : fromText(from)}</dd>
          <dt title="Where its word lies in video memory, as the plane's registers say">memory</dt>
          <dd className="mono">{place === null ? '–' : `+${place.toString(16).toUpperCase()}h`}</dd>
        </dl>
      </div>
    </section>
  );
};

/** The pixel of the buffer; with its fraction where the plane is scaled and it is not the middle of one. */
const fromText = ({ x, y }: Point): string =>
  [x, y].map((v) => (v % 1 === 0.5 ? String(Math.floor(v)) : v.toFixed(1))).join(', ');
const hex2 = (n: number): string => n.toString(16).toUpperCase().padStart(2, '0');

const Loupe = ({ picture, point }: { picture: LivePicture | null; point: Point | null }): ReactElement => {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context === null || context === undefined) return;
    const style = getComputedStyle(document.documentElement);
    const [line, mark] = [style.getPropertyValue('--line-2'), style.getPropertyValue('--damage')];
    let due = 0;
    const draw = (): void => {
      due = 0;
      context.clearRect(0, 0, ACROSS * CELL, DOWN * CELL);
      if (picture === null || point === null) return;
      const [left, above] = [point.x - (ACROSS >> 1), point.y - (DOWN >> 1)];
      context.imageSmoothingEnabled = false;
      context.drawImage(picture.canvas, left, above, ACROSS, DOWN, 0, 0, ACROSS * CELL, DOWN * CELL);
      context.fillStyle = line;
      context.globalAlpha = 0.55;
      for (let i = 1; i < ACROSS; i++) context.fillRect(i * CELL, 0, 1, DOWN * CELL);
      for (let i = 1; i < DOWN; i++) context.fillRect(0, i * CELL, ACROSS * CELL, 1);
      context.globalAlpha = 1;
      context.strokeStyle = mark;
      context.lineWidth = 2;
      context.strokeRect((ACROSS >> 1) * CELL, (DOWN >> 1) * CELL, CELL + 1, CELL + 1);
    };
    const wake = (): void => {
      if (due === 0) due = requestAnimationFrame(draw);
    };
    wake();
    const deaf = picture?.subscribe(wake);
    return () => {
      deaf?.();
      cancelAnimationFrame(due);
    };
  }, [picture, point]);
  return (
    <canvas
      ref={canvas}
      className="loupe"
      width={ACROSS * CELL}
      height={DOWN * CELL}
      role="img"
      aria-label="Pixels around the crosshair"
    />
  );
};
