import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReplayClock } from './replay-clock.ts';

test('what falls due before a moment happens on the way, in order and at its time; what falls due then waits', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100 })), fc.integer({ min: 0, max: 100 }), (delays, to) => {
      const clock = new ReplayClock();
      const fired: [number, number][] = [];
      for (const ns of delays) clock.after(ns, () => void fired.push([ns, clock.now()]));
      clock.moveTo(to);
      expect(clock.now()).toBe(to);
      const before = delays.filter((ns) => ns < to).sort((a, b) => a - b);
      expect(fired).toEqual(before.map((ns) => [ns, ns]));
      const now = delays.filter((ns) => ns === to).length;
      for (let i = 0; i < now; i++) expect(clock.fireOne()).toBe(true);
      expect(clock.fireOne()).toBe(false);
      expect(fired.length).toBe(before.length + now);
    }),
  );
});
