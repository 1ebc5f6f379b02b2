/** Snapshot and restore: a device that was put back goes on as if nothing had happened, also in the middle of its work. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BlockCompletion } from '#bus/block.ts';
import { VirtualClock } from '#bus/clock.ts';
import { bench, errnoOf, SECTOR } from './bench.ts';
import { Nullb } from './nullb.ts';

type Bench = ReturnType<typeof bench>;

/** A device with everything that can be in a snapshot. */
const busy = (): Bench => {
  const on = bench({
    memory_backed: '1',
    cache_size: '1',
    discard: '0',
    size: '16',
    zoned: '1',
    zone_size: '1',
    zone_nr_conv: '2',
    zone_max_open: '3',
    irqmode: '2',
    completion_nsec: '50000',
    mbps: '40',
    badblocks: '+100-110',
    timeout: '1,5,0,-1',
    requeue: '3,50,2,-1',
  });
  on.device.fault('latency', { shape: 'normal', us: 100, spread_us: 50 });
  on.device.fault('reorder', { window: 3, hold_us: 400 });
  on.device.fault('error', { nth: 7 });
  return on;
};

const act = (on: Bench, step: number): void => {
  const tag = step % 64;
  const data = new Uint8Array(8 * SECTOR).fill(step);
  if (step % 5 === 0) on.submit('read', (step * 8) % 4096, 8, { tag });
  else if (step % 5 === 1) on.submit('read', 0, 8, { tag, hctx: 1 });
  else if (step % 5 === 2) on.submit('zone_append', 2048 * (2 + (step % 8)), 8, { tag, data });
  else if (step % 5 === 3) on.submit('write', (step * 8) % 2048, 8, { tag, data });
  else on.submit('flush', 0, 0, { tag });
  on.clock.advance(30_000);
};

const brief = ({ generation: _, data, ...rest }: BlockCompletion): string =>
  JSON.stringify([rest, data?.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7)]);

/** What a device answers from here on. */
const future = (on: Bench): unknown => {
  const told: unknown[] = [];
  on.device.completed = (completion) => void told.push(brief(completion));
  for (let step = 1000; step < 1100; step++) act(on, step);
  on.clock.advance(1e9);
  told.push(on.device.poll(1).map(brief));
  const { at: _, ...panel } = on.device.inspect();
  return [told, panel, on.device.attributes()];
};

test('goes on as the original does, with requests in flight, faults, zones, cache and throttle', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 80 }), (steps) => {
      const original = busy();
      for (let step = 0; step < steps; step++) act(original, step);
      const snapshot: unknown = JSON.parse(JSON.stringify(original.device.snapshot()));
      const copy = bench({ power: '0' }, { seed: 99 });
      copy.clock.advance(12_345_678);
      copy.device.restore(snapshot);
      expect(JSON.parse(JSON.stringify(copy.device.snapshot()))).toEqual(snapshot);
      expect(future(copy)).toEqual(future(original));
    }),
    { numRuns: 8 },
  );
});

test('a device that was off is off again; one that was on ends what clients had asked of it', () => {
  const off = bench({ power: '0', size: '8' });
  const on = bench({ size: '64', irqmode: '2' });
  const client = on.ask({ op: 'read', sector: 0, sectors: 8 });
  on.device.restore(off.device.snapshot());
  expect(client.answer?.status).toBe('OFFLINE');
  expect([on.device.powered, on.device.readAttribute('size')]).toEqual([false, '8']);
  expect(on.events).toEqual(['removed']);
});

test('what is no snapshot of this device is refused, and so is one that would be too large', () => {
  const on = bench({ memory_backed: '1', size: '256', irqmode: '0' });
  expect(errnoOf(() => on.device.restore({ device: 'qt2025' }))).toBe('EINVAL');
  expect(errnoOf(() => on.device.restore({ device: 'nullb', personality: 'null_blk' }))).toBe('EINVAL');
  expect(errnoOf(() => on.device.restore(null))).toBe('EINVAL');
  const rnull = new Nullb({ clock: new VirtualClock(), seed: 1, personality: 'rnull' });
  expect(errnoOf(() => on.device.restore(rnull.snapshot()))).toBe('EINVAL');
  const megabyte = new Uint8Array(1 << 20);
  for (let i = 0; i <= 64; i++) on.device.writeFrom(i << 20, 1 << 20, megabyte, 0, false);
  expect(errnoOf(() => on.device.snapshot())).toBe('EFBIG');
});
