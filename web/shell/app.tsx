/** The frame of every page: top bar, the page the path names, the capture strip. */
import { Component, type ReactElement, type ReactNode, Suspense, useEffect } from 'react';
import { BenchPage } from '../bench/bench-page.tsx';
import { DriversPage } from '../drivers/drivers-page.tsx';
import { LogPage } from '../log/log-page.tsx';
import { useLocation, useRoute } from '../route.ts';
import { useLab } from '../store/lab-state.ts';
import { Empty } from '../ui/empty.tsx';
import { CaptureStrip } from './capture-strip.tsx';
import { KeysSheet } from './keys-sheet.tsx';
import { Link } from './link.tsx';
import { NoLab } from './no-lab.tsx';
import { DevicePage, DiffPage, MicroPage, PanicPage, ScenariosPage, TrafficPage } from './pages.ts';
import { TopBar } from './top-bar.tsx';

export const App = (): ReactElement => {
  const phase = useLab((state) => state.phase);
  const announcement = useLab((state) => state.announcement);
  const path = useLocation().split('?')[0];
  useStillWhenHidden();
  return (
    <div className="frame" data-phase={phase}>
      <TopBar />
      <Guard key={path}>
        <Suspense fallback={<main className="page" aria-busy="true" />}>
          <Page />
        </Suspense>
      </Guard>
      <CaptureStrip />
      <KeysSheet />
      <p className="unseen" role="status" aria-live="polite">
        {announcement}
      </p>
    </div>
  );
};

const Page = (): ReactElement => {
  const route = useRoute();
  useEffect(() => {
    document.title = `${TITLES[route.page] ?? (route.page === 'device' ? route.device : route.page === 'micro' ? `8051 of ${route.device}` : 'Not found')} - Ferrolab`;
  }, [route]);
  const none = useLab((state) => state.phase === 'none');
  if (none && !WITHOUT_LAB.has(route.page)) return <NoLab />;
  switch (route.page) {
    case 'bench':
      return <BenchPage />;
    case 'device':
      return <DevicePage key={route.device} device={route.device} />;
    case 'micro':
      return <MicroPage key={route.device} device={route.device} />;
    case 'traffic':
      return <TrafficPage />;
    case 'diff':
      return <DiffPage />;
    case 'scenarios':
      return <ScenariosPage />;
    case 'log':
      return <LogPage />;
    case 'drivers':
      return <DriversPage />;
    case 'panic':
      return <PanicPage />;
    case 'unknown':
      return (
        <main className="page">
          <Empty
            title={`Nothing lives at ${route.path}`}
            actions={
              <Link to="/" className="btn">
                Go to the bench
              </Link>
            }
          />
        </main>
      );
  }
};

/** Pages that need no lab. */
const WITHOUT_LAB: ReadonlySet<string> = new Set(['traffic', 'diff', 'panic', 'unknown']);

const TITLES: Readonly<Record<string, string>> = {
  bench: 'Bench',
  traffic: 'Traffic',
  diff: 'Compare recordings',
  scenarios: 'Scenarios',
  log: 'Kernel log',
  drivers: 'Drivers',
  panic: 'Panic decoder',
};

/** A page that throws while drawing says so in its place; the rest of the frame lives on. */
class Guard extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <main className="page">
        <Empty
          title="This page could not be drawn"
          actions={
            <button type="button" className="btn" onClick={() => this.setState({ error: null })}>
              Draw it again
            </button>
          }
        >
          {error.message}
        </Empty>
      </main>
    );
  }
}

/** Nothing moves by itself in a tab nobody looks at. */
const useStillWhenHidden = (): void =>
  useEffect(() => {
    const mark = (): void => void document.documentElement.toggleAttribute('data-still', document.hidden);
    mark();
    document.addEventListener('visibilitychange', mark);
    return () => document.removeEventListener('visibilitychange', mark);
  }, []);
