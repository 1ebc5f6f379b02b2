/** A latching bit over the last half minute: its level, where the latch holds, who read it, what the next read returns. */
import { type ReactElement, useEffect, useState } from 'react';
import { lab, labNow, trace } from '../store/lab-state.ts';
import { useTick } from '../ui/use-tick.ts';
import { LatchHistory, latchPicture } from './latch-history.ts';

const WIDTH = 340;
const HEIGHT = 24;

export const LatchStrip = (props: {
  readonly device: string;
  readonly at: number;
  readonly name: string;
  readonly bit: number;
  readonly low: boolean;
  readonly level: number;
  readonly next: number;
}): ReactElement => {
  useTick();
  const { device, at, name, bit, low, level, next } = props;
  const [history] = useState(() => new LatchHistory());
  useEffect(() => {
    let position = Math.max(trace.begin, trace.end - 5000);
    const take = (): void => {
      const index = trace.names.devices.indexOf(device);
      for (position = Math.max(position, trace.begin); position < trace.end; position++) {
        const offset = trace.offsetOf(position);
        if (trace.view.getUint32(offset + 16, true) !== at || trace.view.getUint8(offset + 6) !== 0) continue;
        if (trace.view.getUint8(offset + 4) === index) history.read(trace.view.getFloat64(offset + 8, true) / 1e9);
      }
    };
    take();
    return trace.subscribe(take);
  }, [history, device, at]);
  const of = (raw: number): 0 | 1 => (((raw >>> bit) & 1) === 1 ? 1 : 0);
  useEffect(() => {
    history.note(lab.state.now / 1e9, of(level), of(next));
  });
  const { line, held, reads } = latchPicture(history, labNow() / 1e9, WIDTH, HEIGHT);
  return (
    <figure className="latch">
      <figcaption className="dim">
        {name}, latching {low ? 'low' : 'high'}, the last {history.windowSeconds} s
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT + 14}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name}: level ${of(level)}, next read returns ${of(next)}, ${reads.length} reads`}
      >
        <path d={line} transform="translate(0 6)" />
        {held.map(({ from, to }) => (
          <rect key={from} className="latch-held" x={from} y={HEIGHT + 8} width={Math.max(1.5, to - from)} height={4} />
        ))}
        {reads.map((x, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: marks on a moving strip have no identity of their own
          <path key={i} className="latch-read" d={`M${x.toFixed(1)} 0l3 5h-6z`} />
        ))}
      </svg>
      <p className="latch-legend">
        <span>
          <i className="is-level" /> level
        </span>
        <span>
          <i className="is-held" /> latched {low ? 0 : 1}
        </span>
        <span>
          <i className="is-read" /> read
        </span>
        <span className="at-end">
          next read returns <b>{of(next)}</b>
        </span>
      </p>
    </figure>
  );
};
