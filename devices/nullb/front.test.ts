/** The block layer for clients of this process: splitting, waiting, trying again, timing out; each request answered once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bench, SECTOR } from './bench.ts';

describe('a request', () => {
  test('larger than the device takes at once is split, and its parts are put together again', () => {
    const on = bench({ memory_backed: '1', size: '64', max_sectors: '16' });
    const data = Uint8Array.from({ length: 100 * SECTOR }, (_, i) => i / SECTOR + 1);
    const sectors: number[] = [];
    on.device.onAnswered((request) => void sectors.push(request.sectors));
    const written = on.ask({ op: 'write', sector: 4, sectors: 100, data });
    on.clock.advance(1);
    const read = on.ask({ op: 'read', sector: 4, sectors: 100 });
    on.clock.advance(1);
    expect(written).toEqual({ answers: 1, answer: { status: 'OK' } });
    expect(read).toEqual({ answers: 1, answer: { status: 'OK', data } });
    expect(sectors).toEqual([16, 16, 16, 16, 16, 16, 4, 16, 16, 16, 16, 16, 16, 4]);
  });

  test('is split at the borders of zones', () => {
    const on = bench({ zoned: '1', memory_backed: '1', size: '16', zone_size: '1', max_sectors: '8192' });
    const written = on.ask({ op: 'write', sector: 0, sectors: 4096, data: new Uint8Array(4096 * SECTOR).fill(1) });
    on.clock.advance(1);
    expect(written.answer?.status).toBe('OK');
    expect(on.device.inspect().zones?.conditions.slice(0, 3)).toBe('ee1');
  });

  test('one part that fails makes it fail, once', () => {
    const on = bench({ size: '64', max_sectors: '16', badblocks: '+20-20' });
    const asked = on.ask({ op: 'read', sector: 0, sectors: 64 });
    on.clock.advance(1);
    expect(asked).toMatchObject({ answers: 1, answer: { status: 'IOERR' } });
  });

  test('past the end, of nothing, or of nonsense ends with its status', () => {
    const on = bench({ size: '1' });
    const statuses = [
      { op: 'read' as const, sector: 2048, sectors: 8 },
      { op: 'read' as const, sector: 0, sectors: 0 },
      { op: 'read' as const, sector: Number.NaN, sectors: 8 },
      { op: 'write' as const, sector: 0, sectors: 8 },
    ].map((request) => on.ask(request));
    on.clock.advance(1);
    expect(statuses.map(({ answer }) => answer?.status)).toEqual(['IOERR', 'INVAL', 'INVAL', 'INVAL']);
  });

  test('reads zeroes where the device leaves the buffer as it was', () => {
    const on = bench();
    const read = on.ask({ op: 'read', sector: 0, sectors: 8 });
    on.clock.advance(1);
    expect(read.answer).toEqual({ status: 'OK', data: new Uint8Array(8 * SECTOR) });
  });
});

describe('more requests than tags', () => {
  test('wait in order, and none is lost', () => {
    const on = bench({ hw_queue_depth: '2', irqmode: '2', completion_nsec: '1000' });
    const order: number[] = [];
    for (let i = 0; i < 10; i++) on.device.request({ op: 'read', sector: i * 8, sectors: 8 }, () => void order.push(i));
    expect(on.device.inspect().inFlight).toBe(2);
    for (const done of [2, 4, 6, 8, 10]) {
      on.clock.advance(1000);
      expect(order).toHaveLength(done);
    }
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('the block layer', () => {
  test('ends what the device never answers after 5 s, with TIMEOUT', () => {
    const on = bench({ timeout: '1,100,0,1' });
    const lost = on.ask({ op: 'read', sector: 0, sectors: 8 });
    const next = on.ask({ op: 'read', sector: 0, sectors: 8 });
    on.clock.advance(4_999_999_999);
    expect([lost.answers, next.answer?.status]).toEqual([0, 'OK']);
    on.clock.advance(1);
    expect(lost.answer).toEqual({ status: 'TIMEOUT' });
  });

  test('does not let a late answer change what has timed out', () => {
    const on = bench();
    on.device.fault('latency', { us: 6e6 });
    const late = on.ask({ op: 'read', sector: 0, sectors: 8 });
    on.clock.advance(10e9);
    expect(late).toEqual({ answers: 1, answer: { status: 'TIMEOUT' } });
  });

  test('tries again what found no resource, and the client sees nothing of it', () => {
    const on = bench({ requeue: '1,50,0,-1' });
    const asked = Array.from({ length: 200 }, () => on.ask({ op: 'read', sector: 0, sectors: 8 }));
    on.clock.advance(5e9);
    expect(asked.every(({ answers, answer }) => answers === 1 && answer?.status === 'OK')).toBe(true);
    expect(on.device.inspect().events.requeues).toBeGreaterThan(50);
  });

  test('takes an answer that comes twice for one, also one that asks to try again', () => {
    const on = bench({ irqmode: '1' });
    on.device.fault('error', { status: 'RESOURCE', times: 1 });
    on.device.fault('duplicate-completion');
    const asked = on.ask({ op: 'read', sector: 0, sectors: 8 });
    on.clock.advance(10e9);
    expect(asked).toMatchObject({ answers: 1, answer: { status: 'OK' } });
    expect(on.device.inspect()).toMatchObject({ inFlight: 0, events: { duplicated: 2 } });
    expect(on.clock.nextAt()).toBe(Number.POSITIVE_INFINITY);
  });

  test('ends everything when the device goes, what waits too', () => {
    const on = bench({ hw_queue_depth: '1', irqmode: '2', completion_nsec: '1000000' });
    const asked = [0, 1, 2].map((i) => on.ask({ op: 'read', sector: i, sectors: 8 }));
    on.device.control('power-cut');
    expect(asked.map(({ answer, answers }) => [answer?.status, answers])).toEqual(Array(3).fill(['OFFLINE', 1]));
    expect(on.ask({ op: 'read', sector: 0, sectors: 8 }).answer?.status).toBe('OFFLINE');
  });
});

test('whatever faults there are, each request is answered exactly once and the rooms are empty afterwards', () => {
  const fault = fc.constantFrom(
    ['latency', { shape: 'long-tail', us: 10, tail_us: 3e6, tail_percent: 5 }] as const,
    ['drop-completion', { percent: 10 }] as const,
    ['duplicate-completion', { percent: 50, gap_us: 10 }] as const,
    ['reorder', { window: 4, hold_us: 100 }] as const,
    ['error', { percent: 20 }] as const,
    ['error', { percent: 20, status: 'RESOURCE' }] as const,
  );
  fc.assert(
    fc.property(
      fc.array(fault, { maxLength: 4 }),
      fc.constantFrom('0', '1', '2'),
      fc.nat({ max: 200 }),
      fc.boolean(),
      (faults, irqmode, requests, cut) => {
        const on = bench({ irqmode, size: '64', max_sectors: '8', hw_queue_depth: '4', memory_backed: '1' });
        for (const [name, params] of faults) on.device.fault(name, params);
        const asked = Array.from({ length: requests }, (_, i) => {
          on.clock.advance(i % 3 === 0 ? 5000 : 0);
          return on.ask({
            op: i % 2 === 0 ? 'read' : 'write',
            sector: i,
            sectors: 1 + (i % 20),
            data: new Uint8Array((1 + (i % 20)) * SECTOR),
          });
        });
        if (cut) on.device.control('power-cut');
        on.clock.advance(4000e9);
        expect(asked.map(({ answers }) => answers)).toEqual(Array(requests).fill(1));
        expect(on.device.inspect().inFlight).toBe(0);
        expect(on.clock.nextAt()).toBe(Number.POSITIVE_INFINITY);
      },
    ),
    { numRuns: 40 },
  );
});
