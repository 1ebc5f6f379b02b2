/** The Traffic page: every access on the bus, live, filtered, folded, decoded; or the records of one run, or of a file. */
import './traffic.css';
import { type ReactElement, useEffect, useState } from 'react';
import { sentenceOf } from '../api.ts';
import { useLocation } from '../route.ts';
import { Link } from '../shell/link.tsx';
import { useLab } from '../store/lab-state.ts';
import { Empty } from '../ui/empty.tsx';
import { openServed, useOpened } from './opened.ts';
import { RecordingDrop } from './recording-opener.tsx';
import { LIVE, runSource, type Source } from './source.ts';
import { Traffic } from './traffic.tsx';

export const TrafficPage = (): ReactElement => {
  const run = runOf(useLocation());
  const [source, setSource] = useState<Source | { readonly run: number; readonly failed: string } | null>(null);
  useEffect(() => {
    if (run === null) return;
    let left = false;
    runSource(run).then(
      (found) => left || setSource(found),
      (error: unknown) => left || setSource({ run, failed: sentenceOf(error) }),
    );
    return () => {
      left = true;
    };
  }, [run]);
  const { source: opened } = useOpened();
  const alone = useLab((state) => state.phase === 'none');
  useEffect(() => void openServed(alone), [alone]);
  if (run === null)
    return (
      <>
        <RecordingDrop />
        {opened === null ? <Traffic key="live" source={LIVE} /> : <OpenedTraffic source={opened} />}
      </>
    );
  if (source === null || source.run !== run)
    return (
      <main className="page">
        <Empty title={`Fetching the records of run ${run}`} />
      </main>
    );
  if ('failed' in source)
    return (
      <main className="page">
        <Empty
          title={`The records of run ${run} cannot be shown`}
          actions={
            <>
              <Link to="/scenarios" className="btn">
                Back to the scenarios
              </Link>
              <Link to="/traffic" className="btn">
                Live traffic
              </Link>
            </>
          }
        >
          {source.failed}
        </Empty>
      </main>
    );
  return <Traffic key={run} source={source} />;
};

/** Everything begins anew with another file or section. */
const OpenedTraffic = ({ source }: { source: Source }): ReactElement => (
  <Traffic key={`${source.opened?.file} ${source.opened?.nth}`} source={source} />
);

const runOf = (location: string): number | null => {
  const asked = new URLSearchParams(location.split('?')[1] ?? '').get('run');
  return asked !== null && /^\d{1,9}$/.test(asked) ? Number(asked) : null;
};
