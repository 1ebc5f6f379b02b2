/** Eight hours of traffic in virtual time: nothing is kept that is not needed, no tag is lost, counts are exact. */
import { expect, test } from 'vitest';
import { bench, SECTOR } from './bench.ts';

const HOUR_NS = 3600e9;

test('8 h of requests, power cuts and faults leave nothing behind', () => {
  const on = bench({
    memory_backed: '1',
    discard: '1',
    cache_size: '1',
    size: '4',
    irqmode: '2',
    completion_nsec: '1000000',
  });
  const data = new Uint8Array(8 * SECTOR);
  let asked = 0;
  let answered = 0;
  const rounds = 8 * 30;
  for (let round = 0; round < rounds; round++) {
    if (round % 40 === 0) on.device.control('reset-counters');
    if (round % 40 === 10) on.device.fault('drop-completion', { percent: 10 });
    if (round % 40 === 15) on.device.clear();
    if (round % 97 === 50) {
      on.device.control('power-cut');
      on.device.control('power-on');
    }
    for (let i = 0; i < 80; i++) {
      const sector = ((round * 83 + i * 8) * 8) % 8192;
      const op = (['write', 'read', 'read', 'discard', 'flush'] as const)[i % 5] ?? 'read';
      asked++;
      on.device.request(
        { op, sector, sectors: op === 'flush' ? 0 : 8, ...(op === 'write' ? { data } : {}) },
        () => void answered++,
      );
    }
    on.clock.advance(HOUR_NS / 30);
    const { inFlight, storedBytes, cachedBytes, badBlocks } = on.device.inspect();
    if (inFlight !== 0 || storedBytes > 4 << 20 || cachedBytes > 1 << 20 || badBlocks.length > 0)
      throw new Error(`round ${round}: ${JSON.stringify({ inFlight, storedBytes, cachedBytes })}`);
    if (on.clock.nextAt() !== Number.POSITIVE_INFINITY) throw new Error(`round ${round}: a deadline is left`);
  }
  expect(on.clock.now()).toBe(8 * HOUR_NS);
  expect(answered).toBe(asked);
  on.status('discard', 0, 8192);
  expect(on.device.inspect()).toMatchObject({ storedBytes: 0, cachedBytes: 0 });
  const size = JSON.stringify(on.device.snapshot()).length;
  expect(size).toBeLessThan(20_000);
}, 60_000);
