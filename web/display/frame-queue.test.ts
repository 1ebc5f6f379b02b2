/** Pictures that wait to be drawn: few, whole, in order. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Frame } from '#bus/frame-wire.ts';
import { FrameQueue } from './frame-queue.ts';

const HEAD = { timeNs: 0, width: 4, height: 4, modeWidth: 4, modeHeight: 4, scale: 1, full: false } as const;
const frame = (seq: number, more = false): Frame => ({
  ...HEAD,
  ...{ seq, more, vblanks: 0, flippedAt: 0, version: seq, tiles: [] },
});

/** A lab that sends one message for each that is acknowledged, and a page that draws when it is told to. */
const rig = (partsOf: (picture: number) => number) => {
  const painted: number[][] = [];
  let sent = 0;
  let picture = 0;
  let left = partsOf(0);
  let drawing: (() => void) | undefined;
  const queue = new FrameQueue({
    whenDrawn: (draw) => {
      drawing = draw;
    },
    paint: (frames) => void painted.push(frames.map(({ seq }) => seq)),
  });
  const ends: number[] = [];
  let due = 1;
  const send = (): boolean => {
    if (due === 0) return false;
    due--;
    sent++;
    left--;
    const more = left > 0;
    if (!more) {
      ends.push(sent);
      left = partsOf(++picture);
    }
    queue.take(frame(sent, more), () => due++);
    return true;
  };
  const draw = (): void => {
    const now = drawing;
    drawing = undefined;
    now?.();
  };
  return { painted, ends, send, draw, sent: () => sent };
};

test('one picture waits and one is on its way; a page that is not drawn asks for no third', () => {
  const { send, draw, painted, sent } = rig(() => 1);
  while (send());
  expect([sent(), painted]).toEqual([2, []]);
  draw();
  expect(painted).toEqual([[1, 2]]);
  while (send());
  expect(sent()).toBe(4);
  draw();
  expect(painted).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test('the parts of a picture come without waiting for the page, and are painted together', () => {
  const { send, draw, painted } = rig(() => 3);
  for (let i = 0; i < 4; i++) send();
  draw();
  expect(painted).toEqual([[1, 2, 3]]);
  while (send());
  draw();
  expect(painted[1]?.slice(0, 3)).toEqual([4, 5, 6]);
});

test('whatever comes when, all is painted in order and whole, and never more than two pictures wait', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 200 }),
      fc.array(fc.integer({ min: 1, max: 4 })),
      (steps, parts) => {
        const { send, draw, painted, ends } = rig((picture) => parts[picture] ?? 1);
        for (const sends of steps) {
          if (sends) send();
          else draw();
          const all = painted.flat();
          expect(all).toEqual(Array.from({ length: all.length }, (_, i) => i + 1));
          if (all.length > 0) expect(ends).toContain(all.length);
          expect(ends.filter((end) => end > all.length).length).toBeLessThanOrEqual(2);
        }
        // whatever was on its way comes to an end, and is seen
        const wanted = ends.length + 1;
        for (let i = 0; i < 20 && ends.length < wanted; i++) if (!send()) draw();
        draw();
        draw();
        expect(painted.flat().length).toBeGreaterThanOrEqual(ends[wanted - 1] ?? Number.POSITIVE_INFINITY);
      },
    ),
  );
});

test('a picture that cannot be painted is no reason to wait for ever', () => {
  let ready = 0;
  const queue = new FrameQueue({
    whenDrawn: (draw) => {
      drawing = draw;
    },
    paint: () => {
      throw new Error('no canvas');
    },
  });
  let drawing = (): void => {};
  queue.take(frame(1), () => ready++);
  queue.take(frame(2), () => ready++);
  expect(drawing).toThrow('no canvas');
  expect(ready).toBe(2);
});
