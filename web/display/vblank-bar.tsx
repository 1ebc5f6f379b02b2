/** The last sixty vertical blanks as a strip of marks: height and colour say what the driver made of each. */
import type { ReactElement } from 'react';
import { count as countText } from '../ui/format.ts';
import type { Vblanks } from './use-vblanks.ts';
import { type BlankCell, STRIP_CELLS, stripSentence } from './vblank-strip.ts';

const STEP = 10;
const HEIGHT = 26;

export const VblankBar = ({
  vblanks,
  panickedAtNs,
}: {
  vblanks: Vblanks;
  panickedAtNs: number | null;
}): ReactElement => {
  const { cells } = vblanks;
  const after = panickedAtNs === null ? -1 : cells.findIndex(({ atNs }) => atNs >= panickedAtNs);
  const panicCell = after > 0 ? after : -1; // at 0 it was before the first that is shown
  return (
    <div className="vblanks">
      <span className="dim vblanks-title">last {STRIP_CELLS} vblanks</span>
      <svg
        viewBox={`0 0 ${STRIP_CELLS * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={cells.length === 0 ? 'No vertical blanks: nothing is scanned out' : stripSentence(cells)}
      >
        {cells.map((cell, i) => (
          <Mark key={cell.count} cell={cell} x={(STRIP_CELLS - cells.length + i) * STEP} />
        ))}
        {panicCell >= 0 && (
          <rect
            className="blank-panic"
            x={(STRIP_CELLS - cells.length + panicCell) * STEP + 1}
            y={0}
            width={3}
            height={HEIGHT}
          />
        )}
      </svg>
      <Key cells={cells} />
    </div>
  );
};

const Mark = ({ cell, x }: { cell: BlankCell; x: number }): ReactElement => {
  const { mark, flip } = cell;
  const top = mark === 'counted' ? 17 : 8;
  return (
    <g className="blank" data-mark={mark}>
      <title>{titleOf(cell)}</title>
      <rect className="blank-ground" x={x} y={0} width={STEP} height={HEIGHT} />
      <rect className="blank-line" x={x + 3.5} y={top} width={mark === 'missed' ? 4 : 2.5} height={HEIGHT - top - 1} />
      {flip !== null && (
        <rect
          className="blank-flip"
          data-late={flip.late > 0 || undefined}
          x={x + 1.5}
          y={1}
          width={6.5}
          height={flip.late > 0 ? 6 : 4}
        />
      )}
    </g>
  );
};

const titleOf = ({ count, mark, servedAfterNs, flip }: BlankCell): string => {
  const ms = servedAfterNs === null ? '' : ` after ${(servedAfterNs / 1e6).toFixed(2)} ms`;
  const said = {
    counted: 'counted, nobody listened',
    served: `served${ms}`,
    late: `served late${ms}`,
    missed: 'missed: the driver listened and never saw it',
  }[mark];
  const flipped =
    flip === null
      ? ''
      : flip.torn
        ? '; a flip at once'
        : flip.late > 0
          ? `; flip done ${flip.late} late`
          : '; flip done';
  return `vblank ${countText(count)}: ${said}${flipped}`;
};

const Key = ({ cells }: { cells: readonly BlankCell[] }): ReactElement => {
  const missed = cells.filter(({ mark }) => mark === 'missed').length;
  const late = cells.filter(({ mark, flip }) => mark === 'late' || (flip?.late ?? 0) > 0).length;
  const flips = cells.filter(({ flip }) => flip !== null).length;
  return (
    <ul className="vblanks-key">
      <li>
        <i className="key-flip" />
        {flips} {flips === 1 ? 'flip' : 'flips'}
      </li>
      <li data-on={late > 0 || undefined}>
        <i className="key-late" />
        {late} late
      </li>
      <li data-on={missed > 0 || undefined}>
        <i className="key-missed" />
        {missed} missed
      </li>
    </ul>
  );
};
