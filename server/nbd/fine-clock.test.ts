import { expect, test } from 'vitest';
import { RealClock } from '#bus/clock.ts';
import { FineClock, markOf } from './fine-clock.ts';

test('tells the time of the clock it was made after', () => {
  const real = new RealClock();
  const fine = new FineClock(markOf(real));
  const [before, between, after] = [real.now(), fine.now(), real.now()];
  expect(between).toBeGreaterThanOrEqual(before - 1e6);
  expect(between).toBeLessThanOrEqual(after + 1e6);
});

test('is never early, keeps the order of deadlines, and forgets what was cancelled', async () => {
  const clock = new FineClock({ rate: 1, at: 0, on: process.hrtime.bigint() });
  const fired: number[] = [];
  const set = (ns: number): { cancel(): void } => {
    const at = clock.now() + ns;
    return clock.after(ns, () => {
      expect(clock.now()).toBeGreaterThanOrEqual(at);
      fired.push(ns);
    });
  };
  set(8e6);
  set(4e6);
  set(10e3);
  set(20e3).cancel();
  await clock.sleep(9e6);
  expect(fired).toEqual([10e3, 4e6, 8e6]);
});

test('a deadline set while another fires is met too', async () => {
  const clock = new FineClock({ rate: 1, at: 0, on: process.hrtime.bigint() });
  let left = 100;
  await new Promise<void>((resolve) => {
    const again = (): void => {
      if (--left === 0) resolve();
      else clock.after(10e3, again);
    };
    again();
  });
  expect(left).toBe(0);
});
