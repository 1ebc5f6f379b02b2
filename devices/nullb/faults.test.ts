/** The lab's own faults, row by row: what each does, and that the same seed does the same. */
import { describe, expect, test } from 'vitest';
import { NULLB_FAULTS } from '#datasheets/null-blk-catalogue.ts';
import { bench, errnoOf, SECTOR } from './bench.ts';

type Bench = ReturnType<typeof bench>;
const stored = () => bench({ memory_backed: '1', size: '16', irqmode: '0' });

/** Latencies in microseconds of so many reads under a fault. */
const latencies = (params: Record<string, unknown>, requests: number, seed = 7): number[] => {
  const on = bench({ irqmode: '0' }, { seed });
  const seen: number[] = [];
  on.device.onAnswered(({ latencyNs }) => void seen.push(latencyNs / 1000));
  on.device.fault('latency', params);
  for (let i = 0; i < requests; i++) on.run('read', 0, 8);
  return seen;
};
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('latency', () => {
  test('fixed is the same for each', () => {
    expect(new Set(latencies({ us: 250 }, 50))).toEqual(new Set([250]));
  });

  test('uniform stays in its range and fills it', () => {
    const seen = latencies({ shape: 'uniform', us: 100, spread_us: 50 }, 1000);
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...seen)).toBeLessThanOrEqual(150);
    expect(mean(seen)).toBeGreaterThan(122);
    expect(mean(seen)).toBeLessThan(128);
  });

  test('normal has its mean and its deviation', () => {
    const seen = latencies({ shape: 'normal', us: 1000, spread_us: 100 }, 2000);
    const average = mean(seen);
    const deviation = Math.sqrt(mean(seen.map((value) => (value - average) ** 2)));
    expect(Math.abs(average - 1000)).toBeLessThan(10);
    expect(Math.abs(deviation - 100)).toBeLessThan(8);
  });

  test('long-tail leaves most alone and a few very late', () => {
    const seen = latencies({ shape: 'long-tail', us: 100, tail_us: 50_000, tail_percent: 2 }, 4000).sort(
      (a, b) => a - b,
    );
    expect(seen[2000]).toBe(100);
    const late = seen.filter((value) => value > 100);
    expect(late.length / seen.length).toBeGreaterThan(0.013);
    expect(late.length / seen.length).toBeLessThan(0.027);
    expect(mean(late)).toBeGreaterThan(35_000);
  });

  test('strikes the operation it names, adds to the timer, and shows in the percentiles', () => {
    const on = bench({ irqmode: '2', completion_nsec: '10000' });
    on.device.fault('latency', { op: 'write', us: 500 });
    on.run('read', 0, 8);
    on.write(0, 8, 1);
    const { read, write } = on.device.inspect().latency;
    expect(read.p50Ns / 10_000).toBeCloseTo(1, 1);
    expect(write.p99Ns / 510_000).toBeCloseTo(1, 1);
  });
});

describe('error', () => {
  test('ends what it names with the status it names, every Nth, so many times', () => {
    const on = stored();
    on.device.fault('error', { op: 'read', status: 'MEDIUM', nth: 3, times: 2 });
    expect(Array.from({ length: 10 }, () => on.status('read', 0, 8))).toEqual([
      ...['OK', 'OK', 'MEDIUM'],
      ...['OK', 'OK', 'MEDIUM'],
      ...['OK', 'OK', 'OK', 'OK'],
    ]);
    expect(on.write(0, 8, 1)).toBe('OK');
  });

  test('strikes where it is told, and moves no data', () => {
    const on = stored();
    on.device.fault('error', { op: 'write', first: 16, last: 23 });
    expect([on.write(8, 8, 1), on.write(16, 8, 1), on.write(23, 1, 1), on.write(24, 8, 1)]).toEqual([
      'OK',
      'IOERR',
      'IOERR',
      'OK',
    ]);
    expect(on.read(16, 8)).toEqual(Array(8).fill(0));
  });

  test('by chance strikes about that often', () => {
    const on = stored();
    on.device.fault('error', { percent: 25 });
    const failed = Array.from({ length: 2000 }, () => on.status('read', 0, 8)).filter((status) => status === 'IOERR');
    expect(failed.length).toBeGreaterThan(430);
    expect(failed.length).toBeLessThan(570);
  });
});

