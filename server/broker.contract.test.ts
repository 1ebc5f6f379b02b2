/** What the embedded broker lets nobody do, seen from ordinary MQTT clients. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp, Socket } from 'node:net';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { eventually, makeRig, RigBench } from '#bus/contract-rig.ts';
import { c45Registers } from '#bus/mdio.ts';
import { connectMdio } from '#bus/mdio-connect.ts';
import { encodeRequest, MAX_BODY_BYTES } from '#bus/message.ts';
import { topics } from '#bus/topics.ts';
import { type Broker, startBroker } from './broker.ts';

const at = topics('lab');
let broker: Broker;
let bench: RigBench;
let lines: string[];
const ends: (() => unknown)[] = [];

const restart = async (token?: string): Promise<void> => {
  lines = [];
  const log = (line: string): void => void lines.push(line);
  broker = await startBroker({ host: '127.0.0.1', port: 0, log, ...(token === undefined ? {} : { token }) });
  bench = new RigBench(broker);
};
beforeEach(() => restart());
afterEach(async () => {
  vi.restoreAllMocks();
  for (const end of ends.splice(0)) await end();
  await bench.takeDown();
  await broker.close();
});

/** An MQTT client that is none of ours. */
const stranger = async (options: IClientOptions): Promise<MqttClient> => {
  const client = mqtt.connect(broker.url, { reconnectPeriod: 0, ...options });
  client.on('error', () => {});
  ends.push(() => client.end(true));
  await new Promise((resolve) => client.once('connect', resolve));
  return client;
};
const refused = (options: IClientOptions): Promise<unknown> => {
  const client = mqtt.connect(broker.url, { reconnectPeriod: 0, ...options });
  ends.push(() => client.end(true));
  return new Promise((resolve) => void client.on('error', resolve));
};

const text = (value: string): number[] => [0, value.length, ...Buffer.from(value)];
/** Of less than 128 bytes. */
const packet = (type: number, body: number[]): Buffer => Buffer.from([type, body.length, ...body]);

/** A client that is nothing but a socket, subscribed; what it is sent waits to be read. */
const rawClient = async (id: string, filter: string): Promise<Socket> => {
  const socket = connectTcp(broker.port, '127.0.0.1');
  ends.push(() => socket.destroy());
  socket.on('error', () => {});
  socket.write(packet(0x10, [...text('MQTT'), 4, 2, 0, 0, ...text(id)]));
  socket.write(packet(0x82, [0, 1, ...text(filter), 0]));
  await once(socket, 'data');
  return socket;
};

const read = (client: string): Buffer =>
  Buffer.from(
    encodeRequest({ kind: 'mdio', deadlineMs: 1000, correlation: 1, client, body: Uint8Array.of(0x30, 0x86, 0, 0) }),
  );

test.each(['a b', 'x'.repeat(24), '../etc', 'a/b', '#', 'é', 'nul\u0001'])(
  'refuses the client id %j',
  async (clientId) => {
    expect(await refused({ clientId })).toMatchObject({ code: 2 });
    expect(lines[0]).toMatch(/1 to 23/);
  },
);

test("keeps the lab's own ids from others, also while the lab holds them", async () => {
  await bench.client('server', { role: 'lab', openSession: broker.openSession });
  expect(await refused({ clientId: 'lab-1234' })).toMatchObject({ code: 2 });
  expect(await refused({ clientId: 'server' })).toMatchObject({ code: 2 });
});

test('lets a client say its own presence, its own log and requests in its own name', async () => {
  const rig = makeRig();
  await bench.serve(rig);
  const client = await stranger({ clientId: 'drv1' });
  await client.publishAsync(at.client('drv1'), '{}', { qos: 1, retain: true });
  await client.publishAsync(at.log('drv1'), '[]', { qos: 1 });
  await client.publishAsync(at.request('phy0'), read('drv1'), { qos: 1 });
  await eventually(
    () => rig.accesses().length,
    (n) => n === 1,
  );
});

