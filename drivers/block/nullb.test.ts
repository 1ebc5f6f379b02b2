/** The null_blk and rnull drivers on the virtual null block device, with every setting that changes how answers come. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ms, seconds } from '#bus/clock.ts';
import type { Bio } from '#bus/disk.ts';
import { Nullb, type NullbOptions } from '#devices/nullb/nullb.ts';
import { BlockBench } from './block-bench.ts';
import type { GenDisk } from './gendisk.ts';
import { nullBlk } from './null-blk.ts';
import { rnull } from './rnull.ts';

const bench = async (attributes: Record<string, string> = {}, of: Partial<NullbOptions> = {}, driver = nullBlk) => {
  const lab = new BlockBench((clock) => new Nullb({ clock, seed: 1, attributes, ...of }));
  const loaded = await lab.insmod(driver);
  const disk = loaded.disk as GenDisk;
  const submit = (bio: Partial<Bio>) => {
    const { op = 'read', sectors = 8 } = bio;
    const data = op === 'write' || op === 'zone_append' ? { data: new Uint8Array(sectors * 512).fill(0x5a) } : {};
    return disk.submit({ op, sector: 0, sectors, ...data, ...bio });
  };
  return { lab, nullb: lab.silicon, submit, ...loaded, disk };
};

test.each([
  ['none', { irqmode: '0' }],
  ['soft', { irqmode: '1' }],
  ['timer', { irqmode: '2', completion_nsec: '100000' }],
  ['several queues', { submit_queues: '4' }],
  ['poll queues', { submit_queues: '2', poll_queues: '1' }],
  ['one tag', { hw_queue_depth: '1' }],
  [
    'one tag bitmap for all queues (blktests block/031)',
    { submit_queues: '4', shared_tag_bitmap: '1', hw_queue_depth: '4' },
  ],
  ['blocks of 4096 bytes', { blocksize: '4096' }],
  ['small requests', { max_sectors: '8' }],
])('what is written is read again: %s', async (_what, attributes) => {
  const { lab, submit, disk, kernel } = await bench({ memory_backed: '1', size: '1', ...attributes });
  const polled = 'poll_queues' in attributes;
  const writes = Array.from({ length: 64 }, (_, i) =>
    submit({ op: 'write', sector: i * 8, polled, data: new Uint8Array(4096).fill(i + 1) }),
  );
  expect(await lab.until(Promise.all(writes))).toEqual(Array(64).fill({ status: 'OK' }));
  const { data } = await lab.until(submit({ sectors: 512, polled }));
  expect(data).toEqual(Uint8Array.from({ length: 64 * 4096 }, (_, i) => 1 + Math.floor(i / 4096)));
  expect(disk.stat().groups).toMatchObject({ write: { sectors: 512, errors: 0 }, read: { sectors: 512 } });
  expect(disk.inflight).toBe(0);
  expect(kernel.findings).toEqual([]);
});

test('a request takes completion_nsec, and the queue overlaps as many as there are tags', async () => {
  const { lab, submit } = await bench({ irqmode: '2', completion_nsec: '1000000', hw_queue_depth: '16' });
  await lab.until(Promise.all(Array.from({ length: 64 }, () => submit({}))));
  expect(lab.clock.now()).toBe(ms(4));
});

test('timeouts at 50 %: everything ends, nothing hangs (blktests block/014)', async () => {
  const { lab, submit, disk, kernel } = await bench({
    'timeout_inject/probability': '50',
    'timeout_inject/times': '-1',
  });
  const results = await lab.until(Promise.all(Array.from({ length: 200 }, (_, i) => submit({ sector: i * 8 }))));
  const timeouts = results.filter(({ status }) => status === 'TIMEOUT').length;
  expect(timeouts).toBeGreaterThan(60);
  expect(timeouts).toBeLessThan(140);
  expect(disk.stat().timeouts).toBe(timeouts);
  expect(results.filter(({ status }) => status === 'OK')).toHaveLength(200 - timeouts);
  expect(kernel.findings).toEqual([]);
});

test('requeues at 10 %: all reads finish (blktests block/015)', async () => {
  const { lab, submit, disk, kernel } = await bench({
    'requeue_inject/probability': '10',
    'requeue_inject/times': '-1',
  });
  const results = await lab.until(Promise.all(Array.from({ length: 500 }, (_, i) => submit({ sector: i * 8 }))));
  expect(results.every(({ status }) => status === 'OK')).toBe(true);
  expect(disk.stat().requeues).toBeGreaterThan(20);
  expect(kernel.findings).toEqual([]);
});

test('a throttle that can never admit a large request holds it for ever, a small one passes', async () => {
  const { lab, submit, exit } = await bench({ mbps: '1' });
  expect(await lab.until(submit({ sectors: 8 }))).toEqual({ status: 'OK' });
  const trapped = submit({ sectors: 64 });
  let over = false;
  void trapped.then(() => {
    over = true;
  });
  await lab.pass(seconds(30));
  expect(over).toBe(false);
  await exit();
  expect(await trapped).toEqual({ status: 'OFFLINE' });
});

test('a bad block fails once, and is good afterwards when it heals', async () => {
  const { lab, submit, nullb } = await bench({ badblocks_once: '1' });
  nullb.writeAttribute('badblocks', '+100-103');
  expect(await lab.until(submit({ sector: 96 }))).toEqual({ status: 'IOERR' });
  expect(await lab.until(submit({ sector: 96 }))).toEqual({ status: 'OK' });
});

test('flushed data survive a power cut, other data in the cache do not', async () => {
  const { lab, submit, nullb } = await bench({ memory_backed: '1', cache_size: '1', size: '8' });
  await lab.until(submit({ op: 'write', sector: 0 }));
  expect(await lab.until(submit({ op: 'flush', sectors: 0 }))).toEqual({ status: 'OK' });
  await lab.until(submit({ op: 'write', sector: 8 }));
  await lab.until(submit({ op: 'write', sector: 16, fua: true }));
  nullb.control('power-cut');
  expect((await submit({})).status).toBe('OFFLINE');
  nullb.control('power-on');
  await lab.pass(0);
  const bytes = async (sector: number) => (await lab.until(submit({ sector }))).data?.[0];
  expect([await bytes(0), await bytes(8), await bytes(16)]).toEqual([0x5a, 0, 0x5a]);
});

const ZONED = { zoned: '1', memory_backed: '1', size: '16', zone_size: '1', zone_nr_conv: '2' };

test('a large write goes through several zones in order (blktests zbd/004, zbd/005)', async () => {
  const { lab, submit, kernel } = await bench(ZONED);
  const start = 2 * 2048;
  const writes = Array.from({ length: 16 }, (_, i) => submit({ op: 'write', sector: start + i * 256, sectors: 256 }));
  expect(await lab.until(Promise.all(writes))).toEqual(Array(16).fill({ status: 'OK' }));
  expect(await lab.until(submit({ op: 'write', sector: start + 4096 + 8 }))).toEqual({ status: 'IOERR' });
  expect(kernel.findings).toEqual([]);
});

test.each(['65535', '0'])('appends tell where they went, with appends of %s sectors by the device', async (most) => {
  const { lab, submit } = await bench({ ...ZONED, zone_append_max_sectors: most });
  const placed = await lab.until(Promise.all([0, 1, 2].map(() => submit({ op: 'zone_append', sector: 3 * 2048 }))));
  expect(placed.map(({ sector }) => sector)).toEqual([6144, 6152, 6160]);
});

test('a zone report has 64 bytes for each zone (blktests zbd/002)', async () => {
  const { lab, submit } = await bench(ZONED);
  const { data } = await lab.until(submit({ op: 'zone_report', sector: 0, sectors: 0 }));
  expect(data?.length).toBe(16 * 64);
});

test('queues may change while it works (blktests block/029)', async () => {
  const { lab, submit, nullb, kernel } = await bench({ submit_queues: '4', irqmode: '2' });
  const results: Promise<unknown>[] = [];
  for (let round = 0; round < 40; round++) {
    for (let i = 0; i < 16; i++) results.push(submit({ op: 'write', sector: i * 8 }));
    await lab.pass(1000);
    nullb.writeAttribute('submit_queues', String(1 + (round % 4)));
  }
  expect(new Set((await lab.until(Promise.all(results))).map((result) => JSON.stringify(result)))).toEqual(
    new Set(['{"status":"OK"}']),
  );
  expect(kernel.findings).toEqual([]);
});

test.each([
  ['duplicate-completion', { percent: 50 }],
  ['reorder', { window: 8 }],
  ['latency', { shape: 'long-tail' }],
])("the device fault %s harms no data and is nobody's mistake", async (fault, params) => {
  const { lab, submit, nullb, disk, kernel } = await bench({ memory_backed: '1', size: '1' });
  nullb.fault(fault, params);
  for (let round = 0; round < 4; round++)
    await lab.until(
      Promise.all(
        Array.from({ length: 32 }, (_, i) =>
          submit({ op: 'write', sector: i * 8, data: new Uint8Array(4096).fill(round * 32 + i) }),
        ),
      ),
    );
  const { data } = await lab.until(submit({ sectors: 256 }));
  expect(data).toEqual(Uint8Array.from({ length: 32 * 4096 }, (_, i) => 96 + Math.floor(i / 4096)));
  if (fault === 'duplicate-completion') expect(disk.stat().ignored.duplicate).toBeGreaterThan(20);
  expect(kernel.findings).toEqual([]);
});

test('an answer the device loses ends with TIMEOUT', async () => {
  const { lab, submit, nullb, kernel } = await bench();
  nullb.fault('drop-completion', { times: 1 });
  expect(await lab.until(submit({}))).toEqual({ status: 'TIMEOUT' });
  expect(await lab.until(submit({}))).toEqual({ status: 'OK' });
  expect(kernel.findings).toEqual([]);
});

test('rnull drives a device of its own kind', async () => {
  const { lab, submit, disk, kernel } = await bench({}, { personality: 'rnull' }, rnull);
  expect(disk.blockBytes).toBe(4096);
  expect(await lab.until(submit({ op: 'write' }))).toEqual({ status: 'OK' });
  expect(await lab.until(submit({ op: 'read' }))).toEqual({ status: 'OK' });
  expect(kernel.findings).toEqual([]);
});

test('a device that is off cannot be probed', async () => {
  await expect(bench({ power: '0' })).rejects.toMatchObject({ code: 'ENODEV' });
});

test('disk and device keep what a plain array would', async () => {
  const work = fc.array(
    fc.record({
      op: fc.constantFrom(
        'read' as const,
        'write' as const,
        'write' as const,
        'discard' as const,
        'write_zeroes' as const,
      ),
      sector: fc.nat({ max: 2040 }),
      sectors: fc.integer({ min: 1, max: 300 }),
      fill: fc.integer({ min: 1, max: 255 }),
    }),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(work, fc.constantFrom('8', '0'), fc.constantFrom('0', '1'), async (steps, maxSectors, cache) => {
      const { lab, disk, submit, kernel } = await bench({
        memory_backed: '1',
        discard: '1',
        size: '1',
        max_sectors: maxSectors,
        cache_size: cache,
        'requeue_inject/probability': '20',
        'requeue_inject/times': '-1',
      });
      const model = new Uint8Array(2048 * 512);
      for (const { op, sector, sectors, fill } of steps) {
        const data = op === 'write' ? { data: new Uint8Array(sectors * 512).fill(fill) } : {};
        const result = await lab.until(submit({ op, sector, sectors, ...data }));
        if (sector + sectors > 2048) {
          expect(result).toEqual({ status: 'IOERR' });
          continue;
        }
        expect(result.status).toBe('OK');
        const span = model.subarray(sector * 512, (sector + sectors) * 512);
        if (op === 'read') expect(Buffer.compare(result.data ?? new Uint8Array(0), span)).toBe(0);
        else span.fill(op === 'write' ? fill : 0);
      }
      expect(disk.inflight).toBe(0);
      expect(kernel.findings).toEqual([]);
    }),
    { numRuns: 25 },
  );
});
