/** The lanes of one run: its own records when it was virtual, its part of the lab's when it was live. */
import { type ReactElement, useEffect, useRef, useState } from 'react';
import type { RunView } from '#bus/api.ts';
import { sheetOf } from '../filter/sheets.ts';
import { trace } from '../store/lab-state.ts';
import { drawLanes, LANE_HEIGHT, LANE_NAMES, LANES_TOP } from '../traffic/lane-drawing.ts';
import { lanesOf, type Stretch, wholeStretch } from '../traffic/lane-model.ts';
import { NO_MARKS } from '../traffic/markers.ts';
import type { Records } from '../traffic/records.ts';
import { stepBoxes } from '../traffic/step-boxes.ts';
import { useTick } from '../ui/use-tick.ts';
import { useRunRecords } from './recordings.ts';

const LAB = { kindOf: () => undefined, devices: [], requesters: [] };
const sheetFor = (device: string) => sheetOf(LAB, device);

export const RunLanes = ({ run }: { run: RunView }): ReactElement => {
  const fetched = useRunRecords(run);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const turn = useTick();
  const recorded: Records | null = fetched !== null && 'ring' in fetched ? fetched.ring : null;
  const records = run.mode === 'live' ? trace : recorded;
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const watch = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the turn redraws what is still running, and after a change of theme
  useEffect(() => {
    const element = canvas.current;
    if (element === null || width === 0) return;
    const empty = records === null || records.end === records.begin;
    const stretch = records === null ? { from: 0, to: 1e9 } : stretchOf(run, records);
    const from: Records = records ?? trace;
    const lanes = lanesOf(
      empty ? NOTHING(from) : from,
      stretch,
      Math.max(1, Math.floor(width / 3)),
      sheetFor,
      stepBoxes(run, records),
    );
    drawLanes(element, width, lanes, { marks: NO_MARKS, selectedTime: null, empty });
  }, [turn, width, records, run]);
  return (
    <figure className="run-lanes">
      <div className="lane-names" style={{ paddingTop: LANES_TOP }}>
        {LANE_NAMES.map((name, i) => (
          <span key={name} style={{ height: LANE_HEIGHT[i] }}>
            {name}
          </span>
        ))}
      </div>
      <canvas ref={canvas} role="img" aria-label={`Run ${run.run} on its time axis`} />
      {fetched !== null && 'failed' in fetched && <figcaption className="dim">{fetched.failed}</figcaption>}
    </figure>
  );
};

/** A live run is the stretch of the lab's time that its steps cover. */
const stretchOf = (run: RunView, records: Records): Stretch => {
  if (run.mode === 'virtual') return wholeStretch(records, Number.POSITIVE_INFINITY);
  const seqs = run.steps.flatMap(({ firstSeq, lastSeq }) => [firstSeq, lastSeq]).filter((seq) => seq !== null);
  const first = records.at(records.positionOf(Math.min(...seqs)));
  const last =
    run.state === 'running' ? records.at(records.end - 1) : records.at(records.positionOf(Math.max(...seqs)));
  if (first === undefined || last === undefined) return wholeStretch(records, 10e9);
  return { from: first.time, to: Math.max(last.time, first.time + 1e6) };
};

const NOTHING = (records: Records): Records => ({
  ...records,
  begin: 0,
  end: 0,
  names: records.names,
  view: records.view,
  gaps: [],
  offsetOf: () => 0,
  at: () => undefined,
  seqAt: () => 0,
  positionOf: () => 0,
});
