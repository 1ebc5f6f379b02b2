/** What only a wire has: deadlines, owners, duplicates, deaths; over the embedded broker and over a real Mosquitto. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { c45, Mmd } from '#datasheets/c45.ts';
import { startBroker } from '#server/broker.ts';
import { eventually, makeRig, RigBench, type RigBroker } from './contract-rig.ts';
import type { RemoteEvent } from './device-connect.ts';
import { LabError } from './errors.ts';
import { BusLink } from './link.ts';
import { addressFrame, c45Registers, type MdioPort, readFrame, writeFrame } from './mdio.ts';
import { connectMdio, type RemoteMdio } from './mdio-connect.ts';
import { decodeReply, encodeRequest, framesToBody } from './message.ts';
import { startMosquitto } from './mosquitto.ts';
import { topics } from './topics.ts';

const memory = c45(Mmd.PCS, 0x8000);
const at = topics('lab');

describe.each([
  ['the embedded broker', (): Promise<RigBroker> => startBroker({ host: '127.0.0.1', port: 0 })],
  ['Mosquitto', startMosquitto],
])('over %s', (_, start) => {
  let broker: RigBroker;
  let bench: RigBench;
  beforeAll(async () => {
    broker = await start();
    bench = new RigBench(broker);
  });
  afterEach(() => bench.takeDown());
  afterAll(() => broker.close());

  const driver = async (name: string, module = 'rig', deadlineMs = 2000): Promise<RemoteMdio> =>
    connectMdio(await bench.client(name, { presence: { module } }), 'phy0', { deadlineMs });

  test('a second driver is told who has the device, may read, and may not write', async () => {
    const rig = makeRig();
    await bench.serve(rig);
    const [first, second] = [await driver('drv1'), await driver('drv2')];
    await first.bind();
    await expect(second.bind()).rejects.toMatchObject({ code: 'EBUSY', message: expect.stringContaining('drv1') });
    await expect(c45Registers(second, 1).write(memory, 1)).rejects.toMatchObject({
      code: 'EACCES',
      message: expect.stringContaining('its owner is drv1'),
    });
    expect(await c45Registers(second, 1).read(c45(1, 2))).toBe(0x0043);
    expect(rig.silicon.memory.size).toBe(0);
    await first.release();
    await second.bind();
    await c45Registers(second, 1).write(memory, 1);
    expect(rig.silicon.memory.get(memory)).toBe(1);
  });

  test('a write to a device nobody has bound is refused', async () => {
    await bench.serve(makeRig());
    const port = await driver('drv1');
    await expect(c45Registers(port, 1).write(memory, 1)).rejects.toMatchObject({
      code: 'EACCES',
      message: expect.stringContaining('bind it first'),
    });
  });

  test('the trace names the module of who asked, or the client that has none', async () => {
    const rig = makeRig();
    await bench.serve(rig);
    await c45Registers(await driver('drv1', 'qt2025'), 1).read(c45(1, 2));
    await c45Registers(await connectMdio(await bench.client('watch7'), 'phy0'), 1).read(c45(1, 2));
    expect(rig.trace.names.requesters).toEqual(['', 'qt2025', 'watch7']);
  });

  test('a request delivered twice is applied once and answered alike', async () => {
    const rig = makeRig();
    await bench.serve(rig);
    const { link } = await bench.client('raw');
    const replies: Uint8Array[] = [];
    await link.subscribe(at.reply('raw'), (_topic, payload) => void replies.push(payload));
    const ask = (correlation: number, frames: Uint32Array): Promise<void> =>
      link.publish(
        at.request('phy0'),
        encodeRequest({ kind: 'mdio', deadlineMs: 1000, correlation, client: 'raw', body: framesToBody(frames) }),
      );
    const read = Uint32Array.of(addressFrame(1, c45(Mmd.PCS, 1)), readFrame(1, Mmd.PCS));
    rig.silicon.regs.poke('STATUS', { LSTATUS: false });
    rig.silicon.regs.poke('STATUS', { LSTATUS: true });
    await ask(7, read);
    await ask(7, read);
    await eventually(
      () => replies.length,
      (n) => n === 2,
    );
    expect(replies[1]).toEqual(replies[0]); // the latch read 0 once; read twice it would show 4
    expect(rig.accesses()).toHaveLength(1);
    await ask(7, Uint32Array.of(addressFrame(1, memory), readFrame(1, Mmd.PCS)));
    await eventually(
      () => replies.length,
      (n) => n === 3,
    );
    expect(decodeReply(replies[2]!).result).toMatchObject({ code: 'EINVAL' });
    expect(rig.accesses()).toHaveLength(1);
  });

  test('a device that does not answer is an error at the deadline, and what waited too long is not begun', async () => {
    const rig = makeRig();
    const hold = Promise.withResolvers<void>();
    const slow: MdioPort = {
      transfer: async (frames) => {
        await hold.promise;
        return rig.bus.execute(frames, 'slow');
      },
    };
    await bench.serve(rig, { port: () => slow });
    const port = await driver('drv1', 'rig', 100);
    const began = performance.now();
    const late = [c45Registers(port, 1).read(memory), c45Registers(port, 1).read(memory + 1)];
    for (const read of late) await expect(read).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(performance.now() - began).toBeLessThan(1000);
    await eventually(
      () => performance.now() - began,
      (ms) => ms > 300, // the deadline at the device counts from arrival
    );
    hold.resolve();
    expect(await c45Registers(port, 1).read(memory + 2)).toBe(0);
    expect(rig.accesses().map((record) => record.at)).toEqual([memory, memory + 2]);
  });

  test('kill -9 of the owner frees the device at once', async () => {
    const served = await bench.serve(makeRig());
    const other = await driver('drv2');
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { BusClient } from '#bus/client.ts';
         import { connectMdio } from '#bus/mdio-connect.ts';
         const client = await BusClient.connect({ url: '${broker.url}', lab: 'lab', client: 'doomed', role: 'driver' });
         await (await connectMdio(client, 'phy0')).bind();
         console.log('bound');`,
      ],
      { cwd: new URL('..', import.meta.url), stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    await expect(other.bind()).rejects.toMatchObject({ code: 'EBUSY', message: expect.stringContaining('doomed') });
    child.kill('SIGKILL');
    await eventually(
      () => served.owner(),
      (owner) => owner === null,
      3000,
    );
    await other.bind();
    expect(served.owner()).toMatchObject({ client: 'drv2', module: 'rig', leaseOfMs: 10_000 });
  });

  test('a death of another session does not take the device away', async () => {
    const served = await bench.serve(makeRig());
    const client = await bench.client('drv1', { presence: { module: 'rig' } });
    const port = await connectMdio(client, 'phy0');
    await port.bind();
    const said = { client: 'drv1', role: 'driver', state: 'gone', session: 'an-earlier-one' };
    await client.link.publish(at.client('drv1'), JSON.stringify(said), { retain: true });
    await c45Registers(port, 1).write(memory, 1); // comes after the death on the same connection
    expect(served.owner()).toMatchObject({ client: 'drv1' });
    await client.link.publish(at.client('drv1'), JSON.stringify({ ...said, session: client.session }));
    await eventually(
      () => served.owner(),
      (owner) => owner === null,
    );
  });

  test('a lease that is not renewed ends; one that is renewed does not', async () => {
    const served = await bench.serve(makeRig(), { leaseMs: 150 });
    const { link } = await bench.client('script');
    const body = new Uint8Array();
    await link.publish(
      at.request('phy0'),
      encodeRequest({ kind: 'bind', deadlineMs: 1000, correlation: 1, client: 'script', body }),
    );
    await eventually(
      () => served.owner(),
      (owner) => owner?.client === 'script',
    );
    await eventually(
      () => served.owner(),
      (owner) => owner === null,
    );
    const port = await driver('drv1');
    await port.bind();
    const changes: unknown[] = [];
    port.on((event) => changes.push(event));
    const until = performance.now() + 600;
    await eventually(
      () => [performance.now(), served.owner()?.client] as const,
      ([now, client]) => client !== 'drv1' || now > until,
    );
    expect(served.owner()?.client).toBe('drv1');
    expect(port.bound).toBe(true);
    served.evict('made to let go');
    await eventually(
      () => port.bound,
      (bound) => !bound,
    );
    expect(changes).toContainEqual({ kind: 'lost', reason: expect.objectContaining({ code: 'EACCES' }) });
  });

  test('replies go to the one who asked', async () => {
    await bench.serve(makeRig());
    const bystander = await bench.client('other', { role: 'watcher' });
    const heard: string[] = [];
    await bystander.link.subscribe(at.reply('other'), (topic) => void heard.push(topic));
    const port = await driver('drv1');
    await port.bind();
    for (let i = 0; i < 20; i++) await c45Registers(port, 1).write(memory + i, i);
    expect(heard).toEqual([]);
  });

  test('what is malformed is answered or counted, and everything else goes on', async () => {
    const lines: string[] = [];
    const served = await bench.serve(makeRig(), { log: (line) => void lines.push(line) });
    const { link } = await bench.client('raw');
    const replies: Uint8Array[] = [];
    await link.subscribe(at.reply('raw'), (_topic, payload) => void replies.push(payload));
    const good = encodeRequest({
      kind: 'mdio',
      deadlineMs: 1000,
      correlation: 5,
      client: 'raw',
      body: new Uint8Array(4),
    });
    await link.publish(at.request('phy0'), Uint8Array.of(1, 2, 3));
    await link.publish(at.request('phy0'), Uint8Array.from(good).fill(9, 0, 1));
    await link.publish(at.request('phy0'), good.subarray(0, good.length - 1));
    await eventually(
      () => replies.length,
      (n) => n === 2,
    );
    expect(replies.map((reply) => decodeReply(reply))).toMatchObject([
      { correlation: 5, result: { code: 'EOPNOTSUPP' } },
      { correlation: 5, result: { code: 'EPROTO' } },
    ]);
    expect(served.ignored).toBe(1);
    expect(lines).toHaveLength(1);
    expect(await c45Registers(await driver('drv1'), 1).read(c45(1, 2))).toBe(0x0043);
  });

  test('two labs on one broker with the same device name keep to themselves', async () => {
    const [one, two] = [makeRig(), makeRig()];
    await bench.serve(one);
    await bench.serve(two, { lab: 'attic' });
    const port = await connectMdio(await bench.client('drv1', { lab: 'attic' }), 'phy0');
    await port.bind();
    await c45Registers(port, 1).write(memory, 1);
    expect([one.accesses().length, two.accesses().length]).toEqual([0, 1]);
  });

  test('a device that is not there is an error in time', async () => {
    await expect(driver('drv1', 'rig', 200)).rejects.toMatchObject({
      code: 'ENODEV',
      message: expect.stringMatching(/no device 'phy0' in lab 'lab'/),
    });
  });

  test('a lab that goes and comes back: pending requests fail, the driver hears, binds again and goes on', async () => {
    const rig = makeRig();
    const never: MdioPort = { transfer: () => new Promise(() => {}) };
    const served = await bench.serve(rig, { port: () => never });
    const port = await driver('drv1', 'rig', 30_000);
    const events: RemoteEvent[] = [];
    port.on((event) => events.push(event));
    await port.bind();
    const pending = c45Registers(port, 1).read(memory);
    const failed = expect(pending).rejects.toMatchObject({ code: 'ENODEV' });
    await served.close();
    await failed;
    await eventually(
      () => events.at(-1)?.kind,
      (kind) => kind === 'lost',
    );
    expect([port.bound, port.notice]).toEqual([false, null]);
    await expect(port.bind()).rejects.toMatchObject({ code: 'ENODEV' });
    await bench.serve(rig);
    await eventually(
      () => events.at(-1)?.kind,
      (kind) => kind === 'back',
    );
    await port.bind();
    await c45Registers(port, 1).write(memory, 3);
    expect(rig.silicon.memory.get(memory)).toBe(3);
  });

  test('a device started anew while a request is under way makes it stale', async () => {
    const { openSession } = broker;
    const never: MdioPort = { transfer: () => new Promise(() => {}) };
    await bench.serve(makeRig(), { port: () => never });
    const port = await driver('drv1', 'rig', 30_000);
    const failed = expect(c45Registers(port, 1).read(memory)).rejects.toMatchObject({ code: 'ESTALE' });
    const { link } = await bench.client('lab', { role: 'lab', openSession });
    await link.publish(at.device('phy0'), JSON.stringify({ ...port.notice, session: 'anew' }), { retain: true });
    await failed;
    expect(port.notice?.session).toBe('anew');
  });

  test('a second lab of the same name is told so, and the first goes on', async () => {
    const rig = makeRig();
    await bench.serve(rig);
    await expect(bench.serve(makeRig())).rejects.toMatchObject({
      code: 'EEXIST',
      message: expect.stringMatching(/lab 'lab' has a phy0 on this broker already/),
    });
    expect(await c45Registers(await driver('drv1'), 1).read(c45(1, 2))).toBe(0x0043);
    expect(rig.accesses()).toHaveLength(1);
  });

  test('nothing that commands is retained, and a goodbye leaves nothing behind', async () => {
    const { openSession } = broker;
    const quiet = topics('quiet');
    await bench.serve(makeRig(), { lab: 'quiet' });
    const port = await connectMdio(await bench.client('drv1', { lab: 'quiet' }), 'phy0');
    await port.bind();
    await c45Registers(port, 1).write(memory, 1);
    const kept = async (): Promise<string[]> => {
      const link = await BusLink.connect({ url: broker.url, id: 'look', openSession });
      const found: string[] = [];
      await link.subscribe('ferrolab/1/quiet/#', (topic, payload) => payload.length > 0 && void found.push(topic));
      // Retained messages come right after the subscription's acknowledgement; our own word comes after them.
      await link.publish(quiet.client('look'), '{}');
      await eventually(
        () => found.includes(quiet.client('look')),
        (yes) => yes,
      );
      await link.close();
      return found.filter((topic) => topic !== quiet.client('look')).sort();
    };
    expect(await kept()).toEqual([quiet.client('drv1'), quiet.device('phy0')]);
    await bench.takeDown();
    expect(await kept()).toEqual([]);
  });

  test('presence and requests of many clients at once all arrive', async () => {
    const rig = makeRig();
    await bench.serve(rig);
    const clients = await Promise.all(Array.from({ length: 12 }, (_, i) => bench.client(`c${i}`)));
    const seen = new Map<string, number>();
    const watch = await bench.client('watch', { role: 'watcher' });
    await watch.link.subscribe(at.client('+'), (topic, payload) => {
      const { n } = JSON.parse(String(Buffer.from(payload)) || '{}') as { n?: number };
      if (n !== undefined) seen.set(topic, Math.max(n, seen.get(topic) ?? 0));
    });
    const ports = await Promise.all(clients.map((client) => connectMdio(client, 'phy0')));
    const heard = new Map<string, number>();
    await watch.link.subscribe(at.log('+'), (topic) => void heard.set(topic, (heard.get(topic) ?? 0) + 1));
    await Promise.all(
      clients.flatMap((client, i) =>
        Array.from({ length: 25 }, (_, n) => [
          client.setPresence({ n: n + 1 }),
          client.publishLog([{ level: 'info', facility: 'x', text: `${n}`, at: 0 }]),
          c45Registers(ports[i]!, 1).read(c45(1, 2)),
        ]).flat(),
      ),
    );
    await eventually(
      () => [[...seen.values()].filter((n) => n === 25).length, [...heard.values()].filter((n) => n === 25).length],
      ([presences, logs]) => presences === 12 && logs === 12,
    );
    expect(rig.accesses()).toHaveLength(12 * 25);
  });

  test('a QoS 1 round trip takes 5 ms at most in the median', async () => {
    await bench.serve(makeRig());
    const port = await driver('drv1');
    const times: number[] = [];
    for (let i = 0; i < 101; i++) {
      const began = performance.now();
      await port.transfer(Uint32Array.of(addressFrame(1, c45(1, 2)), readFrame(1, 1)));
      times.push(performance.now() - began);
    }
    expect(times.sort((a, b) => a - b)[50]).toBeLessThanOrEqual(5);
  });
});

test('a broker that dies and comes back: requests fail in time, everybody is back by themselves', async () => {
  const broker = await startMosquitto();
  const bench = new RigBench(broker);
  try {
    const rig = makeRig();
    const served = await bench.serve(rig);
    const client = await bench.client('drv1', { presence: { module: 'rig' } });
    const port = await connectMdio(client, 'phy0');
    await port.bind();
    const events: string[] = [];
    client.on((event) => events.push(event));
    port.on(({ kind }) => events.push(kind));
    const before = client.session;
    await broker.restart();
    await eventually(
      () => events.filter((event) => event === 'back').length,
      (n) => n === 2,
    );
    expect(events.indexOf('lost')).toBe(0);
    expect(client.session).not.toBe(before);
    await eventually(
      () => served.owner(),
      (owner) => owner === null,
    );
    await port.bind();
    await port.transfer(Uint32Array.of(addressFrame(1, memory), writeFrame(1, Mmd.PCS, 9)));
    expect(rig.silicon.memory.get(memory)).toBe(9);
  } finally {
    await bench.takeDown();
    await broker.close();
  }
});

test('no broker, a wrong address and a bad name are said in one line', async () => {
  const options = { lab: 'lab', client: 'drv1', role: 'driver' } as const;
  const connect = (url: string, client = 'drv1'): Promise<unknown> =>
    new RigBench({ url, close: async () => {} }).client(client, options.client === client ? {} : { client });
  await expect(connect('mqtt://127.0.0.1:1')).rejects.toMatchObject({
    code: 'ENODEV',
    message: 'no broker at mqtt://127.0.0.1:1: ECONNREFUSED',
  });
  await expect(connect('http://127.0.0.1:1')).rejects.toMatchObject({ code: 'EINVAL' });
  await expect(connect('mqtt://127.0.0.1:1', 'no/such')).rejects.toBeInstanceOf(LabError);
});
