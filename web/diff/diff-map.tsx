/** The whole comparison beside the table, a line where something differs; a click goes there. */
import { type PointerEvent, type ReactElement, useMemo } from 'react';
import type { DiffRows } from './diff-rows.ts';

const LINES = 400;

export const DiffMap = ({
  rows,
  first,
  last,
  onPick,
}: {
  readonly rows: DiffRows;
  readonly first: number;
  readonly last: number;
  readonly onPick: (index: number) => void;
}): ReactElement => {
  const path = useMemo(
    () =>
      linesOf(rows)
        .map((line) => `M0 ${line + 0.5}h10`)
        .join(''),
    [rows],
  );
  const all = Math.max(1, rows.count);
  const pick = (event: PointerEvent<HTMLDivElement>): void => {
    const { top, height } = event.currentTarget.getBoundingClientRect();
    onPick(Math.min(all - 1, Math.floor(((event.clientY - top) / height) * all)));
  };
  return (
    <div className="diff-map" aria-hidden="true" onPointerDown={pick}>
      <svg viewBox={`0 0 10 ${LINES}`} preserveAspectRatio="none" role="presentation">
        <path d={path} />
      </svg>
      <i
        style={{
          top: `${(first / all) * 100}%`,
          height: `max(4px, ${((Math.min(last, all) - first) / all) * 100}%)`,
        }}
      />
    </div>
  );
};

/** Lines, of so many, on which something differs. */
const linesOf = (rows: DiffRows): readonly number[] => {
  const marked = new Uint8Array(LINES);
  const { differences } = rows;
  // more than a few thousand looks cost time and show nothing more
  const step = Math.max(1, Math.floor(differences / 4000));
  for (let nth = 0; nth < differences; nth += step) {
    const place = rows.difference(nth);
    if (place !== undefined) marked[Math.floor((rows.indexOf(place) / rows.count) * LINES)] = 1;
  }
  return [...marked.keys()].filter((line) => marked[line] === 1);
};