test.each([
  ["a device's state", at.device('phy0'), '{}', {}],
  ['an interrupt', at.interrupt('phy0'), '{}', {}],
  ["another's presence", at.client('drv2'), '{"state":"gone"}', {}],
  ['a reply', at.reply('drv1'), '{}', {}],
  ["a request in another's name", at.request('phy0'), read('drv2'), {}],
  ['a retained request', at.request('phy0'), read('drv1'), { retain: true }],
  ['a run', at.run('1'), '{}', {}],
  ["a question about another's disk", at.diskRequest('drv2'), '{}', {}],
  ["an answer in another's name", at.diskAnswer('drv2'), '{}', {}],
  ['a retained answer', at.diskAnswer('drv1'), '{}', { retain: true }],
  ['anything outside ferrolab', 'home/light', 'on', {}],
  ["the broker's own topics", '$SYS/x', 'on', {}],
])('does not carry %s said by a client', async (_, topic, payload, options) => {
  const rig = makeRig();
  await bench.serve(rig);
  const watch = await bench.client('watch', { role: 'lab', openSession: broker.openSession });
  const heard: string[] = [];
  const client = await stranger({ clientId: 'drv1' });
  await watch.link.subscribe('#', (topic, _payload, retained) => !retained && void heard.push(topic));
  client.publish(topic, payload, { qos: 1, ...options });
  await new Promise<void>((resolve) => client.once('close', () => resolve()));
  await watch.link.publish(at.log('watch'), '[]'); // the fence: comes after whatever would have come
  await eventually(
    () => heard.includes(at.log('watch')),
    (yes) => yes,
  );
  expect(heard.filter((name) => name === topic)).toEqual([]);
  expect(rig.accesses()).toEqual([]);
  expect(lines.join()).toContain('drv1 was closed');
});

test('carries questions about a disk to its driver only, and the answers to the lab only', async () => {
  const watch = await bench.client('watch', { role: 'lab', openSession: broker.openSession });
  const answers: string[] = [];
  await watch.link.subscribe(at.diskAnswer('+'), (_, payload) => void answers.push(Buffer.from(payload).toString()));
  const driver = await stranger({ clientId: 'drv1' });
  const other = await stranger({ clientId: 'drv2' });
  const heard: string[] = [];
  for (const [name, client] of Object.entries({ driver, other })) {
    client.on('message', (topic, payload) => void heard.push(`${name} ${topic} ${payload}`));
    await client.subscribeAsync('ferrolab/#', { qos: 1 });
  }
  // more than a client may have unanswered, and every one of them is let through at once
  for (let i = 0; i < 500; i++) watch.link.post(at.diskRequest('drv1'), Buffer.from(`ask ${i}`));
  await eventually(
    () => heard.filter((line) => line.startsWith(`driver ${at.diskRequest('drv1')} ask`)).length,
    (n) => n === 500,
  );
  for (let i = 0; i < 500; i++) driver.publish(at.diskAnswer('drv1'), `done ${i}`, { qos: 1 });
  await eventually(
    () => answers.length,
    (n) => n === 500,
  );
  expect(answers.at(-1)).toBe('done 499');
  expect(heard.filter((line) => line.startsWith('other') && /(ask|done) \d+$/.test(line))).toEqual([]);
});

test('refuses a last will that speaks for a device', async () => {
  const will = { topic: at.device('phy0'), payload: Buffer.from('{}'), qos: 1 as const, retain: true };
  expect(await refused({ clientId: 'drv1', will })).toMatchObject({ code: 5 });
});

test('shows everything under ferrolab/# to everybody, except replies to others', async () => {
  await bench.serve(makeRig());
  const watch = await stranger({ clientId: '' });
  const heard = new Set<string>();
  watch.on('message', (topic) => void heard.add(topic));
  await watch.subscribeAsync('ferrolab/#', { qos: 1 });
  const port = await connectMdio(await bench.client('drv1'), 'phy0');
  await port.bind();
  await c45Registers(port, 1).write(0x38000, 1);
  await bench.client('last');
  await eventually(
    () => heard.has(at.client('last')),
    (yes) => yes,
  );
  expect([...heard].sort()).toEqual(
    [at.client('drv1'), at.client('last'), at.device('phy0'), at.request('phy0')].sort(),
  );
});

test("does not let a client read another's replies by their name, nor keep a session for anything but its own", async () => {
  const granted = async (client: MqttClient, topic: string): Promise<unknown> => {
    const done = Promise.withResolvers<unknown>();
    client.subscribe(topic, { qos: 1 }, (error, granted) =>
      done.resolve(error === null ? granted?.[0]?.qos : 'refused'),
    );
    return done.promise;
  };
  const plain = await stranger({ clientId: 'drv1' });
  expect(await granted(plain, at.reply('drv1'))).toBe(1);
  expect(await granted(plain, at.reply('drv2'))).toBe('refused');
  const kept = await stranger({ clientId: 'drv3', clean: false });
  expect(await granted(kept, 'ferrolab/#')).toBe('refused');
  expect(await granted(kept, at.reply('drv3'))).toBe(1);
});

