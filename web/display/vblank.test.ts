/** Vertical blanks read off a trace: what the driver served, missed and flipped, and the strip that shows it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Trace } from '#bus/trace.ts';
import { DISPLAY } from '#datasheets/display.ts';
import { encode } from '#regmap/codec.ts';
import { TraceRing } from '../store/trace-ring.ts';
import { type StripGiven, stripCells, stripSentence } from './vblank-strip.ts';
import { VblankWatch } from './vblank-watch.ts';

const PERIOD_NS = 16_666_666;

/** A driver on a display whose vertical blank `n` begins at `n * PERIOD_NS`. */
const bench = () => {
  const trace = new Trace(8192);
  const ring = new TraceRing(8192);
  const watch = new VblankWatch('card0');
  const access = (op: 'read' | 'write', at: number, value: number, time: number, device = 'card0'): void =>
    void trace.record({ device, requester: 'drv', op, outcome: 'ok', time, at, value });
  return {
    watch,
    ring,
    access,
    /** What the driver reads when it serves an interrupt. */
    serve: (count: number, seenNs: number, is: { vblank?: boolean; flip?: number } = { vblank: true }): void => {
      const status = encode(DISPLAY.INT_STATUS, { VBLANK: is.vblank === true, FLIP_DONE: is.flip !== undefined });
      const stampNs = count * PERIOD_NS;
      access('read', DISPLAY.INT_STATUS.at, status, seenNs);
      access('read', DISPLAY.FLIP_COUNT.at, is.flip ?? 0, seenNs);
      access('read', DISPLAY.VBLANK_COUNT_LO.at, count % 2 ** 32, seenNs);
      access('read', DISPLAY.VBLANK_COUNT_HI.at, Math.floor(count / 2 ** 32), seenNs);
      access('read', DISPLAY.VBLANK_TIME_LO.at, stampNs % 2 ** 32, seenNs);
      access('read', DISPLAY.VBLANK_TIME_HI.at, Math.floor(stampNs / 2 ** 32), seenNs);
    },
    listen: (on: boolean, time: number): void =>
      access('write', DISPLAY.INT_ENABLE.at, encode(DISPLAY.INT_ENABLE, { VBLANK: on }), time),
    flip: (time: number, now = false): void =>
      access('write', DISPLAY.FLIP.at, encode(DISPLAY.FLIP, now ? { NOW: true } : { GO: true }), time),
    look: (): void => {
      ring.push({
        records: trace.slice(ring.lastSeq + 1),
        names: { from: { devices: 0, requesters: 0, texts: 0 }, ...trace.names },
      });
      watch.take(ring);
    },
    strip: (last: number): ReturnType<typeof stripCells> =>
      stripCells({
        anchor: watch.anchor ?? { count: 0, stampNs: 0 },
        periodNs: PERIOD_NS,
        last,
        served: watch.served,
        flips: watch.flips,
        listening: watch.listening,
      }),
  };
};

test('a vertical blank the driver served is told apart from one that is only counted', () => {
  const { serve, look, strip } = bench();
  serve(100, 100 * PERIOD_NS + 300_000);
  look();
  const cells = strip(103);
  expect(cells).toHaveLength(60);
  expect(cells.at(-4)).toMatchObject({ count: 100, atNs: 100 * PERIOD_NS, mark: 'served', servedAfterNs: 300_000 });
  expect(cells.at(-1)).toMatchObject({ count: 103, atNs: 103 * PERIOD_NS, mark: 'counted' });
});

test('what a listening driver never saw is missed; before it listens and just now nothing is', () => {
  const { serve, listen, look, strip } = bench();
  listen(true, 9.5 * PERIOD_NS);
  for (const count of [10, 11, 14]) serve(count, count * PERIOD_NS + 1e6);
  look();
  const marks = Object.fromEntries(strip(18).map(({ count, mark }) => [count, mark]));
  expect(marks).toMatchObject({ 9: 'counted', 10: 'served', 12: 'missed', 13: 'missed', 14: 'served', 15: 'missed' });
  expect([marks[16], marks[17], marks[18]]).toEqual(['counted', 'counted', 'counted']);
  listen(false, 14.5 * PERIOD_NS);
  look();
  expect(
    strip(18)
      .filter(({ mark }) => mark === 'missed')
      .map(({ count }) => count),
  ).toEqual([12, 13]);
});

