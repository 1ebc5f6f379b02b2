/** The timeline under the table: lanes on one canvas, redrawn a few times a second, never per record. */
import { type PointerEvent, type ReactElement, useEffect, useRef, useState, type WheelEvent } from 'react';
import type { RunView } from '#bus/api.ts';
import type { Sheet } from '../filter/sheets.ts';
import { useTick } from '../ui/use-tick.ts';
import { drawLanes, LANE_HEIGHT, LANE_NAMES, LANES_TOP } from './lane-drawing.ts';
import { lanesOf, nearestPosition, type Stretch, wholeStretch } from './lane-model.ts';
import { type Marks, span } from './markers.ts';
import { stepBoxes } from './step-boxes.ts';
import type { TrafficView } from './view.ts';
import { count, duration } from './words.ts';

const MOST_LIVE_NS = 60e9;
const LEAST_NS = 20e3;

export const TimeLanes = ({
  view,
  sheetOf,
  marks,
  selectedTime,
  runs,
  onPick,
}: {
  view: TrafficView;
  sheetOf: (device: string) => Sheet | undefined;
  marks: Marks;
  selectedTime: number | null;
  /** Runs whose steps belong to these records. */
  runs: readonly RunView[];
  onPick: (position: number) => void;
}): ReactElement => {
  const turn = useTick();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [zoom, setZoom] = useState<Stretch | null>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const watch = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const stretch = zoom ?? wholeStretch(view.records, view.held ? Number.POSITIVE_INFINITY : MOST_LIVE_NS);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the turn is what redraws
  useEffect(() => {
    const element = canvas.current;
    if (element === null || width === 0) return;
    const steps = runs.flatMap((run) => stepBoxes(run, view.records));
    const lanes = lanesOf(view.records, stretch, Math.max(1, Math.floor(width / 3)), sheetOf, steps);
    drawLanes(element, width, lanes, { marks, selectedTime, empty: view.records.end === view.records.begin });
  }, [turn, width, zoom, view, marks, selectedTime, sheetOf, view.held, runs]);

  const timeAt = (clientX: number): number => {
    const box = canvas.current?.getBoundingClientRect();
    const share = box === undefined || box.width === 0 ? 0 : (clientX - box.left) / box.width;
    return stretch.from + share * (stretch.to - stretch.from);
  };
  const wheel = (event: WheelEvent): void => {
    const factor = event.deltaY > 0 ? 1.25 : 0.8;
    const at = timeAt(event.clientX);
    const whole = wholeStretch(view.records, Number.POSITIVE_INFINITY);
    const from = Math.max(whole.from, at - (at - stretch.from) * factor);
    const to = Math.min(whole.to, at + (stretch.to - at) * factor);
    if (to - from < LEAST_NS) return;
    view.hold();
    setZoom(from <= whole.from && to >= whole.to ? null : { from, to });
  };
  const pick = (event: PointerEvent): void => {
    if (event.button === 0 && view.records.end > view.records.begin)
      onPick(nearestPosition(view.records, timeAt(event.clientX)));
  };
  const between = span(marks);
  return (
    <section className="lanes" aria-label="Timeline">
      <div className="lane-names" style={{ paddingTop: LANES_TOP }}>
        {LANE_NAMES.map((name, i) => (
          <span key={name} style={{ height: LANE_HEIGHT[i] }}>
            {name}
          </span>
        ))}
      </div>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Accesses, interrupts, link, faults and scenario over ${duration(stretch.to - stretch.from)}`}
        onWheel={wheel}
        onPointerDown={pick}
        onDoubleClick={() => setZoom(null)}
      />
      <div className="lane-side">
        {between !== null ? (
          <>
            <span className="dim">A to B</span>
            <b className="mono">{duration(Math.abs(between.ns))}</b>
            <span className="mono">{count(between.records)}</span>
            <span className="dim">{between.records === 1 ? 'record' : 'records'}</span>
          </>
        ) : (
          <>
            <span className="dim">{zoom === null ? 'in sight' : 'zoomed to'}</span>
            <b className="mono">{duration(stretch.to - stretch.from)}</b>
            {zoom === null ? (
              <span className="dim">wheel zooms</span>
            ) : (
              <button type="button" className="text-link" onClick={() => setZoom(null)}>
                show all
              </button>
            )}
          </>
        )}
      </div>
    </section>
  );
};
