/** What holds for any traffic: nothing throws, no drop is lost, a restored device goes on as if nothing had been. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '#bus/clock.ts';
import { QT2025, QT2025_SRAM, QT2025_XDATA } from '#datasheets/qt2025.ts';
import { MODULE_KINDS, QT2025_CONTROLS, QT2025_FAULTS } from '#datasheets/qt2025-catalogue.ts';
import { bench, R } from './bench.ts';
import { Qt2025 } from './qt2025.ts';

const NAMED = [...Object.values(QT2025), ...Object.values(QT2025_XDATA)].map(({ at }) => at);
const address = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NAMED) },
  { weight: 2, arbitrary: fc.integer({ min: 0x10000, max: 0x4ffff }) },
  { weight: 1, arbitrary: fc.integer({ min: QT2025_SRAM[0].at, max: QT2025_SRAM[0].at + 40 }) },
);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      at: address,
      value: fc.integer({ min: 0, max: 0xffff }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('read' as const), at: address }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), us: fc.integer({ min: 0, max: 60_000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('fault' as const), name: fc.constantFrom(...Object.keys(QT2025_FAULTS)) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('clear' as const), name: fc.constantFrom(...Object.keys(QT2025_FAULTS)) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('control' as const),
      name: fc.constantFrom(...Object.keys(QT2025_CONTROLS)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('start' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Does a step; returns what it showed. */
const act = (it: { device: Qt2025; clock: VirtualClock; start?: () => void }, what: Step): unknown => {
  const { device, clock } = it;
  switch (what.do) {
    case 'write':
      return void device.write(what.at, what.value);
    case 'read':
      return device.read(what.at);
    case 'wait':
      return void clock.advance(what.us * 1000);
    case 'fault':
      return void device.fault(what.name);
    case 'clear':
      return void device.clear(what.name);
    case 'control':
      return void device.control(what.name);
    case 'start':
      return void it.start?.();
  }
};

test('no traffic, fault or control makes it throw, and every read is 16 bits', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.constantFrom(null, ...MODULE_KINDS), (steps, module) => {
      const it = bench({ module });
      for (const what of steps) {
        const shown = act(it, what);
        if (what.do === 'read')
          expect(Number.isInteger(shown) && Number(shown) >= 0 && Number(shown) <= 0xffff).toBe(true);
        JSON.stringify(it.device.inspect());
      }
    }),
    { numRuns: 40 },
  );
});

test('a drop of any length, at any time, is seen by the next read of each link status', () => {
  const { up, device, clock, read, readAll } = bench();
  up();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 0, max: 300_000 }), (lengthUs, thenUs) => {
      readAll();
      device.fault('rx-loss');
      clock.advance(lengthUs * 1000);
      device.clear();
      clock.advance(thenUs * 1000);
      expect(read(R.PMA_STAT1).LSTATUS).toBe(false);
      expect(read(R.PCS_STAT1).LSTATUS).toBe(false);
      expect(read(R.BASER_STAT2).BLOCKLOCK).toBe(false);
      expect(read(R.PMA_STAT2).RXFAULT).toBe(true);
      clock.advance(500e6);
      expect(read(R.PMA_STAT1).LSTATUS || read(R.PMA_STAT1).LSTATUS).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test('a device restored elsewhere, at another time, continues identically', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), fc.array(step, { maxLength: 25 }), (before, after) => {
      const it = bench();
      for (const what of before) act(it, what);
      const snapshot: unknown = JSON.parse(JSON.stringify(it.device.snapshot()));
      const clock = new VirtualClock();
      clock.advance(123_456_789);
      const twin = { clock, device: new Qt2025({ clock, seed: 1, module: null, lightDbm: -40 }) };
      twin.device.restore(snapshot);
      for (const what of after) {
        if (what.do === 'start') continue;
        expect(act(twin, what)).toEqual(act(it, what));
      }
      expect(twin.device.snapshot()).toEqual(it.device.snapshot());
      const { inspect } = { inspect: (device: Qt2025) => device.inspect() };
      expect(inspect(twin.device)).toEqual(inspect(it.device));
    }),
    { numRuns: 40 },
  );
});

test('counters depend on time alone, not on how often somebody looks', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 10 }), (waits) => {
      const watched = bench();
      watched.up();
      watched.device.fault('bit-errors', { per_second: 30 });
      const alone = bench();
      alone.device.restore(watched.device.snapshot());
      for (const wait of waits) {
        watched.wait(wait);
        watched.device.look(R.BASER_STAT2.at);
        alone.wait(wait);
      }
      expect(watched.raw(R.BASER_STAT2)).toBe(alone.raw(R.BASER_STAT2));
    }),
    { numRuns: 10 },
  );
});

test('refuses what is no snapshot', () => {
  const { device } = bench();
  expect(() => device.restore(null)).toThrow("a 'qt2025' is needed");
  expect(() => device.restore({ device: 'qt2025' })).toThrow('lacks time');
});