describe('torn-write', () => {
  test('only whole sectors from the beginning arrive, the device says OK', () => {
    const on = stored();
    on.write(0, 64, 1);
    on.device.fault('torn-write');
    expect(on.write(0, 64, 2)).toBe('OK');
    const after = on.read(0, 64) ?? [];
    const arrived = after.filter((byte) => byte === 2).length;
    expect(arrived).toBeLessThan(64);
    expect(after).toEqual([...Array(arrived).fill(2), ...Array(64 - arrived).fill(1)]);
    expect(on.device.inspect().events.torn).toBe(1);
  });

  test('at a byte it leaves one sector half new and half old', () => {
    const on = stored();
    on.write(0, 1, 1);
    on.device.fault('torn-write', { boundary: 'byte', answer: 'IOERR' });
    expect(on.write(0, 1, 2)).toBe('IOERR');
    const bytes = on.run('read', 0, 1)?.data ?? new Uint8Array();
    const arrived = bytes.filter((byte) => byte === 2).length;
    expect(arrived).toBeGreaterThan(0);
    expect(arrived).toBeLessThan(SECTOR);
    expect([...bytes]).toEqual([...Array(arrived).fill(2), ...Array(SECTOR - arrived).fill(1)]);
  });
});

describe('bit-rot', () => {
  const flipped = (bytes: Uint8Array | undefined): number =>
    [...(bytes ?? [])].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);

  test('flips bits of what is read; the medium is whole', () => {
    const on = stored();
    on.status('write_zeroes', 0, 8, { noUnmap: true });
    on.device.fault('bit-rot', { times: 1 });
    expect(flipped(on.run('read', 0, 8)?.data)).toBe(1);
    expect(flipped(on.run('read', 0, 8)?.data)).toBe(0);
  });

  test('that stays is read again', () => {
    const on = stored();
    on.status('write_zeroes', 0, 8, { noUnmap: true });
    on.device.fault('bit-rot', { times: 1, bits: 3, stays: true });
    const damaged = on.run('read', 0, 8)?.data;
    expect(flipped(damaged)).toBe(3);
    expect(on.run('read', 0, 8)?.data).toEqual(damaged);
  });
});

describe('answers', () => {
  const order = (on: Bench): number[] => {
    for (let tag = 0; tag < 32; tag++) on.submit('read', 0, 8, { tag });
    on.clock.advance(10e9);
    return on.completions.map(({ tag }) => tag);
  };
  const inOrder = Array.from({ length: 32 }, (_, tag) => tag);

  test('reorder: all come, not in order', () => {
    const on = bench({ irqmode: '1' });
    on.device.fault('reorder', { window: 8 });
    const seen = order(on);
    expect(seen).not.toEqual(inOrder);
    expect([...seen].sort((a, b) => a - b)).toEqual(inOrder);
  });

  test('reorder holds one no longer than it is told, and lets all go when it is cleared', () => {
    const on = bench({ irqmode: '0' });
    on.device.fault('reorder', { window: 1000, hold_us: 200 });
    on.submit('read', 0, 8);
    on.clock.advance(199_999);
    expect(on.completions).toEqual([]);
    on.clock.advance(1);
    expect(on.completions).toHaveLength(1);
    on.submit('read', 0, 8);
    on.clock.advance(0);
    on.device.clear('reorder');
    expect(on.completions).toHaveLength(2);
  });

  test('drop-completion: the work is done, the answer never comes', () => {
    const on = stored();
    on.device.fault('drop-completion', { op: 'write', nth: 2 });
    expect([on.write(0, 8, 1), on.write(8, 8, 2)]).toEqual(['OK', undefined]);
    expect(on.read(0, 16)).toEqual([...Array(8).fill(1), ...Array(8).fill(2)]);
    expect(on.device.inspect()).toMatchObject({ inFlight: 0, events: { lost: 1 } });
  });

  test('duplicate-completion: the same answer once more, after the gap', () => {
    const on = stored();
    on.device.fault('duplicate-completion', { gap_us: 50, times: 1 });
    on.submit('read', 0, 8);
    expect(on.completions).toHaveLength(1);
    on.clock.advance(50_000);
    expect(on.completions).toHaveLength(2);
    expect(on.completions[1]).toEqual(on.completions[0]);
    expect(on.device.inspect()).toMatchObject({ requests: 1, events: { duplicated: 1 } });
  });

  test('strike polled requests too', () => {
    const on = bench();
    on.device.fault('drop-completion', { op: 'read', nth: 2 });
    on.device.fault('duplicate-completion', { op: 'flush' });
    for (const [tag, op] of (['read', 'read', 'flush'] as const).entries())
      on.submit(op, 0, op === 'read' ? 8 : 0, { tag, hctx: 1 });
    expect(on.device.poll(1).map(({ tag }) => tag)).toEqual([0, 2, 2]);
  });
});