test('asks for the token when it has one', async () => {
  await broker.close();
  await restart('s3cret');
  expect(await refused({ clientId: 'drv1' })).toMatchObject({ code: 5 });
  expect(await refused({ clientId: 'drv1', username: 'me', password: 'wrong!' })).toMatchObject({ code: 5 });
  await expect(bench.client('drv1', { token: 'no' })).rejects.toMatchObject({ code: 'EACCES' });
  await stranger({ clientId: 'drv1', username: 'me', password: 's3cret' });
  await bench.client('drv2', { token: 's3cret' });
  await bench.serve(makeRig());
});

test('does not let anybody but its own lab serve a device', async () => {
  const outsider = new RigBench({ url: broker.url, close: async () => {} });
  await expect(outsider.serve(makeRig())).rejects.toMatchObject({
    code: 'EACCES',
    message: expect.stringContaining('several share a Mosquitto'),
  });
});

test('closes a connection whose packet is too large, and goes on', async () => {
  const rig = makeRig();
  await bench.serve(rig);
  const client = await stranger({ clientId: 'drv1' });
  client.publish(at.log('drv1'), Buffer.alloc(MAX_BODY_BYTES + 8192), { qos: 1 });
  await new Promise<void>((resolve) => client.once('close', () => resolve()));
  expect(lines.join()).toMatch(/drv1 was closed: a packet of \d+ bytes; at most \d+ are taken/);
  const port = await connectMdio(await bench.client('drv2'), 'phy0');
  expect(await c45Registers(port, 1).read(0x10002)).toBe(0x0043);
});

test('garbage instead of MQTT ends that connection only', async () => {
  await bench.serve(makeRig());
  for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\x00'.repeat(100), '\x10\xff\xff\xff\xff\xff', '\xf0\x00']) {
    const socket = connectTcp(broker.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(Buffer.from(bytes, 'latin1'));
    socket.resume();
    await once(socket, 'close');
  }
  const port = await connectMdio(await bench.client('drv1'), 'phy0');
  expect(await c45Registers(port, 1).read(0x10002)).toBe(0x0043);
});

test('a reader that stops reading is let go, and holds nobody up', async () => {
  await bench.serve(makeRig());
  const stuck = await rawClient('stuck', 'ferrolab/#');
  stuck.pause();
  const client = await bench.client('drv1');
  const port = await connectMdio(client, 'phy0');
  const line = { level: 'info', facility: 'x', text: 'x'.repeat(60_000), at: 0 } as const;
  const slowest = await eventuallyGone(async () => {
    const began = performance.now();
    await client.publishLog([line, line, line, line]);
    await c45Registers(port, 1).read(0x10002);
    return performance.now() - began;
  });
  expect(slowest).toBeLessThan(2000);
});

/** The slowest of the rounds it took until the stuck reader was closed. */
const eventuallyGone = async (round: () => Promise<number>): Promise<number> => {
  let slowest = 0;
  for (let i = 0; i < 2000 && !lines.join().includes('stuck was closed'); i++)
    slowest = Math.max(slowest, await round());
  expect(lines.join()).toContain('stuck was closed');
  return slowest;
};

test('whoever takes no answers may ask no more, and is let go; the lab and everybody else go on', async () => {
  let answered = 0;
  const answer = async (): Promise<Uint8Array> => {
    answered++;
    return new Uint8Array(500_000);
  };
  await bench.serveWith('phy0', () => [{ kinds: ['mdio'], answer }]);
  await bench.serve(makeRig(), { device: 'phy1' });
  const port = await connectMdio(await bench.client('drv1'), 'phy1');
  const deaf = await rawClient('deaf', at.reply('deaf'));
  deaf.pause();
  const ask = encodeRequest({
    kind: 'mdio',
    deadlineMs: 60_000,
    correlation: 0,
    client: 'deaf',
    body: new Uint8Array(),
  });
  for (let correlation = 0; correlation < 1000; correlation++) {
    new DataView(ask.buffer).setUint32(4, correlation);
    deaf.write(packet(0x30, [...text(at.request('phy0')), ...ask]));
  }
  let before = 0;
  while (!lines.join().includes('deaf was closed')) {
    before = answered;
    expect(await c45Registers(port, 1).read(0x10002)).toBe(0x0043);
  }
  expect(before).toBeLessThan(400); // those on their way, and what the buffers of both ends hold
});

