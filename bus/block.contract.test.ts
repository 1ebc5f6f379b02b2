/** The same facts of a block port in process, over the embedded broker, and over a real Mosquitto. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startBroker } from '#server/broker.ts';
import { type BlockCompletion, type BlockEvent, type BlockPort, SECTOR_BYTES } from './block.ts';
import { connectBlock } from './block-connect.ts';
import { type BlockRig, command, makeBlockRig, RIG_IDENTITY } from './block-rig.ts';
import { blockServer } from './block-serve.ts';
import type { BusClient } from './client.ts';
import { eventually, RigBench, type RigBroker } from './contract-rig.ts';
import type { RemoteEvent } from './device-connect.ts';
import type { ServedDevice } from './device-serve.ts';
import { startMosquitto } from './mosquitto.ts';
import { fillPattern } from './pattern.ts';

const embedded = (): Promise<RigBroker> => startBroker({ host: '127.0.0.1', port: 0 });

/** Vector 1, nothing follows. */
const HEAD = [0, 0, 0, 1, 0, 0, 0, 0];

const TRANSPORTS: readonly [string, (() => Promise<RigBroker>) | null][] = [
  ['in process', null],
  ['mqtt, embedded broker', embedded],
  ['mqtt, Mosquitto', startMosquitto],
];

