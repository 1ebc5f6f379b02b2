/** What happened lately, newest first: faults, interrupts, links, drivers, scenarios; never single accesses. */
import type { ReactElement } from 'react';
import type { TraceOp } from '#bus/trace.ts';
import { Link } from '../shell/link.tsx';
import type { Happening, HappeningKind } from '../store/happenings.ts';
import { useLab } from '../store/lab-state.ts';
import { clockTime, clockTimeMs, count } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { OpTag } from '../ui/op-tag.tsx';

const SHOWN = 60;

export const WhatHappened = (): ReactElement => {
  const happenings = useLab((state) => state.happenings);
  return (
    <section className="faceplate happenings" aria-label="What happened">
      <header className="head">
        <h2>What happened</h2>
        <Link className="btn quiet at-end" to="/traffic">
          Traffic <Icon name="right" />
        </Link>
      </header>
      {happenings.length === 0 ? (
        <p className="dim happenings-none">
          Nothing yet: faults, interrupts, links, drivers and scenarios are listed here.
        </p>
      ) : (
        <ol>
          {happenings
            .slice(-SHOWN)
            .reverse()
            .map((happening) => (
              <Row key={happening.id} happening={happening} />
            ))}
        </ol>
      )}
    </section>
  );
};

const TAGS: Readonly<Record<HappeningKind, readonly [op: TraceOp, word?: string]>> = {
  fault: ['fault'],
  cleared: ['note', 'CLEAR'],
  irq: ['irq'],
  note: ['note'],
  up: ['note', 'LINK'],
  down: ['fault', 'LINK'],
  driver: ['note', 'DRIVER'],
  run: ['note', 'RUN'],
  log: ['note', 'LOG'],
};

const Row = ({ happening: { time, kind, device, text, seq, row } }: { happening: Happening }): ReactElement => {
  const [op, word] = TAGS[kind];
  const words = (
    <>
      {device !== '' && <b>{device} </b>}
      {text}
      {row !== undefined && (
        <span className="dim">
          {' '}
          {count(row.times)} times until {clockTime(row.until)}
        </span>
      )}
    </>
  );
  return (
    <li>
      <time className="mono dim">{clockTimeMs(time)}</time>
      <OpTag op={op} {...(word === undefined ? {} : { word })} />
      {seq === null ? (
        <span>{words}</span>
      ) : (
        <Link to={`/traffic?filter=${encodeURIComponent(`seq in {${Math.max(1, seq - 20)}..${seq + 20}}`)}`}>
          {words}
        </Link>
      )}
    </li>
  );
};
