/** Leading several clocks: the lab's, a thread's and drivers', each with timers of its own that set others. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SteeredClock } from '#bus/steered-clock.ts';
import { LAB, Leader, type Walk } from './leader.ts';

const NAMES = [LAB, 'thread', 'drv0', 'drv1'] as const;
type Of = (typeof NAMES)[number];

/** Where all clocks stand at first: a clock runs until it is held. */
const ZERO = 1e9;

interface Timer {
  readonly of: Of;
  readonly inNs: number;
  /** When it fires, it sets this one: on a clock of another process, as an interrupt or a request would. */
  readonly sets: { readonly of: Of; readonly inNs: number } | null;
}

/** Clocks that stand; what would be processes and threads are functions. */
const bench = (waits: () => string | null = () => null) => {
  const clocks = Object.fromEntries(NAMES.map((of) => [of, new SteeredClock()])) as Record<Of, SteeredClock>;
  for (const clock of Object.values(clocks)) clock.hold(ZERO);
  const fired: { of: Of; at: number; labAt: number }[] = [];
  let set = 0;
  const start = (of: Of, inNs: number, sets: Timer['sets']): void => {
    set++;
    const clock = clocks[of];
    clock.after(inNs, () => {
      fired.push({ of, at: clock.now() - ZERO, labAt: clocks.lab.now() - ZERO });
      if (sets === null) return;
      clocks[sets.of].hold(clock.now()); // what arrives carries its time
      start(sets.of, sets.inNs, null);
    });
  };
  const goOn = (of: Of, at: number): void => {
    while (clocks[of].fireNext(at));
    clocks[of].hold(at);
  };
  const listeners = new Set<() => void>();
  const leader = new Leader({
    clock: clocks.lab,
    thread: {
      lead: (at) => {
        goOn('thread', at);
        const next = clocks.thread.nextAt();
        return { now: clocks.thread.now(), next, settled: true };
      },
    },
    drivers: {
      get now() {
        return Math.max(clocks.drv0.now(), clocks.drv1.now());
      },
      get next() {
        return (['drv0', 'drv1'] as const).flatMap((device) => {
          const at = clocks[device].nextAt();
          return at === Number.POSITIVE_INFINITY ? [] : [{ device, at }];
        });
      },
      goOn: async (device, at) => goOn(device as Of, at),
      rest: async () => {},
    },
    waits,
    onWaits: (changed) => {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
  });
  const changed = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const now = (): number => clocks.lab.now() - ZERO;
  return { clocks, fired, leader, start, changed, now, set: () => set };
};

const walk = (until: number, events = Number.POSITIVE_INFINITY): Walk => ({
  until: ZERO + until,
  events,
  stopped: false,
});

const of = fc.constantFrom(...NAMES);
const inNs = fc.integer({ min: 0, max: 1000 });
const timer: fc.Arbitrary<Timer> = fc.record({ of, inNs, sets: fc.option(fc.record({ of, inNs })) });

test('whatever clock they are on, events fire once, in order of time, with every clock at that time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(timer, { maxLength: 12 }), fc.array(inNs, { maxLength: 4 }), async (timers, jumps) => {
      const { fired, leader, start, now, set } = bench();
      for (const one of timers) start(one.of, one.inNs, one.sets);
      let until = 0;
      for (const jump of [...jumps, 3000]) {
        until += jump;
        await leader.walk(walk(until));
        expect(now()).toBe(until);
      }
      expect(fired).toHaveLength(set());
      const times = fired.map(({ at }) => at);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      for (const { at, labAt } of fired) expect(labAt).toBe(at);
    }),
    { numRuns: 60 },
  );
});

test('a walk of so many events ends with the last of them, and where there is none, at once', async () => {
  const { fired, leader, start, now } = bench();
  start('drv0', 300, null);
  start(LAB, 200, null);
  start('thread', 500, null);
  await leader.rest();
  expect(leader.next).toEqual({ at: ZERO + 200, of: LAB });
  expect(await leader.walk(walk(Number.POSITIVE_INFINITY, 2))).toBe(2);
  expect([now(), fired.map(({ of: whose }) => whose)]).toEqual([300, [LAB, 'drv0']]);
  expect(await leader.walk(walk(Number.POSITIVE_INFINITY, 5))).toBe(1);
  expect([now(), leader.next]).toEqual([500, null]);
});

test('time waits while an access is held, and a walk that is stopped ends where it is', async () => {
  let held: string | null = 'phy0 is held';
  const { fired, leader, start, changed, now } = bench(() => held);
  start(LAB, 100, null);
  const going = leader.walk(walk(1000));
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  expect([now(), fired]).toEqual([0, []]);
  held = null;
  changed();
  await going;
  expect([now(), fired.length]).toEqual([1000, 1]);

  held = 'phy0 is held again';
  const stopped = walk(5000);
  const still = leader.walk(stopped);
  await new Promise((resolve) => setImmediate(resolve));
  leader.stop(stopped);
  await still;
  expect(now()).toBe(1000);
});

test('everybody stands at the time of the clock that came furthest, but no liar takes the lab along', async () => {
  const { clocks, leader, now } = bench();
  clocks.drv1.hold(ZERO + 700);
  await leader.stand(1000);
  expect(now()).toBe(700);
  clocks.drv0.hold(1e15);
  await leader.stand(1000);
  expect(now()).toBe(1700);
});
