/** What delayed work does, in virtual time. */
import { expect, test } from 'vitest';
import { ms, VirtualClock } from '#bus/clock.ts';
import { DelayedWork } from './workqueue.ts';

const bench = (takesMs: number) => {
  const clock = new VirtualClock();
  const runs: [began: number, ended: number][] = [];
  const failures: unknown[] = [];
  const work = new DelayedWork(
    clock,
    async () => {
      const began = clock.now();
      if (takesMs > 0) await clock.sleep(ms(takesMs));
      runs.push([began, clock.now()]);
    },
    (thrown) => failures.push(thrown),
  );
  return { clock, work, runs, failures };
};

test('runs once at its time, and not sooner when queued again', async () => {
  const { clock, work, runs } = bench(0);
  expect(work.schedule(ms(5))).toBe(true);
  expect(work.schedule(ms(1))).toBe(false);
  await clock.run(ms(20));
  expect(runs).toEqual([[ms(5), ms(5)]]);
});

test('runs again after it has ended when queued while it runs', async () => {
  const { clock, work, runs } = bench(4);
  work.schedule();
  await clock.run(ms(1));
  expect(work.schedule(ms(1))).toBe(true);
  await clock.run(ms(20));
  expect(runs).toEqual([
    [0, ms(4)],
    [ms(4), ms(8)],
  ]);
});

test('cancels what is queued and waits for what runs', async () => {
  const { clock, work, runs } = bench(4);
  work.schedule();
  await clock.run(ms(1));
  work.schedule();
  let cancelled = false;
  const done = work.cancelSync().then(() => {
    cancelled = true;
  });
  await clock.run(ms(2));
  expect(cancelled).toBe(false);
  await clock.run(ms(30));
  await done;
  expect(runs).toEqual([[0, ms(4)]]);
  expect(work.schedule()).toBe(false);
});

test('tells of a run that rejects, and can be queued again', async () => {
  const clock = new VirtualClock();
  const failures: unknown[] = [];
  let runs = 0;
  const work = new DelayedWork(
    clock,
    async () => {
      if (++runs === 1) throw new Error('bus away');
    },
    (thrown) => failures.push(thrown),
  );
  work.schedule();
  await clock.run(ms(1));
  expect(failures).toMatchObject([{ message: 'bus away' }]);
  work.schedule();
  await clock.run(ms(2));
  expect(runs).toBe(2);
});
