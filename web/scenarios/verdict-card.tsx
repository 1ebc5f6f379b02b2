/** How a run ended, in one sentence: what was expected, what was found, whose it is. */
import type { ReactElement } from 'react';
import type { RunView } from '#bus/api.ts';
import { api } from '../api.ts';
import { Link } from '../shell/link.tsx';
import { CommandButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { useTick } from '../ui/use-tick.ts';
import { accessesPath, accessesText, failedStep, since, standingOf, WHOSE } from './scenario-words.ts';
import { VerdictTag } from './verdict-tag.tsx';

export const VerdictCard = ({ run, onStarted }: { run: RunView; onStarted: (run: RunView) => void }): ReactElement => {
  useTick();
  const failed = failedStep(run);
  return (
    <section
      className="faceplate verdict-card"
      data-standing={standingOf(run)}
      aria-label={`Verdict of run ${run.run}`}
    >
      <header className="head">
        <h2>Run {run.run}</h2>
        <VerdictTag standing={standingOf(run)} />
        <span className="dim at-end">
          seed {run.seed}, {since(run.startedAt, Date.now())}
        </span>
      </header>
      <div className="verdict-body">
        <p className="verdict-reason">
          {run.reason ?? (run.verdict === 'pass' ? 'Everything came as expected.' : 'It was stopped.')}
        </p>
        <dl>
          {failed !== undefined && (
            <>
              <dt>expected</dt>
              <dd>{failed.expected ?? failed.title}</dd>
              <dt>found</dt>
              <dd>{failed.found ?? 'nothing'}</dd>
            </>
          )}
          {run.evidence != null && (
            <>
              <dt>evidence</dt>
              <dd>
                <Link to={accessesPath(run, run.evidence.seq, run.evidence.seq)} className="text-link mono">
                  {run.evidence.text}
                </Link>
              </dd>
            </>
          )}
          {run.verdict !== null && (
            <>
              <dt>whose</dt>
              <dd>{WHOSE[run.verdict]}</dd>
            </>
          )}
        </dl>
        <div className="row">
          <CommandButton
            look="primary"
            command={async () =>
              onStarted(await api.startRun({ scenario: run.scenario, mode: run.mode, seed: run.seed }))
            }
          >
            <Icon name="play" />
            Run again, seed {run.seed}
          </CommandButton>
          {failed !== undefined && failed.firstSeq !== null && failed.lastSeq !== null && (
            <Link to={accessesPath(run, failed.firstSeq, failed.lastSeq)} className="btn">
              Open {accessesText(failed.firstSeq, failed.lastSeq)}
            </Link>
          )}
          {run.mode === 'virtual' && failed === undefined && (
            <Link to={`/traffic?run=${run.run}`} className="btn">
              Open its traffic
            </Link>
          )}
        </div>
      </div>
    </section>
  );
};
