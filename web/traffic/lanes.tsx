/** The timeline under the table: lanes on one canvas, redrawn a few times a second, never per record. */
import { type PointerEvent, type ReactElement, useEffect, useRef, useState, type WheelEvent } from 'react';
import type { RunView } from '#bus/api.ts';
import type { Sheet } from '../filter/sheets.ts';
import { useTheme } from '../ui/theme.ts';
import { useTick } from '../ui/use-tick.ts';
import { drawLanes, LANE_HEIGHT, LANE_NAMES, LANES_TOP } from './lane-drawing.ts';
import { type Lanes, lanesOf, nearestPosition, type Stretch, wholeStretch } from './lane-model.ts';
import { type Marks, span } from './markers.ts';
import { stepBoxes } from './step-boxes.ts';
import type { TrafficView } from './view.ts';
import { count, duration } from './words.ts';

const MOST_LIVE_NS = 60e9;
const LEAST_NS = 20e3;
/** Where lanes take long they rest so many times as long: the table has the frames. */
const REST = 40;

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
  const theme = useTheme();
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
  const counted = useRef<Counted | null>(null);
  const drawn = useRef<readonly unknown[]>([]);
  const due = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the turn is what redraws
  useEffect(() => {
    const element = canvas.current;
    if (element === null || width === 0) return;
    const { records } = view;
    // a turn on which nothing came costs nothing: to go through a million records takes as long as a frame
    const asked = [records, zoom, width, sheetOf, runs];
    const reach = [records.begin, records.end, stretch.from, stretch.to];
    const began = performance.now();
    const grew = !isSame(counted.current?.reach, reach) && began >= due.current;
    if (grew || !isSame(counted.current?.asked, asked)) {
      const steps = runs.flatMap((run) => stepBoxes(run, records));
      const lanes = lanesOf(records, stretch, Math.max(1, Math.floor(width / 3)), sheetOf, steps);
      counted.current = { asked, reach, lanes };
    }
    const shown = [counted.current, marks, selectedTime, theme];
    if (counted.current === null || isSame(drawn.current, shown)) return;
    drawn.current = shown;
    const { lanes } = counted.current;
    drawLanes(element, width, lanes, { marks, selectedTime, empty: records.end === records.begin });
    due.current = performance.now() + (performance.now() - began) * REST;
  }, [turn, width, zoom, view, marks, selectedTime, sheetOf, view.held, runs, theme]);

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

/** Lanes, and what they were counted for: what was asked, and how far the records reached. */
interface Counted {
  readonly asked: readonly unknown[];
  readonly reach: readonly unknown[];
  readonly lanes: Lanes;
}

const isSame = (a: readonly unknown[] | undefined, b: readonly unknown[]): boolean =>
  a !== undefined && a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
