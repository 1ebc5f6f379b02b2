import { expect, test } from 'vitest';
import type { CardFrame, CardProgram } from '#bus/card.ts';
import { ms, VirtualClock } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import { DrawWork, Painter } from './draw-work.ts';
import type { DrawDeed } from './model.ts';
import { linesOf, pictureNamed } from './pictures.ts';

const MODE = { name: '16x16', width: 16, height: 16, refreshHz: 100 };
const PERIOD_NS = ms(10);

/** A card that flips at each 10 ms: one frame may be pending. */
const card = (clock: VirtualClock) => {
  const memory = new Map<number, Uint8Array>();
  const shown: CardFrame[] = [];
  const ready: number[] = [];
  const waiting: ((count: number) => void)[] = [];
  let pending = false;
  const program: CardProgram = {
    mode: MODE,
    modes: [MODE],
    async buffer(width, height) {
      const id = memory.size + 1;
      memory.set(id, new Uint8Array(width * height * 4));
      return { id, pitchBytes: width * 4, sizeBytes: width * height * 4 };
    },
    async write(buffer, offsetBytes, bytes) {
      memory.get(buffer)?.set(bytes, offsetBytes);
    },
    async commit(frame) {
      if (pending) throw new LabError('EBUSY', 'one is pending');
      pending = true;
      const count = Math.floor(clock.now() / PERIOD_NS) + 1;
      clock.after(count * PERIOD_NS - clock.now(), () => {
        pending = false;
        shown.push(frame);
        const next = waiting.shift();
        if (next === undefined) ready.push(count);
        else next(count);
      });
    },
    async flip() {
      const count = ready.shift() ?? (await new Promise<number>((resolve) => void waiting.push(resolve)));
      return { count, timeNs: count * PERIOD_NS };
    },
    async close() {},
  };
  return { program, memory, shown };
};

const DEED: DrawDeed = {
  kind: 'draw',
  device: 'card0',
  picture: 'moving',
  mode: null,
  frames: 1,
  takesNs: 0,
  paced: true,
  rowBytes: null,
  modeset: false,
  refused: null,
  as: null,
};

const draw = async (deed: Partial<DrawDeed>, open?: () => Promise<Painter>) => {
  const clock = new VirtualClock();
  const made = card(clock);
  const work = new DrawWork({ ...DEED, ...deed }, open ?? (async () => new Painter(made.program, null)), clock);
  await clock.run(ms(10_000), () => work.over);
  return { work, ...made };
};

test('a program that is quick enough misses no vertical blank', async () => {
  const { work, shown } = await draw({ frames: 50, takesNs: ms(9) });
  expect(work).toMatchObject({ over: true, frames: 50, missed: 0 });
  expect(shown).toHaveLength(50);
  expect(work.held(null)).toBe(true);
});

test('one that takes longer than a period misses as many as it takes', async () => {
  const { work } = await draw({ frames: 10, takesNs: ms(25) });
  expect(work).toMatchObject({ frames: 10, missed: 18 });
  expect(work.found).toBe('10 frames, 18 vblanks missed');
});

test('one that waits for no flip is told EBUSY, and the frame before comes on the screen', async () => {
  const { work, shown } = await draw({ frames: 5, paced: false });
  expect(work.held('EBUSY')).toBe(true);
  expect(work.held(null)).toBe(false);
  expect(work.frames).toBe(1);
  expect(shown).toHaveLength(1);
  expect(work.found).toMatch(/^1 frame, EBUSY: one is pending$/);
});

test('each buffer holds the whole frame, though only lines that changed are written', async () => {
  const { shown, memory } = await draw({ frames: 7 });
  const last = shown.at(-1);
  expect(memory.size).toBe(2);
  expect(last?.damage).toHaveLength(2);
  expect(memory.get(last?.buffer ?? 0)).toEqual(linesOf(pictureNamed('moving', 6), 16, 16, 64));
});

test('no screen to draw on is its errno', async () => {
  const { work } = await draw({}, () => Promise.reject(new LabError('ENODEV', 'no monitor')));
  expect(work.held('ENODEV')).toBe(true);
  expect(work.found).toBe('0 frames, ENODEV: no monitor');
});