test('one served after the next began is late', () => {
  const { serve, look, strip } = bench();
  serve(50, 51.2 * PERIOD_NS);
  look();
  expect(strip(52).find(({ count }) => count === 50)?.mark).toBe('late');
  expect(stripSentence(strip(52))).toBe('The last 52 vertical blanks: 0 flips, 1 served late');
});

test('a flip is on the strip where it was done, and the newest of a vertical blank counts', () => {
  const { serve, flip, look, strip, watch } = bench();
  flip(20.3 * PERIOD_NS);
  serve(21, 21.1 * PERIOD_NS, { vblank: true, flip: 21 });
  flip(21.4 * PERIOD_NS);
  serve(24, 24.1 * PERIOD_NS, { vblank: true, flip: 24 });
  flip(25.5 * PERIOD_NS, true);
  look();
  const flips = strip(26).flatMap(({ count, flip: of }) => (of === null ? [] : [[count, of.late, of.torn]]));
  // the one at once came after the late one, within the same vertical blank
  expect(flips).toEqual([
    [21, 0, false],
    [24, 0, true],
  ]);
  expect(watch.flipsPerSecond(26 * PERIOD_NS)).toBe(3);
  expect(watch.flipsPerSecond(26 * PERIOD_NS + 2e9)).toBe(0);
});

test('a flip done two vertical blanks after it could have been is two late', () => {
  const { serve, flip, look, strip } = bench();
  flip(21.4 * PERIOD_NS);
  serve(24, 24.1 * PERIOD_NS, { vblank: true, flip: 24 });
  look();
  expect(strip(26).find(({ count }) => count === 24)?.flip).toEqual({ late: 2, torn: false });
});

test('two flips asked for before either is done are one', () => {
  const { flip, look, watch } = bench();
  flip(1e6);
  flip(2e6);
  look();
  expect(watch.flips).toEqual([{ askedNs: 2e6, done: null, torn: false }]);
});

test('another device is none of its business, and looking again finds nothing twice', () => {
  const { serve, look, watch, access } = bench();
  serve(5, 5 * PERIOD_NS);
  access('write', DISPLAY.FLIP.at, 1, 7, 'card1');
  look();
  look();
  expect([watch.served.length, watch.flips.length]).toEqual([1, 0]);
});

test('a lab that begins anew is forgotten', () => {
  const { serve, look, watch, ring } = bench();
  serve(5, 5 * PERIOD_NS);
  look();
  ring.reset();
  watch.take(ring);
  expect([watch.served.length, watch.anchor]).toEqual([0, null]);
});

test('counts past 32 bits are whole', () => {
  const { serve, look, watch } = bench();
  serve(2 ** 32 + 7, 1e9);
  look();
  expect(watch.anchor).toEqual({ count: 2 ** 32 + 7, stampNs: (2 ** 32 + 7) * PERIOD_NS });
});

test('whatever the driver does, the strip has each vertical blank once, in order, and memory stays bounded', () => {
  const step = fc.record({
    kind: fc.constantFrom('serve', 'listen', 'deaf', 'flip', 'now'),
    after: fc.integer({ min: 0, max: 40 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 60 }), (steps, width) => {
      const { serve, listen, flip, look, watch } = bench();
      let time = 0;
      for (const { kind, after } of steps) {
        time += after * 1e6;
        const count = Math.floor(time / PERIOD_NS);
        if (kind === 'serve') serve(count, time, { vblank: true, flip: count });
        else if (kind === 'flip' || kind === 'now') flip(time, kind === 'now');
        else listen(kind === 'listen', time);
      }
      look();
      const last = Math.floor(time / PERIOD_NS) + 3;
      const given: StripGiven = {
        anchor: watch.anchor ?? { count: 0, stampNs: 0 },
        periodNs: PERIOD_NS,
        last,
        served: watch.served,
        flips: watch.flips,
        listening: watch.listening,
      };
      const cells = stripCells(given, width);
      expect(cells.map(({ count }) => count)).toEqual(
        Array.from({ length: Math.min(width, last) }, (_, i) => last - Math.min(width, last) + 1 + i),
      );
      expect(cells.every(({ atNs }, i) => i === 0 || atNs > cells[i - 1]!.atNs)).toBe(true);
      expect(cells.slice(-2).every(({ mark }) => mark !== 'missed')).toBe(true);
    }),
  );
});
