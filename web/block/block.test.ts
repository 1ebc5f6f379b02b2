/** A block device in the dashboard: rates, histogram, zones, words. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLOCK_OPS, type BlockOp } from '#bus/block.ts';
import type { BlockOpCounts, BlockPanel, BlockZonesView } from '#bus/block-panel.ts';
import { VirtualClock } from '#bus/clock.ts';
import { Nullb } from '#devices/nullb/nullb.ts';
import { axisOf, barsOf } from './histogram.ts';
import { blockPanel, bytesText, nsText, settingsOf } from './panel.ts';
import { BlockMeter, bucketsSince, percentileOf, ratesOf } from './rates.ts';
import { kindOfZone, stripPaths, zoneAt, zonesSentence } from './zones.ts';

/** The panel of a real virtual device. */
const panelOf = (attributes: Readonly<Record<string, string>> = {}): BlockPanel =>
  new Nullb({ clock: new VirtualClock(), seed: 1, attributes: { power: '1', ...attributes } }).inspect();
const ZONED = { zoned: '1', zone_size: '4', zone_capacity: '3', size: '64', zone_nr_conv: '2', memory_backed: '1' };

const NONE: BlockOpCounts = { requests: 0, bytes: 0, errors: 0, timeNs: 0, inFlight: 0 };
const latency = (buckets: BlockPanel['latency']['read']['buckets']): BlockPanel['latency']['read'] => ({
  requests: buckets.reduce((sum, { requests }) => sum + requests, 0),
  meanNs: 0,
  maxNs: 0,
  p50Ns: 0,
  p90Ns: 0,
  p99Ns: 0,
  p999Ns: 0,
  buckets,
});
const counted = (at: number, requests: number, buckets: BlockPanel['latency']['read']['buckets'] = []): BlockPanel => ({
  ...panelOf(),
  at,
  requests,
  bytes: requests * 4096,
  ops: {
    ...(Object.fromEntries(BLOCK_OPS.map((op) => [op, NONE])) as Record<BlockOp, BlockOpCounts>),
    read: { ...NONE, requests },
  },
  latency: { read: latency(buckets), write: latency([]), other: latency([]) },
});

test('tells the panel of a null block device from any other', () => {
  expect(blockPanel(panelOf())?.kind).toBe('nullb');
  for (const other of [null, undefined, 7, {}, { kind: 'qt2025' }]) expect(blockPanel(other)).toBeNull();
});

test('rates are what came between two looks, and nothing where there is nothing to compare', () => {
  const [before, now] = [counted(1e9, 1000), counted(1.5e9, 6000)];
  expect(ratesOf(before, now)).toMatchObject({ iops: 10_000, reads: 10_000, writes: 0, bytes: 10_000 * 4096 });
  expect(ratesOf(now, now)).toBeNull();
  expect(ratesOf(now, counted(2e9, 10))).toBeNull();
});

test('latencies now are those of the requests since the look before', () => {
  const slow = [{ fromNs: 1_000_000, requests: 100 }];
  const now = counted(2e9, 200, [{ fromNs: 1000, requests: 100 }, ...slow]);
  expect(ratesOf(counted(1e9, 100, slow), now)).toMatchObject({ p50Ns: 1000, p99Ns: 1000 });
  expect(ratesOf(counted(1e9, 100, slow), counted(2e9, 200, slow))).toMatchObject({ p50Ns: null, p99Ns: null });
});

test('a meter gives the same rates again while the panel is the same', () => {
  const meter = new BlockMeter();
  expect(meter.read('nullb0', counted(1e9, 0))).toBeNull();
  const rates = meter.read('nullb0', counted(2e9, 500));
  expect(rates?.iops).toBe(500);
  expect(meter.read('nullb0', counted(2e9, 500))).toBe(rates);
  expect(meter.read('nullb1', counted(2e9, 500))).toBeNull();
});

const buckets = fc
  .uniqueArray(fc.integer({ min: 1, max: 80 }), { maxLength: 20 })
  .chain((edges) =>
    fc
      .array(fc.integer({ min: 0, max: 500 }), { minLength: edges.length, maxLength: edges.length })
      .map((counts) => edges.map((edge, i) => ({ fromNs: Math.round(2 ** (edge / 4)) + edge, requests: counts[i]! }))),
  );

test('a percentile is one of the buckets, and no percentile is below a lower one', () => {
  fc.assert(
    fc.property(buckets, (all) => {
      const found = [1, 50, 90, 99, 99.9, 100].map((percent) => percentileOf(all, percent));
      if (all.every(({ requests }) => requests === 0)) expect(found.every((value) => value === null)).toBe(true);
      else {
        for (const value of found)
          expect(all.some(({ fromNs, requests }) => fromNs === value && requests > 0)).toBe(true);
        expect(found).toEqual([...found].sort((a, b) => a! - b!));
      }
    }),
  );
});

