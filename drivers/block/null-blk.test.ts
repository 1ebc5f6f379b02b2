/** The null_blk driver against silicon that answers when the test says so. */
import { expect, test } from 'vitest';
import type { BlockIdentity } from '#bus/block.ts';
import { ms, seconds, us } from '#bus/clock.ts';
import type { Bio } from '#bus/disk.ts';
import { BlockBench, PatientSilicon } from './block-bench.ts';
import type { GenDisk } from './gendisk.ts';
import { nullBlk } from './null-blk.ts';
import { rnull } from './rnull.ts';

const bench = async (identity: Partial<BlockIdentity> = {}, params = {}, driver = nullBlk) => {
  const lab = new BlockBench(() => new PatientSilicon(identity));
  const loaded = await lab.insmod(driver, params);
  const { silicon } = lab;
  const disk = loaded.disk as GenDisk;
  const submit = (bio: Partial<Bio>) => {
    const { op = 'read', sectors = 1 } = bio;
    const data = op === 'write' || op === 'zone_append' ? { data: new Uint8Array(sectors * 512) } : {};
    return disk.submit({ op, sector: 0, sectors, ...data, ...bio });
  };
  return { lab, silicon, submit, ...loaded, disk };
};

const ZONED: Partial<BlockIdentity> = {
  zoned: { zoneSectors: 256, zones: 16, conventional: 1, maxOpen: 0, maxActive: 0, maxAppendSectors: 64 },
};

test('reads what the device answers', async () => {
  const { lab, silicon, submit, disk, kernel } = await bench();
  const reading = submit({ sector: 8 });
  await lab.pass(0);
  expect(silicon.log).toEqual(['read 8+1']);
  silicon.next({ data: new Uint8Array(512).fill(7) });
  expect(await reading).toEqual({ status: 'OK', data: new Uint8Array(512).fill(7) });
  expect(disk.inflight).toBe(0);
  expect(kernel.findings).toEqual([]);
});

test('says that nothing was read when the device left the buffer as it was', async () => {
  const { lab, silicon, submit } = await bench();
  const reading = submit({});
  await lab.pass(0);
  silicon.next();
  expect(await reading).toEqual({ status: 'OK' });
});

test('adds its disk under the first free name and takes it away on unload', async () => {
  const { kernel, exit } = await bench();
  expect([...kernel.disks.keys()]).toEqual(['nullb0']);
  expect(kernel.lines).toContain('info: disk nullb0 created: 4096 sectors in blocks of 512, 1 queues of 8');
  await exit();
  expect(kernel.disks.size).toBe(0);
});

test('sends what is submitted together as one vector', async () => {
  const { lab, silicon, submit } = await bench();
  let rung = 0;
  lab.bus.filters.add({
    submit(command, next) {
      rung++;
      next(command);
    },
  });
  const port = lab.trace;
  const all = Promise.all([0, 1, 2, 3].map((sector) => submit({ sector })));
  await lab.pass(0);
  expect(rung).toBe(4);
  expect(port.last).toBeGreaterThan(0);
  for (const command of silicon.held.splice(0)) silicon.answer(command);
  expect(await all).toEqual(Array(4).fill({ status: 'OK' }));
});

test('ends a request that the device forgot with TIMEOUT, and ignores the answer when it comes after all', async () => {
  const { lab, disk, silicon, submit, kernel } = await bench({ queueDepth: 1 });
  expect(await lab.until(submit({}))).toEqual({ status: 'TIMEOUT' });
  expect(lab.clock.now()).toBe(seconds(5));

  const second = submit({ sector: 1 });
  await lab.pass(0);
  silicon.next({ data: new Uint8Array(512).fill(1) });
  await lab.pass(0);
  silicon.next({ data: new Uint8Array(512).fill(2) });
  expect(await second).toEqual({ status: 'OK', data: new Uint8Array(512).fill(2) });
  expect(disk.stat()).toMatchObject({ timeouts: 1, ignored: { late: 1, duplicate: 0, unknown: 0 } });
  expect(kernel.findings).toEqual([]);
});

test('takes the timeout it was loaded with', async () => {
  const { lab, submit } = await bench({}, { timeout_ms: 20 });
  expect(await lab.until(submit({}))).toEqual({ status: 'TIMEOUT' });
  expect(lab.clock.now()).toBe(ms(20));
});

