import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import type { FrameScale } from '#bus/frame-wire.ts';
import { DISPLAY } from '#datasheets/display.ts';
import { Display } from '#devices/display/display.ts';
import { paint, Screen, setMode } from './display-under-test.ts';
import { Rounds } from './rounds.ts';
import { Viewer } from './viewer.ts';

/** A display and one viewer of it, given its turn by hand. */
const scene = ({ scale = 1, maxHz, vramMib = 16 }: { scale?: FrameScale; maxHz?: number; vramMib?: number } = {}) => {
  const make = () => new Display({ clock: new VirtualClock(), seed: 1, vramMib });
  const state = { display: make() };
  const screen = new Screen();
  const shown: (() => void)[] = [];
  let bytes = 0;
  const viewer = new Viewer({
    scale,
    maxHz,
    display: () => state.display,
    labTime: () => 7,
    send: (message, ready) => {
      bytes = message.length;
      screen.take(message.slice());
      shown.push(ready);
    },
  });
  let now = 0;
  /** Gives turns, each acknowledged, until nothing more comes. */
  const settle = (): void => {
    for (let before = -1; before !== screen.frames.length; ) {
      before = screen.frames.length;
      turn();
    }
  };
  const turn = (): void => {
    now += 1000;
    if (viewer.dueMs !== undefined) viewer.turn(now, () => {});
    for (const ready of shown.splice(0)) ready();
  };
  return { state, make, screen, viewer, shown, settle, turn, bytes: () => bytes };
};

test('begins with nothing on show, then gives each picture that is set', () => {
  const { state, screen, settle } = scene();
  settle();
  expect(screen.frames).toMatchObject([{ seq: 1, full: true, width: 0, height: 0 }]);
  setMode(state.display, 200, 100);
  settle();
  expect(screen.last).toMatchObject({ full: true, more: false, width: 200, height: 100, modeWidth: 200, timeNs: 7 });
  expect(screen.shows(state.display)).toBe(true);
  setMode(state.display, 640, 480);
  settle();
  expect(screen.last).toMatchObject({ full: true, width: 640, height: 480 });
  state.display.write(0x508, 0, 2);
  settle();
  expect(screen.last).toMatchObject({ full: true, width: 0, height: 0, modeWidth: 0 });
});

test('sends only the tiles that changed', () => {
  const { state, screen, settle } = scene();
  setMode(state.display, 640, 480);
  settle();
  const before = screen.frames.length;
  paint(state.display, 100, 0xff8000, 10, 640, 60);
  settle();
  expect(screen.frames.slice(before)).toMatchObject([{ full: false, more: false }]);
  expect(screen.brought).toBe(2 * 64 * 64);
  expect(screen.shows(state.display)).toBe(true);
  settle();
  expect(screen.frames).toHaveLength(before + 1);
});

test('a flip to another buffer sends only where the pictures differ', () => {
  const { state, screen, settle } = scene();
  setMode(state.display, 640, 480);
  paint(state.display, 480 + 200, 0x00ff00, 1, 640, 639);
  paint(state.display, 480 + 400, 0x00ff00, 1, 640, 0);
  settle();
  const before = screen.frames.length;
  state.display.write(DISPLAY.DISPI_Y_OFFSET.at, 480, 2);
  settle();
  expect(screen.frames.slice(before)).toMatchObject([{ full: false }]);
  expect(screen.brought).toBe(2 * 64 * 64);
  expect(screen.shows(state.display)).toBe(true);
  paint(state.display, 480, 0, 640, 640); // what was there already
  settle();
  expect(screen.frames).toHaveLength(before + 1);
});

test('a large picture comes in several messages, none above 4 MiB and a row of tiles', () => {
  const { state, screen, turn, bytes, settle } = scene();
  setMode(state.display, 1920, 1080);
  let pieces = 0;
  do {
    turn();
    pieces++;
    expect(bytes()).toBeLessThan(4 * 2 ** 20 + 1000);
  } while (screen.last?.more === true);
  expect(pieces).toBe(3);
  expect(screen.frames.map(({ full, more }) => [full, more])).toEqual([
    [true, true],
    [false, true],
    [false, false],
  ]);
  expect(screen.shows(state.display)).toBe(true);
  const before = screen.frames.length;
  settle();
  expect(screen.frames).toHaveLength(before);
});

test('what changes while a large picture is under way is in it, or follows', () => {
  const { state, screen, turn, settle } = scene();
  setMode(state.display, 1920, 1080);
  turn();
  paint(state.display, 3, 0x0000ff, 1920, 1920);
  paint(state.display, 1070, 0x00ff00, 1920, 1920);
  turn();
  setMode(state.display, 1920, 1000);
  settle();
  expect(screen.shows(state.display)).toBe(true);
});

