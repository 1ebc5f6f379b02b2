/** Cases of blktests (linux-blktests/blktests) that make sense for a device, restated; each names its origin. */
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '#bus/clock.ts';
import { Random } from '#bus/random.ts';
import { bench, errnoOf, SECTOR } from './bench.ts';
import { Nullb } from './nullb.ts';
import { SharedTags } from './shared-tags.ts';

type Bench = ReturnType<typeof bench>;

/** Keeps `depth` requests going until `total` were asked; returns how many ended well. */
const load = (on: { device: Nullb; clock: VirtualClock }, total: number, depth = 32): (() => number) => {
  let asked = 0;
  let good = 0;
  const again = (): void => {
    if (asked >= total) return;
    const sector = ((asked * 7919) % 1000) * 8;
    asked++;
    on.device.request(
      { op: asked % 2 === 0 ? 'read' : 'write', sector, sectors: 8, data: new Uint8Array(8 * SECTOR) },
      ({ status }) => {
        if (status === 'OK') good++;
        if (status !== 'OFFLINE') again();
      },
    );
  };
  for (let i = 0; i < depth; i++) again();
  return () => good;
};

const zoned = (attributes: Record<string, string> = {}): Bench =>
  bench({
    zoned: '1',
    size: '1024',
    zone_size: '4',
    irqmode: '0',
    memory_backed: '1',
    max_sectors: '8192',
    ...attributes,
  });
const report = (on: Bench, sector = 0, zones = 0) => {
  const data = on.run('zone_report', sector, zones)?.data ?? new Uint8Array();
  const view = new DataView(data.buffer, data.byteOffset);
  return Array.from({ length: data.length / 64 }, (_, i) => ({
    start: Number(view.getBigUint64(i * 64, true)),
    length: Number(view.getBigUint64(i * 64 + 8, true)),
    wp: Number(view.getBigUint64(i * 64 + 16, true)),
    type: view.getUint8(i * 64 + 24),
    cond: view.getUint8(i * 64 + 25),
    capacity: Number(view.getBigUint64(i * 64 + 32, true)),
  }));
};

