/** A lab's program on the screen of a driver in another process: calls, refusals and partings over a broker. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeCardCall } from '#bus/card-wire.ts';
import { RealClock } from '#bus/clock.ts';
import { eventually, RigBench } from '#bus/contract-rig.ts';
import { encodeDiskRequest } from '#bus/disk-wire.ts';
import type { DriverModule } from '#bus/kernel-port.ts';
import { encodeRequest } from '#bus/message.ts';
import { MmioBus } from '#bus/mmio-bus.ts';
import { mmioServer } from '#bus/mmio-serve.ts';
import { topics } from '#bus/topics.ts';
import { Trace } from '#bus/trace.ts';
import { Display } from '#devices/display/display.ts';
import { startBroker } from '#server/broker.ts';
import { openCard } from '#server/card-line.ts';
import { DriverLine } from '#server/driver-line.ts';
import { Attachment } from './attachment.ts';
import { ferroDrm } from './gpu/ferro-drm.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

let display: Display;
let driver: Attachment;
let line: DriverLine;
let brokerUrl: string;
let post: (payload: Uint8Array) => boolean;

beforeEach(async () => {
  const broker = await startBroker({ host: '127.0.0.1', port: 0 });
  undo.push(() => broker.close());
  brokerUrl = broker.url;
  const bench = new RigBench(broker);
  undo.push(() => bench.takeDown());
  const clock = new RealClock();
  display = new Display({ clock, seed: 1, monitor: 'xga' });
  undo.push(() => display.retire());
  const bus = new MmioBus(display, { clock, device: 'card0', trace: new Trace() });
  const served = await bench.serveWith('card0', () => [mmioServer((requester) => bus.port(requester))], {
    kind: 'display',
    ports: ['mmio'],
  });
  display.onInterrupt((name, asserted) => served.interrupt(name, asserted, 0));
  const lab = await bench.client('lab-1', { role: 'lab', openSession: broker.openSession });
  driver = await attach(ferroDrm, 'drm');
  undo.push(() => driver.detach());
  line = await DriverLine.open({
    client: lab,
    driver: () => ({ client: 'drm', session: '' }),
    onChange: () => () => {},
  });
  undo.push(() => line.close());
  post = (payload) => lab.link.post(topics('lab').diskRequest('drm'), payload);
});

const attach = (module: DriverModule, client: string): Promise<Attachment> =>
  Attachment.attach({
    broker: brokerUrl,
    lab: 'lab',
    client,
    token: undefined,
    device: 'card0',
    module,
    params: { client: 'none' },
    waitNs: 0,
    requestFirmware: () => Promise.reject(new Error('none')),
    say: () => {},
  });

test('frames go over the bus, and each flip comes back with the number of its vertical blank', async () => {
  const program = await openCard(line)('card0', 'painter', '640x480');
  expect(program.mode).toMatchObject({ name: '640x480', refreshHz: 60 });
  expect(program.modes.length).toBeGreaterThan(1);
  const { id, sizeBytes } = await program.buffer(640, 480);
  const counts: number[] = [];
  for (let frame = 1; frame <= 5; frame++) {
    await program.write(id, 0, new Uint8Array(sizeBytes).fill(frame)); // more than one message takes
    await program.commit({ buffer: id });
    counts.push((await program.flip()).count);
  }
  expect(counts).toEqual([...new Set(counts)].sort((a, b) => a - b));
  const { rgba } = display.frame();
  expect([...rgba.subarray(0, 3), ...rgba.subarray(-4, -1)]).toEqual([5, 5, 5, 5, 5, 5]);
  await program.close();
  expect(display.scene.width).toBe(0);
});

test('refusals keep their errno, and do no harm', async () => {
  const open = openCard(line);
  await expect(open('card0', 'painter', '641x480')).rejects.toMatchObject({
    code: 'EINVAL',
    message: expect.stringMatching(/did you mean '640x480'/),
  });
  const program = await open('card0', 'painter', '640x480');
  await expect(open('card0', 'other', undefined)).rejects.toMatchObject({ code: 'EBUSY' });
  await expect(program.write(99, 0, new Uint8Array(4))).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(program.commit({ buffer: 99 })).rejects.toMatchObject({ code: 'ENOENT' });
  const { id } = await program.buffer(640, 480);
  await program.commit({ buffer: id });
  await expect(program.commit({ buffer: id })).rejects.toMatchObject({ code: 'EBUSY' });
  expect((await program.flip()).count).toBeGreaterThanOrEqual(0);
});

test('a program of the same name, left behind by a lab that is gone, makes room', async () => {
  const left = await openCard(line)('card0', 'painter', '640x480');
  const { id } = await left.buffer(640, 480);
  const program = await openCard(line)('card0', 'painter', '1024x768');
  expect(program.mode.name).toBe('1024x768');
  await expect(left.commit({ buffer: id })).rejects.toMatchObject({ code: 'ENOENT' });
});

test('what is no call is EPROTO, and the driver lives on', async () => {
  const call = (correlation: number, body: Uint8Array) =>
    post(encodeRequest({ kind: 'card', deadlineMs: 1000, correlation, client: 'lab-1', body }));
  for (const [i, bytes] of [[], [0, 1], [255, 255, 1], [0, 2, 123, 125]].entries())
    expect(call(1000 + i, Uint8Array.from(bytes))).toBe(true);
  await expect(line.ask('card0', 'card', 'nonsense', Uint8Array.of(0, 2, 123, 125))).rejects.toMatchObject({
    code: 'EPROTO',
  });
  expect((await openCard(line)('card0', 'painter', undefined)).mode.name).toBe('1024x768');
});

test('a driver that unloads ends what its programs wait for', async () => {
  const program = await openCard(line)('card0', 'painter', '640x480');
  const { id } = await program.buffer(640, 480);
  await program.commit({ buffer: id });
  await program.flip();
  const ending = program.flip().catch((thrown: unknown) => thrown);
  await driver.detach();
  expect(await ending).toMatchObject({ code: 'ENODEV' });
  await eventually(
    () => display.scene.width,
    (width) => width === 0,
  );
});

test('a driver that holds its device is heard at once: what it does not offer yet is refused, not lost', async () => {
  await driver.detach();
  const asked: Promise<unknown>[] = [];
  const slow: DriverModule = {
    ...ferroDrm,
    load: async (kernel, params) => {
      for (const kind of ['io', 'card'] as const)
        asked.push(line.ask('card0', kind, 'too early', early[kind]).catch((thrown: unknown) => thrown));
      for (const answer of asked) expect(await answer).toMatchObject({ code: 'ENODEV' });
      return ferroDrm.load(kernel, params);
    },
  };
  driver = await attach(slow, 'drm');
  expect(asked).toHaveLength(2);
  expect((await openCard(line)('card0', 'painter', '640x480')).mode.name).toBe('640x480');
});

const early = {
  io: encodeDiskRequest({ disk: null, bio: { op: 'read', sector: 0, sectors: 1 } }),
  card: encodeCardCall({ call: 'open', program: 'early', mode: null }),
};