test('counts an answer that comes twice, and one nobody asked for, without calling the driver wrong', async () => {
  const { lab, disk, silicon, submit, kernel } = await bench();
  const reading = submit({});
  await lab.pass(0);
  const command = silicon.next();
  silicon.answer(command);
  await reading;
  silicon.answer(command);
  silicon.answer({ ...command, generation: command.generation + 5 });
  expect(disk.stat().ignored).toEqual({ late: 0, duplicate: 2, unknown: 1 });
  expect(kernel.findings).toEqual([]);
  expect(kernel.lines.filter((line) => line.includes('ignored'))).toHaveLength(2);
});

test('does not take answers to an earlier attachment for its own', async () => {
  const { lab, silicon, submit, exit } = await bench();
  const lost = submit({});
  await lab.pass(ms(3));
  const [old] = silicon.held.splice(0);
  await exit();
  expect(await lost).toEqual({ status: 'OFFLINE' });

  const again = await lab.insmod(nullBlk);
  const disk = again.disk as GenDisk;
  const reading = disk.submit({ op: 'read', sector: 0, sectors: 1 });
  await lab.pass(0);
  if (old !== undefined) silicon.answer(old, { data: new Uint8Array(512).fill(9) });
  silicon.next({ data: new Uint8Array(512).fill(1) });
  expect(await reading).toEqual({ status: 'OK', data: new Uint8Array(512).fill(1) });
  expect(again.kernel.findings).toEqual([]);
});

test('tries again when the device says RESOURCE', async () => {
  const { lab, disk, silicon, submit, kernel } = await bench();
  let refusals = 3;
  silicon.atOnce = () => (refusals-- > 0 ? { status: 'RESOURCE' } : { status: 'OK' });
  expect(await lab.until(submit({ op: 'write' }))).toEqual({ status: 'OK' });
  expect(silicon.log).toHaveLength(4);
  expect(disk.stat().requeues).toBe(3);
  expect(lab.clock.now()).toBe(ms(9));
  expect(kernel.findings).toEqual([]);
});

test('warns once about a request that is never taken, and does not let it time out', async () => {
  const { lab, silicon, submit, kernel } = await bench();
  silicon.atOnce = () => ({ status: 'RESOURCE' });
  let ended = false;
  void submit({}).then(() => {
    ended = true;
  });
  await lab.pass(seconds(10));
  expect(ended).toBe(false);
  expect(kernel.lines.filter((line) => line.includes('put off 1000 times'))).toHaveLength(1);
});

