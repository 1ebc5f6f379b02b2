/** Runs of one scenario, newest first; two picked ones are compared. */
import type { ReactElement } from 'react';
import type { RunView } from '#bus/api.ts';
import { milliseconds, standingOf } from './scenario-words.ts';
import { VerdictTag } from './verdict-tag.tsx';

export const RunHistory = ({
  runs,
  shown,
  picked,
  onShow,
  onPick,
}: {
  runs: readonly RunView[];
  shown: number | null;
  /** At most two: A, then B. */
  picked: readonly number[];
  onShow: (run: number) => void;
  onPick: (run: number) => void;
}): ReactElement => (
  <section className="faceplate history" aria-label="History">
    <header className="head">
      <h2>History</h2>
      <span className="dim">pick two to compare</span>
    </header>
    <div className="history-list">
      <table className="table">
        <thead>
          <tr>
            <th>
              <span className="unseen">compare</span>
            </th>
            <th className="right">run</th>
            <th className="right">seed</th>
            <th>verdict</th>
            <th className="right">took</th>
            <th>mode</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => {
            const place = picked.indexOf(run.run);
            return (
              <tr key={run.run} aria-selected={run.run === shown} data-picked={place >= 0 || undefined}>
                <td>
                  <button
                    type="button"
                    className="pick"
                    aria-pressed={place >= 0}
                    aria-label={`Compare run ${run.run}`}
                    onClick={() => onPick(run.run)}
                  >
                    {place < 0 ? '' : 'AB'[place]}
                  </button>
                </td>
                <td className="right mono">
                  <button type="button" className="text-link" onClick={() => onShow(run.run)}>
                    {run.run}
                  </button>
                </td>
                <td className="right mono">{run.seed}</td>
                <td>
                  <VerdictTag standing={standingOf(run)} />
                </td>
                <td className="right mono">{milliseconds(run.virtualMs)}</td>
                <td className="mid">{run.mode}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {runs.length === 0 && <p className="dim history-none">It has not run yet.</p>}
    </div>
  </section>
);