describe('block', () => {
  test('006: blocking mode, many reads at once', () => {
    const on = bench({ blocking: '1' });
    const good = load(on, 2000);
    on.clock.advance(1e9);
    expect(good()).toBe(2000);
  });

  test.each(['0', '1'])('010: shared_tags=%s, eight devices, all at the same speed', (shared) => {
    const clock = new VirtualClock();
    const tags = new SharedTags(64);
    const devices = Array.from(
      { length: 8 },
      (_, seed) => new Nullb({ clock, seed, tags, attributes: { shared_tags: shared, irqmode: '2' } }),
    );
    const done = devices.map((device) => load({ device, clock }, 1e6, 16));
    clock.advance(2e6);
    const counts = done.map((good) => good());
    expect(Math.min(...counts) / Math.max(...counts)).toBeGreaterThan(0.8);
    expect(Math.min(...counts)).toBeGreaterThan(1000);
    for (const device of devices) device.writeAttribute('power', '0');
  });

  test('014: half of all requests time out; nothing hangs, every one ends', () => {
    const on = bench({ timeout: '1,50,0,-1' });
    const asked = Array.from({ length: 300 }, () => on.ask({ op: 'read', sector: 0, sectors: 8 }));
    on.clock.advance(60e9);
    const statuses = asked.map(({ answer }) => answer?.status);
    expect(new Set(statuses)).toEqual(new Set(['OK', 'TIMEOUT']));
    expect(asked.every(({ answers }) => answers === 1)).toBe(true);
  });

  test('015: one in ten is requeued; every read finishes', () => {
    const on = bench({ requeue: '1,10,0,-1' });
    const good = load(on, 5000);
    on.clock.advance(100e9);
    expect(good()).toBe(5000);
  });

  test('016: reconfigured with requests in flight, none of them ends with an error', () => {
    const on = bench({ irqmode: '2', completion_nsec: '2000000000' });
    const asked = on.ask({ op: 'read', sector: 0, sectors: 8 });
    on.device.writeAttribute('submit_queues', '2');
    on.clock.advance(2e9);
    expect(asked.answer?.status).toBe('OK');
  });

  test('017: the in-flight count is 1 after a read, 1 and 1 after a write more, then 0', () => {
    const on = bench({ irqmode: '2', completion_nsec: '500000000' });
    const inFlight = () => {
      const { ops } = on.device.inspect();
      return [ops.read.inFlight, ops.write.inFlight];
    };
    on.submit('read', 0, 8, { tag: 0 });
    expect(inFlight()).toEqual([1, 0]);
    on.submit('write', 0, 8, { tag: 1, data: new Uint8Array(8 * SECTOR) });
    expect(inFlight()).toEqual([1, 1]);
    on.clock.advance(1e9);
    expect(inFlight()).toEqual([0, 0]);
  });

  test('018: reads and writes of one second each add up to exactly their seconds', () => {
    const on = bench({ irqmode: '2', completion_nsec: '1000000000' });
    on.submit('read', 0, 8, { tag: 0 });
    on.clock.advance(1e9);
    on.submit('write', 0, 8, { tag: 1, data: new Uint8Array(8 * SECTOR) });
    on.submit('write', 0, 8, { tag: 2, data: new Uint8Array(8 * SECTOR) });
    on.submit('read', 0, 8, { tag: 3 });
    on.clock.advance(2e9);
    const { read, write } = on.device.inspect().ops;
    expect([read.timeNs, write.timeNs]).toEqual([2e9, 2e9]);
  });

  test('020: with one tag a deep queue starves nobody', () => {
    const on = bench({ hw_queue_depth: '1', irqmode: '2' });
    const good = load(on, 1000, 128);
    on.clock.advance(1e9);
    expect(good()).toBe(1000);
  });

  test('022: power on and off of two devices with shared tags, requests between', () => {
    const clock = new VirtualClock();
    const tags = new SharedTags(8);
    const devices = [0, 1].map((seed) => new Nullb({ clock, seed, tags, attributes: { shared_tags: '1' } }));
    for (let i = 0; i < 200; i++) {
      const device = devices[i % 2]!;
      const good = load({ device, clock }, 5, 8);
      if (i % 3 === 0) clock.advance(1e6);
      device.writeAttribute('power', '0');
      device.writeAttribute('power', '1');
      expect(good()).toBeLessThanOrEqual(5);
    }
    const good = devices.map((device) => load({ device, clock }, 50, 8));
    clock.advance(1e9);
    expect(good.map((count) => count())).toEqual([50, 50]);
  });

  test('024: requests of half a millisecond are counted to the nanosecond', () => {
    const on = bench({ irqmode: '2', completion_nsec: '500000' });
    for (let i = 0; i < 1000; i++) on.run('read', 0, 8);
    expect(on.device.inspect().ops.read).toMatchObject({ requests: 1000, timeNs: 500e6 });
  });

  test('029: submit_queues changes while writes go on', () => {
    const on = bench({ irqmode: '2' });
    const good = load(on, 4000, 64);
    for (let i = 0; i < 100; i++) {
      on.device.writeAttribute('submit_queues', String(1 + (i % 4)));
      on.clock.advance(5000);
    }
    on.clock.advance(10e9);
    expect(good()).toBe(4000);
  });

  test('030: a queue that does not come up leaves the old number of queues, and the load unharmed', () => {
    const on = bench({ submit_queues: '2' });
    const good = load(on, 500);
    on.device.writeAttribute('init_hctx', '1,100,0,1');
    expect(errnoOf(() => on.device.writeAttribute('submit_queues', '4'))).toBe('ENOMEM');
    expect([on.device.readAttribute('submit_queues'), on.device.identify().submitQueues]).toEqual(['2', 2]);
    on.device.writeAttribute('submit_queues', '4');
    on.clock.advance(10e9);
    expect([good(), on.device.identify().submitQueues]).toEqual([500, 4]);
  });

  test('031: one tag bitmap for all queues, what was written is what is read', () => {
    const on = bench({
      shared_tag_bitmap: '1',
      submit_queues: '2',
      memory_backed: '1',
      size: '16',
      hw_queue_depth: '8',
    });
    const random = new Random(31);
    const sum = (data: Uint8Array): number => data.reduce((total, byte) => (total * 31 + byte) >>> 0, 0);
    const written = new Map<number, number>();
    for (let i = 0; i < 500; i++) {
      const sector = random.below(4000) * 8;
      const data = new Uint8Array(8 * SECTOR).fill(random.below(256)).fill(random.below(256), random.below(4096));
      written.set(sector, sum(data));
      on.device.request({ op: 'write', sector, sectors: 8, data }, () => {});
    }
    on.clock.advance(1e9);
    const wrong: number[] = [];
    for (const [sector, expected] of written)
      on.device.request({ op: 'read', sector, sectors: 8 }, ({ data }) => {
        if (data === undefined || sum(data) !== expected) wrong.push(sector);
      });
    on.clock.advance(1e9);
    expect(wrong).toEqual([]);
    expect(on.device.inspect().peakInFlight).toBe(8);
  });

  test('034: 50 MB written five times and erased: the memory is given back', () => {
    const on = bench({ memory_backed: '1', size: '64' });
    const megabyte = new Uint8Array(1 << 20);
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 50; i++) on.device.writeFrom(i << 20, 1 << 20, megabyte, 0, false);
      expect(on.device.inspect().storedBytes).toBe(50 << 20);
      on.device.control('erase');
      expect(on.device.inspect().storedBytes).toBe(0);
    }
  });

  test('035: a slow device does not take the tags from a fast one', () => {
    const clock = new VirtualClock();
    const tags = new SharedTags(64);
    const device = (ns: number): Nullb =>
      new Nullb({ clock, seed: ns, tags, attributes: { shared_tags: '1', irqmode: '2', completion_nsec: String(ns) } });
    const [fast, slow] = [device(1e6), device(1e8)];
    const good = load({ device: fast, clock }, 1e6, 64);
    load({ device: slow, clock }, 1e6, 64);
    clock.advance(200e6);
    expect(good()).toBeGreaterThan(200 * 30);
    for (const each of [fast, slow]) each.writeAttribute('power', '0');
  });

  test('038: power and submit_queues written in turn, 200 times each', () => {
    const on = bench();
    for (let i = 0; i < 200; i++) {
      on.device.writeAttribute('power', String(i % 2));
      on.device.writeAttribute('submit_queues', String(1 + (i % 4)));
      load(on, 3, 3);
    }
    on.clock.advance(1e9);
    expect(on.status('read', 0, 8)).toBe('OK');
    expect(on.device.identify().submitQueues).toBe(4);
  });
});

