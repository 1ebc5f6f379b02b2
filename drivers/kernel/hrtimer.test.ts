/** What kernel timers do, in virtual time. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ms, us, VirtualClock } from '#bus/clock.ts';
import { HrTimer } from './hrtimer.ts';

const bench = (callback: (timer: HrTimer) => 'restart' | 'norestart') => {
  const clock = new VirtualClock();
  const fired: number[] = [];
  const broken: string[] = [];
  const timer = new HrTimer(
    clock,
    (self) => {
      fired.push(clock.now());
      return callback(self);
    },
    (reason) => broken.push(reason),
  );
  return { clock, timer, fired, broken };
};

test('fires once when the callback does not restart it', () => {
  const { clock, timer, fired } = bench(() => 'norestart');
  timer.start(ms(5));
  expect(timer.active).toBe(true);
  expect(timer.remaining).toBe(ms(5));
  clock.advance(ms(20));
  expect(fired).toEqual([ms(5)]);
  expect(timer.active).toBe(false);
});

test('keeps its period without drift when it is forwarded', () => {
  const { clock, timer, fired } = bench((self) => {
    self.forwardNow(us(250));
    return 'restart';
  });
  timer.start(us(250));
  clock.advance(ms(1));
  expect(fired).toEqual([us(250), us(500), us(750), ms(1)]);
});

test('fires at an absolute time', () => {
  const { clock, timer, fired } = bench(() => 'norestart');
  clock.advance(ms(3));
  timer.start(ms(7), 'abs');
  clock.advance(ms(10));
  expect(fired).toEqual([ms(7)]);
});

test('is moved, not doubled, by a second start', () => {
  const { clock, timer, fired } = bench(() => 'norestart');
  timer.start(ms(1));
  timer.start(ms(4));
  clock.advance(ms(10));
  expect(fired).toEqual([ms(4)]);
});

test('says on cancel whether it was active', () => {
  const { clock, timer, fired } = bench(() => 'norestart');
  expect(timer.cancel()).toBe(false);
  timer.start(ms(1));
  expect(timer.cancel()).toBe(true);
  clock.advance(ms(10));
  expect(fired).toEqual([]);
});

test('stays stopped when its own callback cancels it, whatever the callback answers', () => {
  const { clock, timer, fired } = bench((self) => {
    self.forwardNow(ms(1));
    self.cancel();
    return 'restart';
  });
  timer.start(ms(1));
  clock.advance(ms(10));
  expect(fired).toEqual([ms(1)]);
});

test('follows the start its own callback made rather than the answer', () => {
  let rounds = 0;
  const { clock, timer, fired } = bench((self) => {
    if (++rounds === 1) self.start(ms(5));
    return 'norestart';
  });
  timer.start(ms(1));
  clock.advance(ms(20));
  expect(fired).toEqual([ms(1), ms(6)]);
});

test('is stopped with a reason instead of firing for ever when it was not forwarded', () => {
  const { clock, timer, fired, broken } = bench(() => 'restart');
  timer.start(ms(1));
  clock.advance(ms(10));
  expect(fired).toEqual([ms(1)]);
  expect(broken[0]).toContain('without being forwarded');
});

test('goes on when its callback took longer than the interval it was forwarded by', () => {
  const { clock, timer, fired, broken } = bench((self) => {
    self.forwardNow(us(100));
    clock.spend(us(250));
    return fired.length < 3 ? 'restart' : 'norestart';
  });
  timer.start(us(100));
  clock.advance(ms(2));
  expect(broken).toEqual([]);
  expect(fired).toHaveLength(3);
});

test('survives a callback that throws', () => {
  const { clock, timer, broken } = bench(() => {
    throw new Error('no such lamp');
  });
  timer.start(ms(1));
  clock.advance(ms(2));
  expect(broken[0]).toContain('no such lamp');
  expect(timer.active).toBe(false);
});

test('refuses to be forwarded while queued, or by nothing', () => {
  const { timer } = bench(() => 'norestart');
  expect(() => timer.forwardNow(0)).toThrowError(/1 ns or more/);
  timer.start(ms(1));
  expect(() => timer.forwardNow(ms(1))).toThrowError(/queued/);
  expect(() => timer.start(Number.NaN)).toThrowError(/NaN/);
});

test('forwards to the first expiry after now, and counts every interval passed', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.integer({ min: 1, max: 10_000 }),
      (started, now, interval) => {
        const clock = new VirtualClock();
        const timer = new HrTimer(clock, () => 'norestart');
        timer.start(started, 'abs');
        clock.advance(started);
        const overruns = timer.forward(now, interval);
        expect(timer.expires).toBe(started + overruns * interval);
        expect(timer.expires).toBeGreaterThan(Math.min(now, started - 1));
        if (overruns > 0) expect(timer.expires - interval).toBeLessThanOrEqual(now);
        else expect(started).toBeGreaterThan(now);
      },
    ),
  );
});