test('one that does not acknowledge is sent nothing more, and has the newest picture next', () => {
  const { state, screen, viewer, shown, settle } = scene();
  setMode(state.display, 320, 200);
  viewer.turn(0, () => {});
  expect(viewer.dueMs).toBeUndefined();
  for (let y = 0; y < 200; y++) paint(state.display, y, 0x010101 * y, 320, 320);
  expect(screen.frames).toHaveLength(1);
  for (const ready of shown.splice(0)) ready();
  settle();
  expect(screen.frames).toHaveLength(2);
  expect(screen.shows(state.display)).toBe(true);
});

test('a display that takes the place of another, or is restored, is shown anew', () => {
  const { state, make, screen, settle } = scene({ scale: 2 });
  setMode(state.display, 320, 200);
  settle();
  const kept = state.display.snapshot();
  state.display = make();
  setMode(state.display, 320, 200);
  paint(state.display, 0, 0xffffff, 320, 320);
  settle();
  expect(screen.last).toMatchObject({ full: true });
  expect(screen.rgba[0]).toBe(128);
  state.display.restore(kept);
  settle();
  expect(screen.rgba[0]).toBe(0);
});

test.each([2, 4, 8, 16] as const)('a thumbnail of 1/%i has the mean of its pixels, at the edges too', (scale) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 150 }),
      fc.integer({ min: 1, max: 150 }),
      fc.array(fc.tuple(fc.nat(149), fc.nat(0xffffff)), { maxLength: 5 }),
      (width, height, rows) => {
        const { state, screen, settle } = scene({ scale, vramMib: 1 });
        setMode(state.display, width, height);
        settle();
        for (const [y, colour] of rows) {
          paint(state.display, y % height, colour, width, width);
          settle();
        }
        const { rgba } = state.display.frame();
        expect([screen.width, screen.height]).toEqual([Math.ceil(width / scale), Math.ceil(height / scale)]);
        for (let y = 0; y < screen.height; y++)
          for (let x = 0; x < screen.width; x++) {
            const square: number[] = [];
            for (let j = y * scale; j < Math.min(height, (y + 1) * scale); j++)
              for (let i = x * scale; i < Math.min(width, (x + 1) * scale); i++)
                square.push(rgba[(j * width + i) * 4]!);
            const mean = square.reduce((sum, part) => sum + part, 0) / square.length;
            expect(screen.rgba[(y * screen.width + x) * 4]).toBe(Math.floor(mean + 0.5));
            expect(screen.rgba[(y * screen.width + x) * 4 + 3]).toBe(255);
          }
      },
    ),
    { numRuns: 15 },
  );
});

test('looks no more often than asked for, and than the display has frames', () => {
  const { state, viewer } = scene({ maxHz: 5 });
  viewer.turn(1000, () => {});
  expect(viewer.dueMs).toBeUndefined(); // nothing on show was news
  setMode(state.display, 64, 64);
  const fast = scene();
  setMode(fast.state.display, 64, 64);
  fast.settle();
  const due = fast.viewer.dueMs ?? 0;
  fast.viewer.turn(due, () => {});
  expect((fast.viewer.dueMs ?? 0) - due).toBeCloseTo(1000 / 60, 1);
});

test('each viewer has its turn, and one whose display is gone is let go', async () => {
  const rounds = new Rounds();
  const display = new Display({ clock: new VirtualClock(), seed: 1 });
  setMode(display, 64, 64);
  const counts = [0, 0];
  const all = Promise.withResolvers<void>();
  const leave = counts.map((_, i) =>
    rounds.join(
      new Viewer({
        scale: 1,
        maxHz: undefined,
        display: () => display,
        labTime: () => 0,
        send: (_message, shown) => {
          counts[i] = (counts[i] ?? 0) + 1;
          if (counts.every((count) => count >= 3)) all.resolve();
          queueMicrotask(() => {
            paint(display, 0, counts[i] ?? 0, 64, 64);
            shown();
          });
        },
      }),
      (error) => all.reject(error),
    ),
  );
  const gone = new LabError('ENOENT', 'gone');
  const lost = await new Promise((resolve) => {
    const viewer = new Viewer({
      scale: 1,
      maxHz: undefined,
      display: () => {
        throw gone;
      },
      labTime: () => 0,
      send: () => {},
    });
    rounds.join(viewer, resolve);
  });
  expect(lost).toBe(gone);
  await all.promise;
  expect(rounds.size).toBe(2);
  for (const go of leave) go();
  expect(rounds.size).toBe(0);
});