test('has one tag and a long line without starving anybody (blktests block/020)', async () => {
  const { lab, silicon, submit } = await bench({ queueDepth: 1 });
  const ended: number[] = [];
  for (let i = 0; i < 100; i++) void submit({ sector: i }).then(() => ended.push(i));
  let most = 0;
  for (let i = 0; i < 100; i++) {
    await lab.pass(0);
    most = Math.max(most, silicon.held.length);
    silicon.next();
  }
  await lab.pass(0);
  expect(most).toBe(1);
  expect(ended).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test('counts what is in flight (blktests block/017)', async () => {
  const { lab, silicon, submit, disk } = await bench();
  const reading = submit({});
  await lab.pass(0);
  expect(disk.stat().inflight).toEqual({ read: 1, write: 0 });
  const writing = submit({ op: 'write' });
  await lab.pass(0);
  expect(disk.stat().inflight).toEqual({ read: 1, write: 1 });
  for (const command of silicon.held.splice(0)) silicon.answer(command);
  await Promise.all([reading, writing]);
  expect(disk.stat().inflight).toEqual({ read: 0, write: 0 });
});

test.each([
  ['block/018', seconds(1)],
  ['block/024', us(500)],
])('keeps exact time of reads and writes (blktests %s)', async (_origin, takesNs) => {
  const { lab, silicon, submit, disk } = await bench();
  silicon.atOnce = (command) => {
    lab.clock.after(takesNs, () => silicon.answer(command));
    return undefined;
  };
  for (const op of ['read', 'write', 'write'] as const) await lab.until(submit({ op }));
  const { groups, ioTicksNs, timeInQueueNs } = disk.stat();
  expect(groups.read).toEqual({ ios: 1, sectors: 1, errors: 0, ticksNs: takesNs });
  expect(groups.write).toEqual({ ios: 2, sectors: 2, errors: 0, ticksNs: 2 * takesNs });
  expect(ioTicksNs).toBe(3 * takesNs);
  expect(timeInQueueNs).toBe(3 * takesNs);
});

test('collects from poll queues what asked to be polled', async () => {
  const { lab, silicon, submit, kernel } = await bench({ submitQueues: 2, pollQueues: 1 });
  const polled = submit({ polled: true });
  await lab.pass(0);
  expect(silicon.held[0]?.hctx).toBe(2);
  await lab.pass(ms(5));
  silicon.next({ data: new Uint8Array(512).fill(3) });
  expect(await lab.until(polled)).toEqual({ status: 'OK', data: new Uint8Array(512).fill(3) });
  expect(kernel.findings).toEqual([]);
  await lab.pass(ms(10));
  expect(lab.clock.nextAt()).toBeGreaterThan(lab.clock.now() + seconds(1)); // nobody polls an empty queue
});

test('uses as many queues as it is told', async () => {
  const { lab, silicon, submit } = await bench({ submitQueues: 4 }, { submit_queues: 2 });
  for (let i = 0; i < 8; i++) void submit({ sector: i });
  await lab.pass(0);
  expect(new Set(silicon.held.map(({ hctx }) => hctx))).toEqual(new Set([0, 1]));
});

test('sends no flush without a volatile cache', async () => {
  const { silicon, submit } = await bench({ features: [] });
  expect(await submit({ op: 'flush', sectors: 0 })).toEqual({ status: 'OK' });
  expect(silicon.log).toEqual([]);
});

test('lets flushes that wait share the next one', async () => {
  const { lab, silicon, submit } = await bench();
  const flushes = Promise.all([0, 1, 2, 3].map(() => submit({ op: 'flush', sectors: 0 })));
  for (let i = 0; i < 2; i++) {
    await lab.pass(0);
    silicon.next();
  }
  expect(await flushes).toEqual(Array(4).fill({ status: 'OK' }));
  expect(silicon.log).toEqual(['flush 0+0', 'flush 0+0']);
});

test('flushes before and after where the device has no FUA', async () => {
  const { lab, silicon, submit } = await bench({ features: ['flush'] });
  silicon.atOnce = () => ({});
  expect(await lab.until(submit({ op: 'write', preflush: true, fua: true }))).toEqual({ status: 'OK' });
  expect(silicon.log).toEqual(['flush 0+0', 'write 0+1', 'flush 0+0']);
});

test('passes FUA on where the device has it', async () => {
  const { lab, silicon, submit } = await bench();
  silicon.atOnce = () => ({});
  await lab.until(submit({ op: 'write', sectors: 100, fua: true }));
  expect(silicon.log).toEqual(['write 0+64 fua', 'write 64+36 fua']);
});

test('writes zeroes as data where the device cannot', async () => {
  const { lab, silicon, submit } = await bench();
  let bytes = -1;
  silicon.atOnce = ({ data }) => {
    bytes = data?.length ?? 0;
    return {};
  };
  expect(await lab.until(submit({ op: 'write_zeroes', sectors: 8 }))).toEqual({ status: 'OK' });
  expect(silicon.log).toEqual(['write 0+8']);
  expect(bytes).toBe(4096);
});

test('puts a read together from its pieces, and fails it as a whole when one fails', async () => {
  const { lab, silicon, submit } = await bench();
  silicon.atOnce = ({ sector, sectors }) => ({ data: new Uint8Array(sectors * 512).fill(1 + sector / 64) });
  const { data } = await lab.until(submit({ sectors: 130 }));
  expect([data?.length, data?.[0], data?.[64 * 512], data?.[129 * 512]]).toEqual([130 * 512, 1, 2, 3]);
  silicon.atOnce = ({ sector }) => (sector === 64 ? { status: 'MEDIUM' } : {});
  expect(await lab.until(submit({ sectors: 130 }))).toEqual({ status: 'MEDIUM' });
});

test('answers what does not fit without asking the device', async () => {
  const { silicon, submit, kernel, disk } = await bench({ blockBytes: 4096 });
  expect(await submit({ sector: 4096, sectors: 8 })).toEqual({ status: 'IOERR' });
  expect(await submit({ sector: 1, sectors: 8 })).toEqual({ status: 'INVAL' });
  expect(silicon.log).toEqual([]);
  expect(disk.refused).toBe(2);
  expect(kernel.lines.filter((line) => line.includes('refused'))).toHaveLength(1);
});

test('keeps the order of writes into one zone (blktests zbd/005), not across zones', async () => {
  const { lab, silicon, submit } = await bench(ZONED);
  for (const sector of [256, 257, 258, 512]) void submit({ op: 'write', sector });
  await lab.pass(0);
  expect(silicon.log).toEqual(['write 256+1', 'write 512+1']);
  silicon.next();
  await lab.pass(0);
  silicon.next({}, 1);
  await lab.pass(0);
  expect(silicon.log).toEqual(['write 256+1', 'write 512+1', 'write 257+1', 'write 258+1']);
});

test('splits at zones (blktests zbd/004)', async () => {
  const { lab, silicon, submit } = await bench(ZONED);
  silicon.atOnce = () => ({});
  await lab.until(submit({ op: 'write', sector: 508, sectors: 8 }));
  expect(silicon.log).toEqual(['write 508+4', 'write 512+4']);
});

test('says where an append went', async () => {
  const { lab, silicon, submit } = await bench(ZONED);
  silicon.atOnce = () => ({ sector: 300 });
  expect(await lab.until(submit({ op: 'zone_append', sector: 256 }))).toEqual({ status: 'OK', sector: 300 });
});

test('follows the device when it is resized', async () => {
  const { lab, silicon, disk, submit, kernel } = await bench();
  silicon.identity = { ...silicon.identity, capacitySectors: 1024 };
  silicon.event('resized');
  await lab.pass(0);
  expect(disk.capacitySectors).toBe(1024);
  expect(await submit({ sector: 2000 })).toEqual({ status: 'IOERR' });
  expect(kernel.lines).toContain('info: nullb0: capacity 4096 -> 1024 sectors');
});

test('ends everything with OFFLINE when the device goes, and works again when it is back', async () => {
  const { lab, silicon, submit, kernel } = await bench();
  const lost = submit({});
  await lab.pass(0);
  silicon.event('removed');
  expect(await lost).toEqual({ status: 'OFFLINE' });
  expect(await submit({})).toEqual({ status: 'OFFLINE' });
  silicon.event('resized');
  await lab.pass(0);
  silicon.atOnce = () => ({});
  expect(await lab.until(submit({}))).toEqual({ status: 'OK' });
  expect(kernel.findings).toEqual([]);
});

test.each([nullBlk, rnull])(
  '$info.name ends what the device never answered once with OFFLINE on unload',
  async (driver) => {
    const { lab, submit, exit, disk, kernel } = await bench({ queueDepth: 2 }, {}, driver);
    const results = [0, 1, 2].map((sector) => submit({ sector }));
    await lab.pass(0);
    await exit();
    expect(await Promise.all(results)).toEqual(Array(3).fill({ status: 'OFFLINE' }));
    expect(await submit({})).toEqual({ status: 'OFFLINE' });
    expect(disk.inflight).toBe(0);
    expect(kernel.findings).toEqual([]);
  },
);

test('a request that the device asks to try again while the driver is unloaded ends with OFFLINE at once', async () => {
  const { lab, silicon, submit, exit } = await bench();
  const reading = submit({});
  await lab.pass(0);
  lab.clock.after(ms(200), () => silicon.next({ status: 'RESOURCE' }));
  await exit();
  expect(lab.clock.now()).toBe(ms(200));
  expect(await reading).toEqual({ status: 'OFFLINE' });
});

test('says that it reclaims a tag only when the device still owes its answer', async () => {
  const { lab, silicon, submit } = await bench({ queueDepth: 1 });
  const reclaims: (boolean | undefined)[] = [];
  silicon.atOnce = (command) => {
    reclaims.push(command.reclaims);
    return reclaims.length === 2 ? undefined : {};
  };
  for (let i = 0; i < 4; i++) await lab.until(submit({}));
  expect(reclaims).toEqual([undefined, undefined, true, undefined]);
});

test('a command that the port did not take leaves no answer owed', async () => {
  const { lab, silicon, submit } = await bench({ queueDepth: 1 });
  const { maxSectors } = silicon.identity;
  silicon.identity = { ...silicon.identity, maxSectors: 1 };
  expect(await lab.until(submit({ sectors: 8 }))).toEqual({ status: 'IOERR' });
  silicon.identity = { ...silicon.identity, maxSectors };
  const again = submit({});
  await lab.pass(0);
  expect(silicon.held[0]?.reclaims).toBeUndefined();
  silicon.next();
  expect(await again).toEqual({ status: 'OK' });
});

test('lets what the device still answers end well on unload', async () => {
  const { lab, silicon, submit, exit } = await bench();
  const reading = submit({});
  await lab.pass(0);
  lab.clock.after(ms(500), () => silicon.next());
  await exit();
  expect(await reading).toEqual({ status: 'OK' });
});

test("rnull has one queue however many the device has, and its timeout is the kernel's", async () => {
  const { lab, silicon, submit } = await bench({ submitQueues: 4 }, {}, rnull);
  const results = [0, 1, 2].map((sector) => submit({ sector }));
  await lab.pass(0);
  expect(silicon.held.map(({ hctx }) => hctx)).toEqual([0, 0, 0]);
  expect(await lab.until(Promise.all(results))).toEqual(Array(3).fill({ status: 'TIMEOUT' }));
  expect(lab.clock.now()).toBe(seconds(30));
});