describe.each(TRANSPORTS)('block %s', (_, start) => {
  let broker: RigBroker | undefined;
  let bench: RigBench;
  let rig: BlockRig;
  let port: BlockPort;
  let answers: BlockCompletion[];

  beforeAll(async () => {
    broker = await start?.();
  });
  afterAll(async () => {
    await bench?.takeDown();
    await broker?.close();
  });
  beforeEach(async () => {
    await bench?.takeDown();
    rig = makeBlockRig();
    port = rig.bus.port('rig');
    answers = [];
    if (broker !== undefined) {
      bench = new RigBench(broker);
      await bench.serveWith('blk0', (ground) => [blockServer((requester) => rig.bus.port(requester), ground)], {
        onFinding: (requester, what, text) => void rig.finding(requester, what, text),
      });
      const remote = await connectBlock(await bench.client('drv', { presence: { module: 'rig' } }), 'blk0');
      await remote.bind();
      port = remote;
    }
    port.onCompletion((completions) => void answers.push(...completions));
  });

  const answered = (count: number) =>
    eventually(
      () => answers,
      ({ length }) => length >= count,
    );

  test('identifies itself, and is ENODEV while it has no power', async () => {
    expect(await port.identify()).toEqual(RIG_IDENTITY);
    rig.silicon.powered = false;
    await expect(port.identify()).rejects.toMatchObject({ code: 'ENODEV' });
    await expect(port.submit([command({})])).rejects.toMatchObject({ code: 'ENODEV' });
  });

  test('what is written reads back, each answer with its tag and generation', async () => {
    const data = fillPattern('sector', 16, 8);
    await port.submit([command({ op: 'write', tag: 7, generation: 0xfffffffe, sector: 16, sectors: 8, data })]);
    await answered(1);
    await port.submit([command({ tag: 8, generation: 3, hctx: 1, sector: 16, sectors: 8 })]);
    const [write, read] = await answered(2);
    expect(write).toEqual({ hctx: 0, tag: 7, generation: 0xfffffffe, status: 'OK' });
    expect(read).toMatchObject({ hctx: 1, tag: 8, generation: 3, status: 'OK' });
    expect(read?.data).toEqual(fillPattern('sector', 16, 8));
  });

  test('carries every field of a command', async () => {
    const asked = [
      command({ op: 'write', tag: 1, sector: 4, fua: true, data: fillPattern('5a', 4, 2) }),
      command({ op: 'write_zeroes', tag: 2, sectors: 8192, noUnmap: true }),
      command({ op: 'flush', tag: 3, sectors: 0 }),
      command({ op: 'zone_reset', tag: 4, sector: 1024, sectors: 1024 }),
      command({ op: 'zone_reset_all', tag: 5, sectors: 0 }),
    ];
    await port.submit(asked.map((one) => ({ ...one, ...(one.data === undefined ? {} : { data: one.data.slice() }) })));
    await answered(asked.length);
    expect(rig.silicon.taken).toEqual(asked);
  });

  test('an append says where it was placed, and a status keeps its own name', async () => {
    await port.submit([
      command({ op: 'zone_append', tag: 1, sector: 1024, data: fillPattern('00', 0, 2) }),
      command({ op: 'discard', tag: 2 }),
    ]);
    expect(await answered(2)).toEqual([
      { hctx: 0, tag: 1, generation: 1, status: 'OK', sector: 1026 },
      { hctx: 0, tag: 2, generation: 1, status: 'ZONE_OPEN_RESOURCE' },
    ]);
  });

  test('a vector of 4 MiB goes whole and comes back whole', async () => {
    const sectors = 8192;
    const data = fillPattern('sector:9', 0, sectors);
    await port.submit([command({ op: 'write', sectors, data })]);
    await answered(1);
    await port.submit([command({ generation: 2, sectors })]);
    const [, read] = await answered(2);
    expect(Buffer.compare(read?.data ?? new Uint8Array(), fillPattern('sector:9', 0, sectors))).toBe(0);
  });

  test('a buffer that was handed over is the port’s: its former owner finds it empty', async () => {
    const data = fillPattern('5a', 0, 2);
    await port.submit([command({ op: 'write', data })]);
    expect(data.byteLength).toBe(0);
    const slab = new Uint8Array(4096).fill(0x11);
    await answered(1);
    await port.submit([command({ op: 'write', generation: 2, data: slab.subarray(0, 1024) })]);
    slab.fill(0x22); // a piece of a larger buffer cannot be taken away: it was copied
    await answered(2);
    expect(rig.silicon.medium[0]).toBe(0x11);
  });

  test.each([
    ['a queue that is not there', { hctx: 3 }, 'EINVAL', /queue 3/],
    ['a tag past the depth', { tag: 64 }, 'EINVAL', /tags 0 to 63/],
    ['a request beyond the end', { sector: 8190, sectors: 4 }, 'ERANGE', /8192 sectors/],
    ['a request that is no whole block', { sector: 1 }, 'EINVAL', /blocks are 2 sectors/],
    ['a request of nothing', { sectors: 0 }, 'EINVAL', /moves nothing/],
    [
      'a write without its data',
      { op: 'write' as const, data: new Uint8Array(512) },
      'EINVAL',
      /512 bytes; it takes 1024/,
    ],
  ])('refuses %s, tells it in the trace, and takes nothing of that vector', async (__, wrong, code, message) => {
    const vector = [command({ tag: 1 }), command({ tag: 2, ...wrong })];
    await expect(port.submit(vector)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(rig.silicon.taken).toEqual([]);
    const note = rig.records().at(-1);
    expect(note).toMatchObject({ op: 'note', outcome: 'refused' });
    expect(rig.trace.names.requesters[note?.requester ?? 0]).toBe('rig');
    await port.submit([command({ tag: 1 })]);
    await answered(1);
  });

  test('refuses a tag in flight, and takes it again once it is answered or reclaimed', async () => {
    rig.silicon.prompt = false;
    await port.submit([command({ tag: 5 })]);
    await expect(port.submit([command({ tag: 5, generation: 2 })])).rejects.toMatchObject({
      code: 'EBUSY',
      message: expect.stringMatching(/tag in flight.*use 1/),
    });
    await port.submit([command({ tag: 5, generation: 3, reclaims: true })]);
    for (const taken of rig.silicon.taken) rig.silicon.finish(taken);
    // the late answer of the use that was given up is passed on: telling it apart is the driver's
    expect((await answered(2)).map(({ generation }) => generation)).toEqual([1, 3]);
    expect(rig.bus.counters).toMatchObject({ inFlight: 0, completed: 1, unclaimed: 1 });
    await port.submit([command({ tag: 5, generation: 4 })]);
  });

  test('answers come in the order the device gave them, one that it repeats twice', async () => {
    rig.silicon.prompt = false;
    await port.submit(Array.from({ length: 64 }, (__, tag) => command({ tag })));
    const order = [...rig.silicon.taken].reverse();
    for (const taken of order) rig.silicon.finish(taken);
    rig.silicon.finish(order[0]!); // 64 were submitted
    expect((await answered(65)).map(({ tag }) => tag)).toEqual([...order.map(({ tag }) => tag), 63]);
  });

  test('a poll queue answers when it is polled, and only then', async () => {
    await port.submit([command({ hctx: 2, tag: 1 }), command({ hctx: 2, tag: 2, sectors: 4 })]);
    expect(await port.poll(0)).toEqual([]);
    expect((await port.poll(2)).map(({ tag, data }) => [tag, data?.length])).toEqual([
      [1, 2 * SECTOR_BYTES],
      [2, 4 * SECTOR_BYTES],
    ]);
    expect(await port.poll(2)).toEqual([]);
    expect(answers).toEqual([]);
    await expect(port.poll(9)).rejects.toMatchObject({ code: 'EINVAL' });
  });

  test('tells of a new size and of a device that has gone, whose tags are free', async () => {
    const events: BlockEvent[] = [];
    port.onEvent((event) => void events.push(event));
    rig.silicon.prompt = false;
    await port.submit([command({ tag: 5 })]);
    rig.silicon.event('resized');
    rig.silicon.event('removed');
    await eventually(
      () => events,
      ({ length }) => length === 2,
    );
    expect(events).toEqual(['resized', 'removed']);
    await port.submit([command({ tag: 5, generation: 2 })]);
  });

  test('records a request and its answer with place, slot and status; a repeated answer as unclaimed', async () => {
    await port.submit([command({ op: 'write', tag: 3, hctx: 1, sector: 6, fua: true, data: fillPattern('01', 0, 2) })]);
    await answered(1);
    rig.silicon.finish(rig.silicon.taken[0]!);
    await answered(2);
    const told = rig.records().map(({ op, outcome, at, value, old }) => [op, outcome, at, value, old >>> 0]);
    expect(told).toEqual([
      ['write', 'ok', 6, 2, 0x81010003], // FUA, BLOCK_OPS 1; queue 1; tag 3
      ['done', 'ok', 6, 2, 0x00010003],
      ['done', 'ignored', 6, 2, 0x00010003],
    ]);
  });

  test('200 requests in flight over two queues, finished at random: every one is answered once', async () => {
    let tags = 0;
    for (let round = 0; round < 20; round++) {
      rig.silicon.prompt = round % 2 === 0;
      const vector = Array.from({ length: 10 }, () =>
        command({ tag: tags % 64, hctx: (tags >> 6) & 1, generation: ++tags }),
      );
      const from = answers.length;
      rig.silicon.taken.length = 0;
      await port.submit(vector);
      if (!rig.silicon.prompt) for (const taken of [...rig.silicon.taken].reverse()) rig.silicon.finish(taken);
      await answered(from + 10);
    }
    expect(new Set(answers.map(({ generation }) => generation)).size).toBe(200);
    expect(rig.bus.counters).toMatchObject({ inFlight: 0, completed: 200, unclaimed: 0, refused: 0, recorded: 200 });
  });

  test('what throws in a listener is the driver’s: other listeners and the device go on', async () => {
    const thrown: unknown[] = [];
    const hear = (reason: unknown): void => void thrown.push(reason);
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', hear);
    try {
      const stop = port.onCompletion(() => {
        stop();
        throw new Error('bug');
      });
      await port.submit([command({})]);
      await eventually(
        () => thrown.length,
        (n) => n === 1,
      );
      await port.submit([command({ generation: 2 })]);
      await answered(2);
    } finally {
      process.off('unhandledRejection', hear);
      for (const other of others) process.on('unhandledRejection', other);
    }
    expect(thrown[0]).toMatchObject({ message: 'bug' });
  });
});

describe.each(TRANSPORTS.slice(1))('the block wire, %s', (_, start) => {
  let broker: RigBroker;
  let bench: RigBench;
  let rig: BlockRig;
  let served: ServedDevice;

  beforeAll(async () => {
    broker = await start!(); // both have one
  });
  afterAll(async () => {
    await bench.takeDown();
    await broker.close();
  });
  beforeEach(async () => {
    await bench?.takeDown();
    rig = makeBlockRig();
    bench = new RigBench(broker);
    served = await bench.serveWith('blk0', (ground) => [blockServer((requester) => rig.bus.port(requester), ground)]);
  });

  test('only the owner submits and polls; anybody may identify', async () => {
    const remote = await connectBlock(await bench.client('drv'), 'blk0');
    expect(await remote.identify()).toEqual(RIG_IDENTITY);
    await expect(remote.submit([command({})])).rejects.toMatchObject({ code: 'EACCES' });
    await expect(remote.poll(2)).rejects.toMatchObject({ code: 'EACCES' });
    expect(rig.silicon.taken).toEqual([]);
  });

  test('what the device still owes an owner that has gone is told to nobody, and its tags are free', async () => {
    rig.silicon.prompt = false;
    const first = await connectBlock(await bench.client('drv1'), 'blk0');
    await first.bind();
    await first.submit([command({ tag: 9 })]);
    await first.release();
    const second = await connectBlock(await bench.client('drv2'), 'blk0');
    await second.bind();
    const heard: BlockCompletion[] = [];
    second.onCompletion((completions) => void heard.push(...completions));
    rig.silicon.finish(rig.silicon.taken[0]!);
    await second.submit([command({ tag: 9, generation: 77 })]);
    rig.silicon.finish(rig.silicon.taken[1]!);
    await eventually(
      () => heard.length,
      (n) => n > 0,
    );
    expect(heard.map(({ generation }) => generation)).toEqual([77]);
    expect(rig.bus.counters).toMatchObject({ unclaimed: 1 });
  });

  test('a message that goes missing is asked for again, one that comes twice is heard once', async () => {
    const [client, lossy] = hardOfHearing(await bench.client('drv'));
    const remote = await connectBlock(client, 'blk0');
    const heard: number[] = [];
    remote.onCompletion((completions) => void heard.push(...completions.map(({ tag }) => tag)));
    await remote.bind();
    lossy.lose = true;
    await remote.submit([command({ tag: 1 })]);
    await remote.submit([command({ tag: 2 })]);
    await eventually(
      () => lossy.lost,
      (n) => n === 2,
    );
    lossy.lose = false;
    lossy.repeat = true;
    await remote.submit([command({ tag: 3 })]);
    await eventually(
      () => heard.length,
      (n) => n === 3,
    );
    await remote.submit([command({ tag: 4 })]);
    await eventually(
      () => heard.length,
      (n) => n === 4,
    );
    expect(heard).toEqual([1, 2, 3, 4]);
  });

  test('the last message may go missing too: a renewal of the lease tells', async () => {
    await served.close();
    served = await bench.serveWith('blk0', (ground) => [blockServer((requester) => rig.bus.port(requester), ground)], {
      leaseMs: 300,
    });
    const [client, lossy] = hardOfHearing(await bench.client('drv'));
    const remote = await connectBlock(client, 'blk0');
    const heard: number[] = [];
    remote.onCompletion((completions) => void heard.push(...completions.map(({ tag }) => tag)));
    await remote.bind();
    lossy.lose = true;
    await remote.submit([command({ tag: 1 })]);
    await eventually(
      () => heard.length,
      (n) => n === 1,
    );
  });

  test('a device that was replaced is gone for its owner, who goes on with the new one', async () => {
    rig.silicon.prompt = false;
    const remote = await connectBlock(await bench.client('drv'), 'blk0');
    const events: BlockEvent[] = [];
    remote.onEvent((event) => void events.push(event));
    await remote.bind();
    await remote.submit([command({ tag: 1 })]);
    rig = makeBlockRig();
    served.replaced();
    await eventually(
      () => events.length,
      (n) => n === 1,
    );
    expect(events).toEqual(['removed']);
    await remote.submit([command({ tag: 1, generation: 2 })]);
    expect(rig.silicon.taken).toHaveLength(1);
  });

  test.each([
    ['a request that ends in the middle', Buffer.from([...HEAD, 0x25, 0x60, 0x95]), 'EPROTO'],
    ['a wrong magic', Buffer.concat([Buffer.from(HEAD), Buffer.alloc(28)]), 'EPROTO'],
    ['no head at all', Buffer.from([1, 2, 3]), 'EPROTO'],
    ['a poll of no queue', null, 'EPROTO'],
  ])('answers %s with its errno, and the next one works', async (__, body, code) => {
    const client = await bench.client('drv');
    const remote = await connectBlock(client, 'blk0');
    await remote.bind();
    const asked = body === null ? remote.ask('poll', new Uint8Array(2)) : remote.ask('block', body);
    await expect(asked).rejects.toMatchObject({ code });
    await remote.submit([command({})]);
    expect(rig.silicon.taken).toHaveLength(1);
  });

  test('a driver’s finding reaches the lab under its module’s name', async () => {
    const found: string[] = [];
    await served.close();
    await bench.serveWith('blk0', () => [], {
      onFinding: (module, what, text) => void found.push(`${module}: ${what}: ${text}`),
    });
    const remote = await connectBlock(await bench.client('drv', { presence: { module: 'null_blk' } }), 'blk0');
    await remote.finding('double completion', 'write at 8');
    expect(found).toEqual(['null_blk: double completion: write at 8']);
    await expect(remote.ask('finding', new Uint8Array(3))).rejects.toMatchObject({ code: 'EPROTO' });
    await expect(remote.submit([command({})])).rejects.toMatchObject({ code: 'EOPNOTSUPP' });
  });

  test('a lost lease is told as loss, with what was in flight', async () => {
    const remote = await connectBlock(await bench.client('drv'), 'blk0');
    const events: RemoteEvent['kind'][] = [];
    remote.on(({ kind }) => void events.push(kind));
    await remote.bind();
    served.evict('for this test');
    await eventually(
      () => events,
      (all) => all.includes('lost'),
    );
    await expect(remote.submit([command({})])).rejects.toMatchObject({ code: 'EACCES' });
  });
});

interface Lossy {
  lose: boolean;
  repeat: boolean;
  lost: number;
}

/** A client whose ear for what a device tells can be held shut, or hear twice. */
const hardOfHearing = (client: BusClient): readonly [BusClient, Lossy] => {
  const lossy: Lossy = { lose: false, repeat: false, lost: 0 };
  const onTold: BusClient['onTold'] = (device, listener) =>
    client.onTold(device, (body) => {
      if (lossy.lose) {
        lossy.lost++;
        return;
      }
      listener(body);
      if (lossy.repeat) listener(body);
    });
  const proxy = new Proxy(client, {
    get(target, key) {
      if (key === 'onTold') return onTold;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return [proxy, lossy];
};
