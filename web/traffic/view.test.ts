/** The traffic view: following, standing still, catching up, starting anew. */
import { expect, test } from 'vitest';
import { Trace } from '#bus/trace.ts';
import { TraceRing } from '../store/trace-ring.ts';
import { TrafficView } from './view.ts';

const bench = () => {
  const trace = new Trace();
  const ring = new TraceRing(100);
  const frames: (() => void)[] = [];
  const view = new TrafficView({
    ring,
    sheetOf: () => undefined,
    nextFrame: (draw) => {
      frames.push(draw);
      return () => void frames.splice(frames.indexOf(draw), 1);
    },
  });
  const stop = view.start();
  const draw = (): void => {
    for (const frame of frames.splice(0)) frame();
  };
  const play = (n: number): void => {
    const since = trace.last + 1;
    for (let i = 0; i < n; i++)
      trace.record({ device: 'phy0', requester: 'r', op: 'read', outcome: 'ok', time: i, at: 3 * i, value: i });
    ring.push({
      records: trace.slice(since),
      names: { from: { devices: 0, requesters: 0, texts: 0 }, ...trace.names },
    });
  };
  draw();
  return { ring, view, frames, draw, play, stop };
};

test('many batches between two pictures are drawn once', () => {
  const { view, frames, draw, play } = bench();
  const before = view.version;
  for (let i = 0; i < 5; i++) play(10);
  expect(frames.length).toBe(1);
  draw();
  expect(view.version).toBe(before + 1);
  expect(view.rows.count).toBe(50);
});

test('a held view stands still, counts what came, and catches up without a hole', () => {
  const { view, draw, play } = bench();
  play(40);
  draw();
  view.hold();
  play(30);
  draw();
  expect([view.rows.count, view.waiting]).toEqual([40, 30]);
  view.follow();
  expect([view.rows.count, view.waiting]).toEqual([70, 0]);
});

test('what was held stays readable when the ring has gone on far beyond it', () => {
  const { ring, view, play } = bench();
  play(40);
  view.hold();
  play(90);
  play(90);
  expect(ring.at(5)).toBeUndefined();
  expect(view.records.at(5)?.seq).toBe(6);
  view.follow();
  expect(view.rows.at(0)).toMatchObject({ kind: 'gap', gap: { why: 'aged', count: 80 } });
});

test('records that arrive while holding begins are in the held view', () => {
  const { view, play } = bench();
  play(10);
  view.hold();
  expect(view.rows.count).toBe(10);
});

test('another filter is asked of all that is held', () => {
  const { view, draw, play } = bench();
  play(50);
  draw();
  view.setTest((record) => record.value >= 45);
  expect(view.rows.count).toBe(5);
  expect([view.fold.matched, view.fold.seen]).toEqual([5, 50]);
});

test('another lab session begins with an empty table, even when held', () => {
  const { ring, view, draw, play } = bench();
  play(50);
  draw();
  view.hold();
  ring.reset();
  draw();
  expect([view.rows.count, view.held]).toEqual([0, false]);
});

test('after it stops nothing is drawn', () => {
  const { view, frames, play, stop } = bench();
  stop();
  play(5);
  expect(frames.length).toBe(0);
  expect(view.rows.count).toBe(0);
});

test('a view of records that stand still is held without a copy of them', () => {
  const { ring, play } = bench();
  play(10);
  const view = new TrafficView({ ring, sheetOf: () => undefined, nextFrame: () => () => {}, still: true });
  view.hold();
  expect([view.held, view.records, view.rows.count]).toEqual([true, ring, 10]);
});
