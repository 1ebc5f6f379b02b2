/** The tags of each hardware queue as a ladder of lamps: lit are those in flight. */
import type { ReactElement } from 'react';
import type { BlockPanel } from '#bus/block-panel.ts';

/** A deeper queue has several tags to a lamp. */
const LAMPS = 64;

export const TagLadders = ({ panel, most = 64 }: { panel: BlockPanel; most?: number }): ReactElement => {
  const shown = panel.queues.slice(0, most);
  return (
    <ul className="ladders" aria-label="Tags in use by hardware queue">
      {shown.map(({ kind, inFlight, depth }, queue) => {
        const lamps = Math.min(LAMPS, depth);
        const lit = depth === 0 ? 0 : Math.ceil((inFlight / depth) * lamps);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a hardware queue is its number
          <li key={queue} title={`hardware queue ${queue}, ${kind}: ${inFlight} of ${depth} tags in flight`}>
            <span className="ladder-name">
              {kind === 'poll' ? 'poll' : 'hctx'} {queue}
            </span>
            <svg viewBox={`0 0 ${Math.max(1, lamps) * 10} 10`} preserveAspectRatio="none" aria-hidden="true">
              <path className="unlit" d={row(lit, lamps)} />
              <path className="lit" data-full={lit === lamps || undefined} d={row(0, lit)} />
            </svg>
            <span className="ladder-count">
              {inFlight} <span className="dim">of {depth}</span>
            </span>
          </li>
        );
      })}
      {panel.queues.length > shown.length && <li className="dim">and {panel.queues.length - shown.length} more</li>}
    </ul>
  );
};

const row = (from: number, to: number): string =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => `M${(from + i) * 10 + 1} 0h8v10h-8z`).join('');
