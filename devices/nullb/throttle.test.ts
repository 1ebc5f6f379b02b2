/** The bandwidth limit in virtual time: how accurate it is, its trap under linux, and its cure under strict. */
import { describe, expect, test } from 'vitest';
import { bench } from './bench.ts';

/** Reads for some virtual seconds with several requests always waiting; returns bytes a second. */
const measure = (mbps: number, sectors: number, compat: 'linux' | 'strict', seconds: number): number => {
  const on = bench({ mbps: String(mbps), size: '64', irqmode: '0' }, { compat });
  let bytes = 0;
  const again = (): void => {
    on.device.request({ op: 'read', sector: 0, sectors }, ({ status }) => {
      if (status !== 'OK') return;
      bytes += sectors * 512;
      again();
    });
  };
  for (let i = 0; i < 4; i++) again();
  on.clock.advance(seconds * 1e9);
  on.device.writeAttribute('power', '0');
  return bytes / seconds;
};

describe('linux', () => {
  test.each([
    [1, 8],
    [10, 8],
    [10, 64],
    [100, 256],
  ])('mbps=%s admits whole requests of %s sectors up to its budget of 20 ms', (mbps, sectors) => {
    const budget = 20_971 * mbps;
    const perTick = Math.floor(budget / (sectors * 512)) * sectors * 512;
    const rate = measure(mbps, sectors, 'linux', 4);
    expect(rate).toBeGreaterThanOrEqual(perTick * 50);
    expect(rate).toBeLessThanOrEqual(perTick * 50 * 1.01);
  });

  test('the trap: a request larger than a budget never gets through, others wait behind it', () => {
    const on = bench({ mbps: '1', size: '64', irqmode: '0' });
    const large = on.ask({ op: 'read', sector: 0, sectors: 41 });
    const small = on.ask({ op: 'read', sector: 0, sectors: 8 });
    on.clock.advance(3600e9);
    expect([large.answers, small.answers]).toEqual([0, 0]);
    expect(on.device.inspect().events.throttled).toBeGreaterThan(1000);
    on.device.writeAttribute('power', '0');
    expect([large.answer?.status, small.answer?.status]).toEqual(['OFFLINE', 'OFFLINE']);
  });

  test('a driver on the bus is asked to try again until the next tick', () => {
    const on = bench({ mbps: '1', irqmode: '0' });
    expect(on.device.inspect().throttle).toEqual({ mbps: 1, budgetBytes: 20_971 });
    const burst = (): (string | undefined)[] => Array.from({ length: 7 }, () => on.status('read', 0, 8));
    expect(burst()).toEqual(['OK', 'OK', 'OK', 'OK', 'OK', 'DEV_RESOURCE', 'DEV_RESOURCE']);
    on.clock.advance(19_999_999);
    expect(on.status('read', 0, 8)).toBe('DEV_RESOURCE');
    on.clock.advance(1);
    expect(on.status('read', 0, 8)).toBe('OK');
  });

  test('an unused budget is not saved up', () => {
    const on = bench({ mbps: '1', irqmode: '0' });
    on.clock.advance(10e9);
    const admitted = Array.from({ length: 20 }, () => on.status('read', 0, 8)).filter((status) => status === 'OK');
    expect(admitted).toHaveLength(5);
  });
});

describe('strict', () => {
  test.each([
    [1, 8],
    [1, 512],
    [10, 64],
    [100, 2048],
  ])('mbps=%s is %s-sector requests at that rate, whatever their size', (mbps, sectors) => {
    const rate = measure(mbps, sectors, 'strict', 8);
    expect(rate / (mbps * 2 ** 20)).toBeGreaterThan(0.97);
    expect(rate / (mbps * 2 ** 20)).toBeLessThan(1.05);
  });
});