describe('disconnect', () => {
  test('loses what is on its way, refuses what comes, and comes back with its data', () => {
    const on = bench({ memory_backed: '1', size: '16' });
    on.write(0, 8, 1);
    on.submit('read', 0, 8);
    const client = on.ask({ op: 'read', sector: 0, sectors: 8 });
    on.device.fault('disconnect');
    expect(client.answer?.status).toBe('TRANSPORT');
    expect(on.device.path).toBe('off');
    expect(errnoOf(() => on.device.identify())).toBe('ENODEV');
    expect(on.status('read', 0, 8)).toBe('TRANSPORT');
    expect(on.completions.filter(({ data }) => data !== undefined)).toEqual([]);
    on.device.clear('disconnect');
    expect(on.events).toEqual(['removed', 'resized']);
    expect(on.read(0, 8)).toEqual(Array(8).fill(1));
  });
});

describe('read-only', () => {
  test('is told to the driver, reads go on, writes end as it says', () => {
    const on = stored();
    on.device.fault('read-only', { status: 'TARGET' });
    expect(on.events).toEqual(['resized']);
    expect(on.device.identify().readOnly).toBe(true);
    expect([on.write(0, 8, 1), on.status('write_zeroes', 0, 8), on.status('read', 0, 8)]).toEqual([
      'TARGET',
      'TARGET',
      'OK',
    ]);
    on.device.clear('read-only');
    expect(on.write(0, 8, 1)).toBe('OK');
  });
});

describe('resize', () => {
  test('changes the capacity under the driver, both ways, and back', () => {
    const on = stored();
    on.device.fault('resize', { size_mib: 1 });
    expect(on.device.identify().capacitySectors).toBe(2048);
    expect(on.status('read', 2048, 8)).toBe('IOERR');
    on.device.fault('resize', { size_mib: 32 });
    expect(on.write(40_000, 8, 1)).toBe('OK');
    on.device.clear();
    expect(on.device.identify().capacitySectors).toBe(32_768);
    expect(on.events).toEqual(['resized', 'resized', 'resized']);
  });

  test('a zoned device keeps its size', () => {
    expect(errnoOf(() => bench({ zoned: '1' }).device.fault('resize'))).toBe('EINVAL');
  });
});

test('a fault or parameter that does not exist is refused with what does', () => {
  const { device } = bench();
  expect(() => device.fault('latencyy')).toThrow(/did you mean 'latency'/);
  expect(errnoOf(() => device.fault('latency', { us: -1 }))).toBe('EINVAL');
  expect(errnoOf(() => device.clear('nothing'))).toBe('ENOENT');
  expect(errnoOf(() => device.control('explode'))).toBe('ENOENT');
  expect(device.activeFaults).toEqual([]);
});

