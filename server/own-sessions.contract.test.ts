/** The lab's own sessions at its broker, beside ordinary MQTT clients. */
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '#bus/contract-rig.ts';
import { BusLink } from '#bus/link.ts';
import { encodeReply } from '#bus/message.ts';
import { topics } from '#bus/topics.ts';
import { type Broker, startBroker } from './broker.ts';

const at = topics('lab');
let broker: Broker;
const ends: (() => unknown)[] = [];

beforeEach(async () => {
  broker = await startBroker({ host: '127.0.0.1', port: 0 });
  ends.push(() => broker.close());
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const will = { topic: at.device('phy0'), payload: 'gone' };
const link = async (id: string, withWill = false): Promise<BusLink> => {
  const { url, openSession } = broker;
  const opened = await BusLink.connect({ url, openSession, id, ...(withWill ? { will: () => will } : {}) });
  ends.push(() => opened.close());
  return opened;
};
const stranger = async (options: IClientOptions = {}): Promise<MqttClient> => {
  const client = mqtt.connect(broker.url, { reconnectPeriod: 0, ...options });
  client.on('error', () => {});
  ends.push(() => client.end(true));
  await new Promise((resolve) => client.once('connect', resolve));
  return client;
};
/** Hears everything, as `topic payload`. */
const watcher = async (): Promise<string[]> => {
  const client = await stranger();
  const heard: string[] = [];
  client.on('message', (topic, payload) => void heard.push(`${topic} ${payload}`));
  await client.subscribeAsync('ferrolab/#', { qos: 1 });
  return heard;
};
const bytes = (text: string): Uint8Array => Buffer.from(text);

test('what is retained has been heard when a subscription stands, and what is said meanwhile comes after it', async () => {
  const one = await link('lab-1');
  const two = await link('lab-2');
  for (const device of ['a', 'b', 'c']) await one.publish(at.device(device), `${device}1`, { retain: true });
  const heard: string[] = [];
  const standing = two.subscribe(at.device('+'), (_, payload, retained) =>
    heard.push(`${Buffer.from(payload)}${retained ? ' kept' : ''}`),
  );
  await one.publish(at.device('b'), 'b2', { retain: true });
  await standing;
  expect(heard.slice(0, 3).map((line) => line[0])).toEqual(['a', 'b', 'c']);
  await eventually(
    () => heard.at(-1),
    (last) => last === 'b2',
  );
  expect(heard.every((line, i) => line.endsWith('kept') === i < 3)).toBe(true);
});

test('a message under two subscriptions is heard once by each, and none of the $ topics is', async () => {
  const own = await link('lab-1');
  const heard: string[] = [];
  await own.subscribe('#', (topic) => void heard.push(`# ${topic}`));
  await own.subscribe(at.log('+'), (topic) => void heard.push(`+ ${topic}`));
  await stranger(); // of which the broker itself speaks, under $SYS
  const other = await stranger({ clientId: 'drv' });
  await other.publishAsync(at.log('drv'), '[]', { qos: 1 });
  await other.publishAsync(at.log('drv'), '[]', { qos: 1 });
  await eventually(
    () => heard.length,
    (n) => n >= 4,
  );
  expect(heard.toSorted()).toEqual([
    `# ${at.log('drv')}`,
    `# ${at.log('drv')}`,
    `+ ${at.log('drv')}`,
    `+ ${at.log('drv')}`,
  ]);
});

test('kept and passing words of one breath, from several sessions, reach a watcher all, in their order', async () => {
  const heard = await watcher();
  const [one, two] = [await link('lab-1'), await link('lab-2')];
  const said: string[] = [];
  for (let i = 0; i < 50; i++) {
    void one.publish(at.device('phy0'), `kept ${i}`, { retain: true });
    two.post(at.interrupt('phy0'), bytes(`passing ${i}`));
    said.push(`${at.device('phy0')} kept ${i}`, `${at.interrupt('phy0')} passing ${i}`);
  }
  await eventually(
    () => heard.length,
    (n) => n >= 100,
  );
  expect(heard).toEqual(said);
});

test('what is said in answer comes after what it answers, for everybody', async () => {
  const [one, two] = [await link('lab-1'), await link('lab-2')];
  await one.subscribe(at.log('+'), (_, payload) => void one.post(at.interrupt('phy0'), payload));
  const heard = await watcher();
  const own: string[] = [];
  await two.subscribe('ferrolab/#', (topic, payload) => void own.push(`${topic} ${Buffer.from(payload)}`));
  const driver = await stranger({ clientId: 'drv' });
  for (let i = 0; i < 50; i++) driver.publish(at.log('drv'), `${i}`, { qos: 1 });
  await eventually(
    () => Math.min(heard.length, own.length),
    (n) => n >= 100,
  );
  for (const list of [heard, own])
    for (let i = 0; i < 50; i++)
      expect(list.indexOf(`${at.log('drv')} ${i}`)).toBeLessThan(list.indexOf(`${at.interrupt('phy0')} ${i}`));
});

test('a session whose broker closes speaks its last will, is lost, and looks for it again', async () => {
  const heard = await watcher();
  const own = await link('lab-1', true);
  const events: string[] = [];
  own.on((event) => void events.push(event));
  await broker.close();
  await eventually(
    () => heard,
    (lines) => lines.includes(`${will.topic} ${will.payload}`),
  );
  expect([events, own.connected, own.post(at.log('x'), bytes('x'))]).toEqual([['lost'], false, false]);
  await expect(own.publish(at.log('x'), 'x')).rejects.toMatchObject({ code: 'ENODEV' });
});

test('a goodbye speaks no will, and is the end of what was subscribed', async () => {
  const heard = await watcher();
  const own = await link('lab-1', true);
  const after: string[] = [];
  await own.subscribe('#', (topic) => void after.push(topic));
  await own.close();
  await (await link('lab-2')).publish(at.run('1'), 'x');
  await eventually(
    () => heard,
    (lines) => lines.includes(`${at.run('1')} x`),
  );
  expect([heard, after]).toEqual([[`${at.run('1')} x`], []]);
});

test('an answer to a client that keeps its session waits for it while it is away', async () => {
  const kept = { clientId: 'drv', clean: false };
  const first = await stranger(kept);
  await first.subscribeAsync(at.reply('drv'), { qos: 1 });
  await first.endAsync();
  const own = await link('lab-1');
  for (let i = 0; i < 3; i++) own.post(at.reply('drv'), encodeReply('mdio', i, Uint8Array.of(i)));
  const heard: number[] = [];
  const again = mqtt.connect(broker.url, { reconnectPeriod: 0, ...kept });
  ends.push(() => again.end(true));
  again.on('message', (_, payload) => void heard.push(payload.at(-1) ?? -1));
  await eventually(
    () => heard.length,
    (n) => n >= 3,
  );
  expect(heard).toEqual([0, 1, 2]);
});