describe('zbd', () => {
  test('001: the number of zones and their size agree wherever they are told', () => {
    const on = zoned();
    expect(on.device.identify().zoned).toMatchObject({ zones: 256, zoneSectors: 8192 });
    expect(report(on)).toHaveLength(256);
    expect(on.device.inspect().zones).toMatchObject({ zones: 256, zoneSectors: 8192 });
  });

  test('002: a report is without gaps, every field of it makes sense', () => {
    const on = zoned({ size: '1023', zone_nr_conv: '3' });
    const zones = report(on);
    let next = 0;
    for (const [i, { start, length, capacity, wp, type, cond }] of zones.entries()) {
      expect([start, length]).toEqual([next, i === zones.length - 1 ? 3 * 2048 : 8192]);
      expect(capacity).toBeLessThanOrEqual(length);
      expect(type).toBe(i < 3 ? 1 : 2);
      expect(cond).toBe(i < 3 ? 0 : 1);
      if (i >= 3) expect(wp).toBe(start);
      next += length;
    }
    expect(next).toBe(on.device.identify().capacitySectors);
  });

  test('003: two zones are reset; 4 KiB move the pointer by eight sectors; reset takes it back', () => {
    const on = zoned();
    for (const zone of [0, 1]) expect(on.status('zone_reset', zone * 8192)).toBe('OK');
    on.write(0, 8, 1);
    expect(report(on, 0, 1)[0]?.wp).toBe(8);
    on.status('zone_reset', 0);
    expect(report(on, 0, 1)[0]?.wp).toBe(0);
  });

  test('004: a write across a border fills the first zone and opens the second', () => {
    const on = zoned();
    on.write(0, 8184, 1);
    const asked = on.ask({ op: 'write', sector: 8184, sectors: 16, data: new Uint8Array(16 * SECTOR) });
    expect(asked.answer?.status).toBe('OK');
    const [first, second] = report(on, 0, 2);
    expect(first?.cond).toBe(0xe);
    expect([2, 4]).toContain(second?.cond);
    expect(second?.wp).toBe(8192 + 8);
  });

  test('005: sequential writes of 256 KiB at depth 128 stay in order', () => {
    const on = zoned({ irqmode: '2' });
    const statuses: string[] = [];
    for (let i = 0; i < 256; i++)
      on.device.request(
        { op: 'write', sector: i * 512, sectors: 512, data: new Uint8Array(512 * SECTOR) },
        ({ status }) => void statuses.push(status),
      );
    on.clock.advance(1e9);
    expect(statuses).toEqual(Array(256).fill('OK'));
  });

  test('006: the report is asked for again and again while random zones are written', () => {
    const on = zoned();
    const random = new Random(6);
    for (let i = 0; i < 300; i++) {
      const zone = random.below(256);
      const wp = report(on, zone * 8192, 1)[0]?.wp ?? 0;
      expect(on.write(wp, 8, 1)).toBe(wp >= (zone + 1) * 8192 ? 'IOERR' : 'OK');
      expect(report(on)).toHaveLength(256);
    }
  });
});

describe('throtl', () => {
  test('001 and 002: a megabyte at a limit of so many a second takes its time', () => {
    const on = bench({ mbps: '1', irqmode: '0' }, { compat: 'strict' });
    const asked = on.ask({ op: 'write', sector: 0, sectors: 2048, data: new Uint8Array(2048 * SECTOR) });
    const last = on.ask({ op: 'read', sector: 0, sectors: 8 });
    on.clock.advance(900e6);
    expect([asked.answer?.status, last.answer]).toEqual(['OK', undefined]);
    on.clock.advance(200e6);
    expect(last.answer?.status).toBe('OK');
  });
});

describe('nbd', () => {
  test('001: a device that is resized tells the new size', () => {
    const on = bench();
    on.device.fault('resize', { size_mib: 100 });
    expect(on.events).toEqual(['resized']);
    expect(on.device.identify().capacitySectors).toBe(204_800);
  });
});
