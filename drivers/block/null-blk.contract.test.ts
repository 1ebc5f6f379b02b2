/** The null_blk driver with MQTT between it and the device: the same promises, with messages that come twice and late. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { BlockBus } from '#bus/block-bus.ts';
import { connectBlock } from '#bus/block-connect.ts';
import { blockServer } from '#bus/block-serve.ts';
import { RealClock } from '#bus/clock.ts';
import { RigBench, type RigBroker } from '#bus/contract-rig.ts';
import type { Bio } from '#bus/disk.ts';
import { Trace } from '#bus/trace.ts';
import { Nullb } from '#devices/nullb/nullb.ts';
import { startBroker } from '#server/broker.ts';
import { inProcess } from '../kernel/in-process.ts';
import type { GenDisk } from './gendisk.ts';
import { nullBlk } from './null-blk.ts';

let broker: RigBroker;
let bench: RigBench;
beforeAll(async () => {
  broker = await startBroker({ host: '127.0.0.1', port: 0 });
  bench = new RigBench(broker);
});
afterEach(() => bench.takeDown());
afterAll(() => broker.close());

const attach = async (attributes: Record<string, string>, params: Record<string, unknown> = {}) => {
  const clock = new RealClock();
  const nullb = new Nullb({ clock, seed: 1, attributes });
  const bus = new BlockBus(nullb, { clock, device: 'nullb0', trace: new Trace() });
  await bench.serveWith('nullb0', (ground) => [blockServer((requester) => bus.port(requester), ground)]);
  const block = await connectBlock(await bench.client('drv', { presence: { module: 'null_blk' } }), 'nullb0');
  await block.bind();
  const kernel = inProcess(clock, { block });
  const loaded = await nullBlk.load(kernel, params);
  const disk = kernel.disks.get('nullb0') as GenDisk;
  const submit = (bio: Partial<Bio>) => disk.submit({ op: 'read', sector: 0, sectors: 8, ...bio });
  return { nullb, kernel, disk, submit, loaded, bus };
};

test('what is written is read again, though every answer is given twice', async () => {
  const { nullb, kernel, disk, submit } = await attach({ memory_backed: '1', size: '4', submit_queues: '2' });
  nullb.fault('duplicate-completion', { percent: 100 });
  const writes = Array.from({ length: 200 }, (_, i) =>
    submit({ op: 'write', sector: i * 8, data: new Uint8Array(4096).fill(i + 1) }),
  );
  expect(await Promise.all(writes)).toEqual(Array(200).fill({ status: 'OK' }));
  const { data } = await submit({ sectors: 1600 });
  expect(data).toEqual(Uint8Array.from({ length: 200 * 4096 }, (_, i) => 1 + Math.floor(i / 4096)));
  expect(disk.inflight).toBe(0);
  expect(kernel.findings).toEqual([]);
});

test('a tag whose answer was lost serves again after its timeout', async () => {
  const { nullb, kernel, disk, submit, bus } = await attach({ hw_queue_depth: '4' }, { timeout_ms: 2000 });
  nullb.fault('drop-completion', { times: 4 });
  const results = await Promise.all(Array.from({ length: 12 }, (_, i) => submit({ sector: i * 8 })));
  expect(results.filter(({ status }) => status === 'TIMEOUT')).toHaveLength(4);
  expect(results.filter(({ status }) => status === 'OK')).toHaveLength(8);
  expect(disk.stat().timeouts).toBe(4);
  expect(bus.counters).toMatchObject({ refused: 0, inFlight: 0 });
  expect(kernel.findings).toEqual([]);
});

test('everything ends when the driver is unloaded while the device is silent', async () => {
  const { nullb, kernel, submit, loaded } = await attach({});
  nullb.fault('drop-completion', {});
  const results = Array.from({ length: 10 }, (_, i) => submit({ sector: i * 8 }));
  await loaded.exit();
  expect(await Promise.all(results)).toEqual(Array(10).fill({ status: 'OFFLINE' }));
  expect(kernel.findings).toEqual([]);
});
