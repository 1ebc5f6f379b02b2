/** The stage of the display page: the picture at any size, with crosshair, damage and planes laid over it. */
import { type KeyboardEvent, type PointerEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import type { DisplayPanel } from '#bus/display-panel.ts';
import { useStore } from '../store/store.ts';
import { DamageOverlay } from './damage-overlay.tsx';
import type { LivePicture } from './live-picture.ts';
import { MonitorFoot, NoPicture } from './monitor.tsx';
import { planeName, showsOf, sizeText } from './panel.ts';
import { PictureCanvas } from './picture-canvas.tsx';
import { clampPoint, type Pointer, stepOf, type ZoomChoice, zoomOf } from './pointer.ts';

/** Around the glass: bezel and foot. */
const FRAME_WIDTH = 14;
const FRAME_HEIGHT = 34;

export const Stage = (props: {
  readonly device: string;
  readonly panel: DisplayPanel;
  readonly panicked: boolean;
  readonly picture: LivePicture | null;
  readonly onPicture: (picture: LivePicture | null) => void;
  readonly pointer: Pointer;
  readonly zoom: ZoomChoice;
  readonly showDamage: boolean;
  readonly showPlanes: boolean;
  readonly onZoom: (zoom: number) => void;
}): ReactElement => {
  const { device, panel, picture, pointer, onZoom } = props;
  const room = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = room.current;
    if (element === null) return;
    const measure = new ResizeObserver(() => {
      const style = getComputedStyle(element);
      const [inX, inY] = [style.paddingInlineStart, style.paddingBlockStart].map((px) => 2 * Number.parseFloat(px));
      setSize({
        width: element.clientWidth - (inX ?? 0) - FRAME_WIDTH,
        height: element.clientHeight - (inY ?? 0) - FRAME_HEIGHT,
      });
    });
    measure.observe(element);
    return () => measure.disconnect();
  }, []);
  const mode = panel.mode ?? { width: 640, height: 360 };
  const zoom = zoomOf(props.zoom, size, mode);
  useEffect(() => onZoom(zoom), [zoom, onZoom]);
  const shows = showsOf(panel);
  return (
    <div className="viewport" ref={room} data-zoom={props.zoom}>
      <figure className="monitor" data-shows={shows}>
        <div
          className="monitor-glass"
          data-crisp={zoom >= 1 || undefined}
          style={{ width: Math.round(mode.width * zoom), height: Math.round(mode.height * zoom) }}
        >
          <PictureCanvas device={device} scale={1} label={`What ${device} shows`} onPicture={props.onPicture} />
          <Glass panel={panel} pointer={pointer} zoom={zoom} showPlanes={props.showPlanes} mode={mode} />
          {props.showDamage && picture !== null && <DamageOverlay picture={picture} zoom={zoom} mode={mode} />}
          {shows !== 'picture' && <NoPicture panel={panel} />}
        </div>
        <MonitorFoot panel={panel} panicked={props.panicked} />
      </figure>
    </div>
  );
};

/** What takes the pointer and the keys, with the crosshair and the outlines of the planes. */
const Glass = (props: {
  readonly panel: DisplayPanel;
  readonly pointer: Pointer;
  readonly zoom: number;
  readonly showPlanes: boolean;
  readonly mode: { readonly width: number; readonly height: number };
}): ReactElement => {
  const { panel, pointer, zoom, mode } = props;
  const point = useStore(pointer, (state) => state.point);
  const chosen = useStore(pointer, (state) => state.plane);
  const toPoint = (event: PointerEvent): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = { x: (event.clientX - box.left) / zoom, y: (event.clientY - box.top) / zoom };
    pointer.set({ point: clampPoint(at, mode) });
  };
  const press = (event: KeyboardEvent): void => {
    const step = stepOf(event.key, event.shiftKey);
    if (step === undefined) return;
    event.preventDefault();
    const from = pointer.state.point ?? { x: mode.width >> 1, y: mode.height >> 1 };
    pointer.set({ point: clampPoint({ x: from.x + step.x, y: from.y + step.y }, mode) });
  };
  const outlined = panel.planes.filter(({ plane }) => props.showPlanes || plane === chosen);
  return (
    <div
      className="glass"
      role="application"
      aria-label="Pixel inspector: arrow keys move the crosshair, with Shift by 16"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the crosshair is moved with the arrow keys
      tabIndex={0}
      onPointerMove={toPoint}
      onPointerDown={toPoint}
      onKeyDown={press}
    >
      <svg viewBox={`0 0 ${mode.width} ${mode.height}`} preserveAspectRatio="none" aria-hidden="true">
        {outlined.map(({ plane, target }) => (
          <g key={plane} className="plane-outline" data-plane={plane} data-chosen={plane === chosen || undefined}>
            <rect {...target} />
          </g>
        ))}
        {point !== null && (
          <g className="crosshair">
            <path d={`M0 ${point.y + 0.5}H${mode.width}M${point.x + 0.5} 0V${mode.height}`} />
            <rect x={point.x + 0.5 - 5 / zoom} y={point.y + 0.5 - 5 / zoom} width={10 / zoom} height={10 / zoom} />
          </g>
        )}
      </svg>
      {outlined.map(({ plane, target }) => (
        <span
          key={plane}
          className="plane-name"
          style={{
            left: Math.max(0, target.x * zoom),
            top: Math.max(0, target.y * zoom),
          }}
        >
          {planeName(plane)} {sizeText(target)}
        </span>
      ))}
    </div>
  );
};