/** Everything a seed can decide, as a text. */
const story = (seed: number): string => {
  const on = bench({ memory_backed: '1', size: '16', timeout: '1,5,0,-1', requeue: '1,5,0,-1' }, { seed });
  on.device.fault('latency', { shape: 'long-tail', us: 10, tail_percent: 20 });
  on.device.fault('error', { percent: 10 });
  on.device.fault('torn-write', { percent: 30, boundary: 'byte' });
  on.device.fault('bit-rot', { percent: 30 });
  on.device.fault('reorder', { window: 4 });
  on.device.fault('drop-completion', { percent: 5 });
  on.device.fault('duplicate-completion', { percent: 5 });
  const told: unknown[] = [];
  on.device.completed = ({ data, ...rest }) =>
    void told.push([on.clock.now(), rest, data?.reduce((sum, byte) => sum * 31 + byte, 7)]);
  for (let i = 0; i < 200; i++) {
    on.submit(i % 3 === 0 ? 'write' : 'read', (i * 8) % 64, 8, {
      tag: i % 64,
      data: new Uint8Array(8 * SECTOR).fill(i),
    });
    on.clock.advance(3000);
  }
  on.clock.advance(10e9);
  return JSON.stringify([told, on.device.inspect()]);
};

test('the same seed strikes the same requests, another seed others', () => {
  expect(story(1)).toBe(story(1));
  expect(story(1)).not.toBe(story(2));
});

test('a fault that is switched on again strikes as it did the first time', () => {
  const on = stored();
  const strikes = () => Array.from({ length: 50 }, () => on.status('read', 0, 8));
  on.device.fault('error', { percent: 30 });
  const first = strikes();
  on.device.fault('error', { percent: 30 });
  expect(strikes()).toEqual(first);
});

test('every fault of the catalogue leaves the fast paths to the queues, and clearing gives them back', () => {
  const on = bench();
  for (const name of Object.keys(NULLB_FAULTS)) {
    on.device.fault(name);
    expect(on.device.path).toBe(name === 'disconnect' ? 'off' : 'queued');
    on.device.clear(name);
    expect(on.device.plain).toBe(true);
  }
});

test.each([
  [{ memory_backed: '1' }, 'direct'],
  [{ memory_backed: '1', cache_size: '1' }, 'direct'],
  [{ irqmode: '0' }, 'plain'],
  [{ irqmode: '2' }, 'queued'],
  [{ mbps: '1' }, 'queued'],
  [{ zoned: '1' }, 'queued'],
  [{ badblocks: '+1-1' }, 'queued'],
  [{ timeout: '1,1,0,1' }, 'queued'],
  [{ requeue: '1,1,0,1' }, 'queued'],
  [{ power: '0' }, 'off'],
] as const)('with %j the path is %s', (attributes, path) => {
  expect(bench(attributes).device.path).toBe(path);
});

test('the direct verbs refuse to leave out what the queues would do', () => {
  const on = bench({ irqmode: '2' });
  expect(errnoOf(() => on.device.readInto(0, 512, new Uint8Array(512), 0))).toBe('EBUSY');
  expect(bench({ power: '0' }).device.writeFrom(0, 512, new Uint8Array(512), 0, false)).toBe('OFFLINE');
  expect(bench({ size: '1' }).device.readInto(1 << 20, 1, new Uint8Array(1), 0)).toBe('IOERR');
});

describe('controls', () => {
  test('flush-cache, clear-badblocks, erase and reset-counters do what they say', () => {
    const on = bench({ memory_backed: '1', cache_size: '1', size: '16', irqmode: '0', badblocks: '+100-101' });
    on.write(0, 8, 1);
    expect(on.device.inspect()).toMatchObject({ cachedBytes: 4096, storedBytes: 0 });
    on.device.control('flush-cache');
    expect(on.device.inspect()).toMatchObject({ cachedBytes: 0, storedBytes: 4096 });
    on.device.control('clear-badblocks');
    expect(on.status('read', 100, 8)).toBe('OK');
    on.device.control('erase');
    expect(on.read(0, 1)).toEqual([0]);
    on.device.control('reset-counters');
    expect(on.device.inspect()).toMatchObject({ requests: 0, bytes: 0, latency: { read: { requests: 0 } } });
  });
});

test('there is nothing at a register address', () => {
  const { device } = bench();
  expect(errnoOf(() => device.peek(0))).toBe('ENOENT');
  expect(errnoOf(() => device.poke(0))).toBe('ENOENT');
});
