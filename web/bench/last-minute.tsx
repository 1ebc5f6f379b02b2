/** Accesses a second over the last minute, by operation. */
import { type ReactElement, useSyncExternalStore } from 'react';
import { ACCESSES } from '../store/feed.ts';
import { samples } from '../store/lab-state.ts';
import { count } from '../ui/format.ts';
import { OpTag } from '../ui/op-tag.tsx';
import { Sparkline } from '../ui/readout.tsx';

const OPS = ['read', 'write', 'irq', 'fault'] as const;

export const LastMinute = (): ReactElement => {
  useSyncExternalStore(samples.subscribe, () => samples.version);
  const { readings } = samples.of(ACCESSES);
  return (
    <section className="faceplate last-minute" aria-label="The last minute, accesses per second">
      <header className="head">
        <h2>
          The last minute<small>accesses per second</small>
        </h2>
      </header>
      <div className="last-minute-rows">
        {OPS.map((op) => {
          const points = readings[op] ?? [];
          return (
            <div key={op}>
              <OpTag op={op} />
              <Sparkline points={points} floor={5} />
              <span className="mono">{count(points.at(-1) ?? 0)}/s</span>
            </div>
          );
        })}
      </div>
    </section>
  );
};