test('a client that floods a device with requests holds up nobody else', async () => {
  const rig = makeRig();
  await bench.serve(rig);
  const port = await connectMdio(await bench.client('drv1'), 'phy0');
  const flooder = connectTcp(broker.port, '127.0.0.1');
  ends.push(() => flooder.destroy());
  flooder.write(packet(0x10, [...text('MQTT'), 4, 2, 0, 0, ...text('flooder')]));
  await once(flooder, 'data');
  const body = Uint8Array.of(0x30, 0x86, 0, 0);
  const requests = Array.from({ length: 30_000 }, (_, correlation) =>
    packet(0x30, [
      ...text(at.request('phy0')),
      ...encodeRequest({ kind: 'mdio', deadlineMs: 60_000, correlation, client: 'flooder', body }),
    ]),
  );
  flooder.write(Buffer.concat(requests));
  await eventually(
    () => rig.accesses().length,
    (n) => n > 2000,
  );
  const before = rig.accesses().length;
  expect(await c45Registers(port, 1).read(0x10002)).toBe(0x0043);
  expect(rig.accesses().length - before).toBeLessThan(10_000);
});

test('keeps no large presence, and of a thousand clients that have gone the oldest make room', async () => {
  const large = await stranger({ clientId: 'large' });
  large.publish(at.client('large'), Buffer.alloc(70_000, 0x20), { qos: 1, retain: true });
  await new Promise<void>((resolve) => large.once('close', () => resolve()));
  expect(lines.join()).toMatch(/a presence of 70000 bytes; at most 65536/);
  for (let i = 0; i <= 1000; i++) {
    const client = await stranger({ clientId: `c${i}` });
    await client.publishAsync(at.client(`c${i}`), '{}', { qos: 1, retain: true });
    await client.endAsync();
  }
  const kept = new Set<string>();
  const watch = await stranger({ clientId: 'watch' });
  watch.on('message', (topic) => void kept.add(topic));
  await watch.subscribeAsync(at.client('+'), { qos: 1 });
  await eventually(
    () => kept.has(at.client('c1000')),
    (yes) => yes,
  );
  expect([kept.size, kept.has(at.client('c0'))]).toEqual([1000, false]);
});

test('a client holds a thousand subscriptions, and may have others when it gives some up', async () => {
  const client = await stranger({ clientId: 'drv1' });
  const names = Array.from({ length: 1100 }, (_, i) => `ferrolab/1/lab/device/phy0/${i}`);
  const granted = async (filters: string[]): Promise<number> =>
    (await client.subscribeAsync(filters, { qos: 0 }).catch(() => [])).filter(({ qos }) => qos === 0).length;
  expect(await granted(names.slice(0, 1000))).toBe(1000);
  expect(await granted(names.slice(1000, 1001))).toBe(0);
  await client.unsubscribeAsync(names.slice(0, 50));
  expect(await granted(names.slice(1000, 1050))).toBe(50);
});

test('switches Nagle off on every socket, at both ends', async () => {
  const off = new Set<Socket>();
  const original = Socket.prototype.setNoDelay;
  vi.spyOn(Socket.prototype, 'setNoDelay').mockImplementation(function (this: Socket, on) {
    if (on === true) off.add(this);
    return original.call(this, on);
  });
  const before = off.size;
  await bench.client('drv1');
  expect(off.size - before).toBe(2);
});

test('a port in use is said in one line, with what to do', async () => {
  await expect(startBroker({ host: '127.0.0.1', port: broker.port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    message: `MQTT port ${broker.port} on 127.0.0.1 is in use; choose another with --mqtt PORT, or use the broker there with --broker mqtt://127.0.0.1:${broker.port}`,
  });
});

test('mosquitto_sub sees the lab live', async () => {
  const child: ChildProcess = spawn('mosquitto_sub', ['-p', `${broker.port}`, '-t', 'ferrolab/#', '-v'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  ends.push(() => child.kill());
  let seen = '';
  child.stdout?.on('data', (text) => (seen += String(text)));
  await bench.serve(makeRig());
  const port = await connectMdio(await bench.client('drv1', { presence: { module: 'rig' } }), 'phy0');
  await port.bind();
  await eventually(
    () => seen,
    (text) => /client\/drv1 .*"module":"rig"/.test(text) && /device\/phy0 .*"owner":\{"client":"drv1"/.test(text),
  );
});
