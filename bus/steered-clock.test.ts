/** Time that can be steered: whatever is done to it, it goes forward only and fires each deadline once, in order. */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ms, us } from './clock.ts';
import { SteeredClock } from './steered-clock.ts';

/** The wall clock and Node's timers, so that a minute takes none. */
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const step = fc.oneof(
  fc.record({ do: fc.constant('after' as const), ns: fc.integer({ min: 0, max: ms(400) }) }),
  fc.record({ do: fc.constant('cancel' as const), of: fc.nat(40) }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 50 }) }),
  fc.record({ do: fc.constant('rate' as const), rate: fc.constantFrom(0.1, 0.5, 1, 7, 100) }),
  fc.record({ do: fc.constant('hold' as const), ahead: fc.integer({ min: -ms(5), max: ms(5) }) }),
  fc.record({ do: fc.constant('run' as const), ahead: fc.integer({ min: -ms(5), max: ms(5) }) }),
  fc.record({ do: fc.constant('jump' as const), ns: fc.integer({ min: 0, max: ms(300) }) }),
  fc.record({ do: fc.constant('step' as const) }),
);

test('any pauses, rates, steps and jumps keep time going forward and fire each deadline once, in order, never early', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = new SteeredClock();
      const set: { at: number; cancel: () => void; state: 'set' | 'fired' | 'cancelled' }[] = [];
      const fired: { at: number; order: number }[] = [];
      let rate = 1;
      let last = 0;
      const look = (): void => {
        const now = clock.now();
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
      };
      const jump = (until: number): void => {
        while (clock.fireNext(until)) look();
        clock.hold(until);
      };
      for (const one of steps) {
        switch (one.do) {
          case 'after': {
            const order = set.length;
            const at = clock.now() + one.ns;
            const deadline = clock.after(one.ns, () => {
              const entry = set[order];
              expect(entry?.state).toBe('set');
              expect(clock.now()).toBeGreaterThanOrEqual(at);
              if (entry !== undefined) entry.state = 'fired';
              fired.push({ at, order });
            });
            set.push({ at, cancel: () => deadline.cancel(), state: 'set' });
            break;
          }
          case 'cancel': {
            const entry = set[one.of];
            entry?.cancel();
            if (entry?.state === 'set') entry.state = 'cancelled';
            break;
          }
          case 'pass': {
            const standing = clock.rate === 0 ? clock.now() : undefined;
            const before = fired.length;
            vi.advanceTimersByTime(one.ms);
            if (standing !== undefined) expect([clock.now(), fired.length]).toEqual([standing, before]);
            break;
          }
          case 'rate':
            rate = one.rate;
            if (clock.rate !== 0) clock.run(rate);
            break;
          case 'hold':
            clock.hold(Math.max(0, clock.now() + one.ahead));
            break;
          case 'run':
            clock.run(rate, Math.max(0, clock.now() + one.ahead));
            break;
          case 'jump':
            clock.hold();
            jump(clock.now() + one.ns);
            break;
          case 'step':
            clock.hold();
            clock.fireNext(clock.nextAt() === Number.POSITIVE_INFINITY ? clock.now() : clock.nextAt());
            break;
        }
        look();
      }
      clock.hold();
      jump(last + ms(1000));
      expect(set.filter(({ state }) => state === 'set')).toEqual([]);
      expect(fired.length).toBe(set.filter(({ state }) => state === 'fired').length);
      const sorted = fired.toSorted((a, b) => a.at - b.at || a.order - b.order);
      expect(fired).toEqual(sorted);
    }),
    { numRuns: 300 },
  );
});

test('a rate counts from where it was set: 10 s of the wall are 1 s, then 100 s, then none', () => {
  const clock = new SteeredClock();
  clock.run(0.1);
  vi.advanceTimersByTime(10_000);
  expect(clock.now()).toBe(1e9);
  clock.run(10);
  vi.advanceTimersByTime(10_000);
  expect(clock.now()).toBe(101e9);
  clock.hold();
  vi.advanceTimersByTime(10_000);
  expect(clock.now()).toBe(101e9);
});

test('a deadline falls due by the lab, however often the rate changes', () => {
  const clock = new SteeredClock();
  let firedAt = -1;
  clock.after(1e9, () => {
    firedAt = Date.now();
  });
  const began = Date.now();
  vi.advanceTimersByTime(500); // half of it
  clock.run(0.1);
  vi.advanceTimersByTime(2500); // a quarter
  clock.hold();
  vi.advanceTimersByTime(60_000);
  clock.run(100);
  vi.advanceTimersByTime(1000);
  expect(firedAt - began).toBeGreaterThanOrEqual(63_002);
  expect(firedAt - began).toBeLessThanOrEqual(63_004);
});

test('a clock that is ahead of what it follows waits for it, and does not go back', () => {
  const clock = new SteeredClock();
  vi.advanceTimersByTime(100);
  clock.run(1, ms(90));
  expect(clock.now()).toBe(ms(100));
  vi.advanceTimersByTime(5);
  expect(clock.now()).toBe(ms(100));
  vi.advanceTimersByTime(10);
  expect(clock.now()).toBe(ms(105));
});

test('without a wait every other event has its turn first', async () => {
  vi.useRealTimers();
  const clock = new SteeredClock();
  const order: string[] = [];
  clock.after(0, () => void order.push('due'));
  queueMicrotask(() => order.push('microtask'));
  expect(order).toEqual([]);
  await clock.sleep(us(100));
  expect(order).toEqual(['microtask', 'due']);
});

test('many cancelled deadlines are swept out, and those that stand stay in order', () => {
  const clock = new SteeredClock();
  const fired: number[] = [];
  for (let i = 0; i < 5000; i++) {
    clock.after(10e9, () => void fired.push(-1)).cancel();
    if (i % 100 === 0) clock.after(ms(5000 - i), () => void fired.push(5000 - i));
  }
  clock.hold();
  while (clock.fireNext(20e9));
  expect(fired).toEqual(Array.from({ length: 50 }, (_, i) => 100 * (i + 1)));
});

test('one deadline that throws does not keep the others from firing', () => {
  const clock = new SteeredClock();
  const fired: string[] = [];
  clock.after(ms(1), () => {
    throw new Error('a mistake in a driver');
  });
  clock.after(ms(1), () => void fired.push('the same time'));
  clock.after(ms(5), () => void fired.push('later'));
  expect(() => vi.advanceTimersByTime(3)).toThrow('a mistake in a driver');
  vi.advanceTimersByTime(20);
  expect(fired).toEqual(['the same time', 'later']);
});
