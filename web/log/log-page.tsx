/** The kernel log: what drivers and the lab say, filtered, followed while the end is in sight. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import { LOG_LEVELS, type LogLevel, type LogLine } from '#bus/api.ts';
import { setShown, useLab } from '../store/lab-state.ts';
import { Button, Key } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { count, dmesgTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { type KeyMeaning, useKeys } from '../ui/keys.ts';
import { facilitiesOf, filterLines, printLine } from './log-lines.ts';
import './log.css';

const ROW_PX = 22;

export const LogPage = (): ReactElement => {
  const lines = useLab((state) => state.log);
  const forgotten = useLab((state) => state.logForgotten);
  const [level, setLevel] = useState<LogLevel>('debug');
  const [facility, setFacility] = useState('');
  const [text, setText] = useState('');
  const [follow, setFollow] = useState(true);
  const shown = useMemo(() => filterLines(lines, { level, facility, text }), [lines, level, facility, text]);
  const scroll = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 20,
  });
  const size = rows.getTotalSize();
  useEffect(() => {
    if (follow && size > 0) scroll.current?.scrollTo({ top: size });
  }, [follow, size]);
  useEffect(() => {
    setShown(shown.length);
    return () => setShown(null);
  }, [shown.length]);
  const keys = useMemo<readonly KeyMeaning[]>(
    () => [
      { key: '/', label: '/', meaning: 'Search the log', press: () => search.current?.focus() },
      { key: 'g', label: 'G', meaning: 'Follow the log', press: () => setFollow(true) },
    ],
    [],
  );
  useKeys(keys);
  return (
    <main className="page log-page">
      <h1 className="unseen">Kernel log</h1>
      <section className="faceplate log" aria-label="Kernel log">
        <header className="head">
          <h2>
            Kernel log<small>{countWords(shown.length, lines.length, forgotten)}</small>
          </h2>
          <label className="log-choice at-end">
            <span className="dim">level</span>
            <select className="field" value={level} onChange={(event) => setLevel(levelOf(event.target.value))}>
              {LOG_LEVELS.map((name) => (
                <option key={name} value={name}>
                  {name === 'debug' ? 'debug, all' : `${name} and worse`}
                </option>
              ))}
            </select>
          </label>
          <label className="log-choice">
            <span className="dim">module</span>
            <select className="field" value={facility} onChange={(event) => setFacility(event.target.value)}>
              <option value="">all</option>
              {facilitiesOf(lines).map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <input
            ref={search}
            className="field log-search"
            type="search"
            placeholder="search"
            aria-label="Search the log"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <Button aria-pressed={follow} look={follow ? 'plain' : 'primary'} onClick={() => setFollow(!follow)}>
            <Icon name={follow ? 'down' : 'pause'} />
            {follow ? 'Following' : 'Follow'} <Key>G</Key>
          </Button>
        </header>
        {shown.length === 0 ? (
          <NoLines all={lines.length} onClear={() => [setLevel('debug'), setFacility(''), setText('')]} />
        ) : (
          <div
            ref={scroll}
            className="log-scroll"
            role="log"
            aria-live="off"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
            tabIndex={0}
            onScroll={({ currentTarget: at }) => setFollow(at.scrollHeight - at.scrollTop - at.clientHeight < ROW_PX)}
          >
            <ol style={{ height: size }}>
              {rows.getVirtualItems().map(({ index, start }) => {
                const line = shown[index];
                return line === undefined ? null : <Line key={line.seq} line={line} top={start} />;
              })}
            </ol>
          </div>
        )}
      </section>
    </main>
  );
};

const Line = ({ line, top }: { line: LogLine; top: number }): ReactElement => (
  <li data-level={line.level} style={{ transform: `translateY(${top}px)` }} title={printLine(line)}>
    <span className="dim">[{dmesgTime(line.time)}]</span>
    <span className="log-level">{line.level}</span>
    <span className="log-facility">{line.facility}</span>
    <span className="log-text">{line.text}</span>
  </li>
);

const NoLines = ({ all, onClear }: { all: number; onClear: () => void }): ReactElement =>
  all === 0 ? (
    <Empty title="The log is empty">Drivers and the lab write here. Load a driver to see its first words.</Empty>
  ) : (
    <Empty
      title={`The filter hides ${count(all)} lines`}
      actions={<Button onClick={onClear}>Clear the filter</Button>}
    />
  );

const countWords = (shown: number, all: number, forgotten: number): string =>
  `${shown === all ? count(all) : `${count(shown)} of ${count(all)}`} lines${forgotten > 0 ? `, ${count(forgotten)} older ones gone` : ''}`;

const levelOf = (name: string): LogLevel => LOG_LEVELS.find((level) => level === name) ?? 'debug';