test('buckets since none are all that hold something, since themselves none', () => {
  fc.assert(
    fc.property(buckets, (all) => {
      expect(bucketsSince([], all)).toEqual(all.filter(({ requests }) => requests > 0));
      expect(bucketsSince(all, all)).toEqual([]);
    }),
  );
});

test('the axis spans whole decades, and every bar lies inside the box', () => {
  expect(axisOf([[], []])).toBeNull();
  expect(axisOf([[{ fromNs: 362_000, requests: 1 }]])?.decades).toEqual([1e5, 1e6, 1e7]);
  fc.assert(
    fc.property(buckets, buckets, (read, write) => {
      const axis = axisOf([read, write]);
      if (axis === null) {
        expect(read.length + write.length).toBe(0);
        return;
      }
      const { bars } = barsOf(axis, { read: latency(read), write: latency(write), other: latency([]) });
      for (const [, left, bottom, width, height] of `${bars.read}${bars.write}`.matchAll(
        /M([\d.]+) ([\d.]+)h([\d.]+)v(-[\d.]+)/g,
      )) {
        expect(Number(left)).toBeGreaterThanOrEqual(0);
        expect(Number(left) + Number(width)).toBeLessThanOrEqual(100.02);
        expect(Number(bottom) + Number(height)).toBeGreaterThanOrEqual(-2.5);
      }
    }),
  );
});

const zonesOf = async (attributes: Readonly<Record<string, string>> = ZONED): Promise<BlockZonesView> => {
  const clock = new VirtualClock();
  const device = new Nullb({ clock, seed: 1, attributes: { ...attributes, power: '1' } });
  const ask = (op: BlockOp, sector: number, sectors = 0): void =>
    device.request(
      { op, sector, sectors, ...(op === 'write' ? { data: new Uint8Array(sectors * 512) } : {}) },
      ({ status }) => expect(status).toBe('OK'),
    );
  ask('write', 2 * 8192, 1536);
  ask('zone_finish', 3 * 8192);
  ask('write', 4 * 8192, 8);
  ask('zone_close', 4 * 8192);
  device.writeAttribute('zone_offline', String(5 * 8192));
  device.writeAttribute('zone_readonly', String(6 * 8192));
  await clock.advance(1e6);
  const { zones } = device.inspect();
  if (zones === null) throw new Error('it is zoned');
  return zones;
};

test('zones are named as blkzone does, with the write pointer where there is one', async () => {
  const zones = await zonesOf();
  expect([0, 2, 3, 4, 5, 6, 7].map((zone) => zoneAt(zones, zone).kind.letters)).toEqual([
    'nw',
    'oi',
    'fu',
    'cl',
    'of',
    'ro',
    'em',
  ]);
  expect(zoneAt(zones, 2)).toMatchObject({ startSector: 16_384, writtenSectors: 1536, writePointer: 17_920 });
  expect(zoneAt(zones, 3)).toMatchObject({ writtenSectors: zones.capacitySectors, writePointer: null });
  expect(zonesSentence(zones)).toBe(
    '16 zones: 2 conventional, 9 empty, 1 implicitly open, 1 closed, 1 read-only, 1 full, 1 offline',
  );
});

test('every condition has a shape of its own in the strip, filled as far as it is written', async () => {
  const paths = stripPaths(await zonesOf());
  expect(paths.ground.match(/M/g)).toHaveLength(16);
  expect(paths.open).toBe('M21 75h8v25h-8z');
  expect(paths.full).toBe('M31 0h8v100h-8z');
  for (const look of ['conventional', 'closed', 'read-only', 'offline'] as const) expect(paths[look]).not.toBe('');
  expect(kindOfZone('7').letters).toBe('??');
});

test('settings that hurt come first and as a caution', () => {
  expect(settingsOf(panelOf()).map(({ text }) => text)).toContain('no memory: reads leave the buffer as it was');
  const [first] = settingsOf(panelOf({ badblocks: '+8-15', memory_backed: '1', size: '64' }));
  expect(first).toMatchObject({ text: '8 bad sectors', caution: true });
});

test('sizes and times are read at a glance', () => {
  expect([0, 512, 4096, 1536, 4 * 2 ** 30, 345_300_000].map(bytesText)).toEqual([
    '0 B',
    '512 B',
    '4 KiB',
    '1.50 KiB',
    '4 GiB',
    '329.3 MiB',
  ]);
  expect([null, 0, 950, 362_000, 1_840_000, 2e9].map(nsText)).toEqual([
    '–',
    '0 ns',
    '950 ns',
    '362 µs',
    '1.84 ms',
    '2 s',
  ]);
});
