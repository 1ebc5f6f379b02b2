/** Bad blocks along the whole device, and the way to make more and to heal them. */
import { type ReactElement, useState } from 'react';
import type { BlockPanel } from '#bus/block-panel.ts';
import { api } from '../api.ts';
import { Button, CommandButton, useCommand } from '../ui/button.tsx';
import { count } from '../ui/format.ts';

/** The smallest mark, in thousandths of the device. */
const LEAST = 3;

export const BadBlockMap = ({ device, panel }: { device: string; panel: BlockPanel }): ReactElement => {
  const { badBlocks, capacitySectors } = panel;
  const sectors = badBlocks.reduce((sum, { length }) => sum + length, 0);
  const scale = capacitySectors === 0 ? 0 : 1000 / capacitySectors;
  return (
    <section className="faceplate block-bad" aria-label="Bad blocks">
      <header className="head">
        <h2>
          Bad blocks
          <small>{sectors === 0 ? 'none' : `${count(sectors)} sectors in ${badBlocks.length} of 512 ranges`}</small>
        </h2>
        {sectors > 0 && (
          <span className="at-end">
            <CommandButton look="quiet" command={() => api.control(device, 'clear-badblocks')}>
              Heal all
            </CommandButton>
          </span>
        )}
      </header>
      <div className="bad-body">
        <svg
          viewBox="0 0 1000 20"
          preserveAspectRatio="none"
          role="img"
          aria-label={`${badBlocks.length} bad ranges on ${count(capacitySectors)} sectors`}
        >
          <rect className="bad-ground" width="1000" height="20" />
          {badBlocks.map(({ start, length }) => (
            <rect
              key={start}
              className="bad-mark"
              x={Math.min(1000 - LEAST, start * scale)}
              width={Math.max(LEAST, length * scale)}
              height="20"
            />
          ))}
        </svg>
        <div className="bad-axis mono dim">
          <span>0</span>
          <span>sector {count(capacitySectors)}</span>
        </div>
        <Mark device={device} power={panel.power} />
        <ul className="bad-list">
          {badBlocks.map(({ start, length }) => (
            <li key={start} className="chip">
              <span className="mono">
                {start}-{start + length - 1}
              </span>
              <CommandButton
                look="quiet"
                aria-label={`Heal sectors ${start} to ${start + length - 1}`}
                command={() => api.writeAttributes(device, { badblocks: `-${start}-${start + length - 1}` })}
              >
                heal
              </CommandButton>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
};

/** As `badblocks` takes it: first and last sector. */
const Mark = ({ device, power }: { device: string; power: boolean }): ReactElement => {
  const [range, setRange] = useState('');
  const { busy, refused, run } = useCommand();
  return (
    <form
      className="bad-form"
      onSubmit={(event) => {
        event.preventDefault();
        void run(() => api.writeAttributes(device, { badblocks: `+${range.trim()}` }));
      }}
    >
      <label>
        <span className="unseen">First and last sector to make bad</span>
        <input
          className="field"
          placeholder="first-last, as 8192-8199"
          value={range}
          onChange={(event) => setRange(event.target.value)}
        />
      </label>
      <Button type="submit" disabled={busy || range.trim() === '' || !power}>
        Make bad
      </Button>
      {refused !== null && (
        <span className="refused" role="alert">
          {refused}
        </span>
      )}
    </form>
  );
};
