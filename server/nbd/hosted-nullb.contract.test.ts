import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { BlockCompletion, BlockEvent } from '#bus/block.ts';
import { RealClock } from '#bus/clock.ts';
import { COMMAND } from '#bus/nbd-codec.ts';
import { BlockHost } from './block-host.ts';
import type { NullbSpec } from './hosted.ts';
import type { HostedNullb } from './hosted-nullb.ts';
import { answers, RawClient, request } from './nbd-rig.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const clock = new RealClock();
const makeHost = (said: string[] = []): BlockHost =>
  new BlockHost({ clock, log: (_, device, text) => said.push(`${device}: ${text}`) });

/** A thread takes a while to start: the tests share one, each with a device of its own. */
const said: string[] = [];
const host = makeHost(said);
const address = host.listen({ port: 0 });
afterAll(() => host.close());

const bench = (attributes: Readonly<Record<string, string>> = {}, of: Partial<NullbSpec> = {}) => {
  said.length = 0;
  const device = host.place('nullb0', { seed: 1, attributes: { size: '64', ...attributes }, ...of });
  const completions: BlockCompletion[] = [];
  const events: BlockEvent[] = [];
  device.completed = (completion) => completions.push(completion);
  device.event = (event) => events.push(event);
  return { device, completions, events };
};
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};
const submit = (device: HostedNullb, tag: number, data?: Uint8Array): void =>
  device.submit({
    op: data === undefined ? 'read' : 'write',
    tag,
    generation: 1,
    hctx: 0,
    sector: 8,
    sectors: 1,
    ...(data === undefined ? {} : { data }),
  });
const nbdClient = async (): Promise<RawClient> => {
  const { port } = await address;
  const client = new RawClient({ port: port ?? 0 });
  undo.push(() => client.end());
  await client.go('nullb0');
  return client;
};

test('a request of an NBD client is one in the counters, however long', async () => {
  const { device } = bench({ memory_backed: '1' });
  const client = await nbdClient();
  const payload = new Uint8Array(2 ** 20).fill(0x5a);
  client.send(request({ type: COMMAND.write, payload }));
  await client.receive(16);
  client.send(request({ type: COMMAND.read, length: payload.length }));
  const answer = await client.receive(16 + payload.length);
  expect(Buffer.compare(answer.subarray(16), payload)).toBe(0);
  await until(() => device.inspect().ops.read.bytes === payload.length);
  expect(device.inspect().ops).toMatchObject({
    write: { requests: 1, bytes: payload.length },
    read: { requests: 1, bytes: payload.length },
  });
});

test('the lab sees its device as if it were on its own thread', () => {
  const { device } = bench({ memory_backed: '1' });
  expect(device.identify()).toMatchObject({ capacitySectors: 64 * 2048, blockBytes: 512 });
  expect(device.inspect()).toMatchObject({ kind: 'nullb', power: true, memoryBacked: true });
  expect(Math.abs(device.inspect().at - clock.now())).toBeLessThan(60e9);
  expect(device.readAttribute('size')).toBe('64');
  expect(device.attributes().find(({ name }) => name === 'memory_backed')).toMatchObject({ value: '1' });
});

test('what a driver wrote over the bus an NBD client reads, and the other way round', async () => {
  const { device, completions } = bench({ memory_backed: '1' });
  const client = await nbdClient();
  submit(device, 0, new Uint8Array(512).fill(0x5a));
  await until(() => completions.length === 1);
  client.send(request({ type: COMMAND.read, cookie: 1, offset: 4096, length: 512 }));
  const [read] = answers(await client.receive(16 + 512), new Map([[1, 512]]));
  expect(read?.data).toEqual(new Uint8Array(512).fill(0x5a));
  client.send(request({ type: COMMAND.write, cookie: 2, offset: 4096, payload: new Uint8Array(512).fill(0xa5) }));
  expect(answers(await client.receive(16))).toMatchObject([{ cookie: 2, error: 0 }]);
  submit(device, 1);
  await until(() => completions.length === 2);
  expect(completions).toMatchObject([
    { tag: 0, generation: 1, status: 'OK' },
    { tag: 1, generation: 1, status: 'OK', data: new Uint8Array(512).fill(0xa5) },
  ]);
});

test('many commands of one turn are answered in their order, each once', async () => {
  const { device, completions } = bench({ irqmode: '0', hw_queue_depth: '256' });
  for (let tag = 0; tag < 200; tag++) submit(device, tag);
  await until(() => completions.length >= 200);
  expect(completions.map(({ tag }) => tag)).toEqual(Array.from({ length: 200 }, (_, tag) => tag));
});

describe('errors of the device come through with their errno', () => {
  test('attributes', () => {
    const { device } = bench();
    expect(() => device.writeAttribute('size', '128')).toThrow(expect.objectContaining({ code: 'EBUSY' }));
    expect(() => device.writeAttribute('sise', '128')).toThrow(/size/);
    expect(device.readAttribute('size')).toBe('64');
  });

  test('faults and controls', () => {
    const { device } = bench();
    expect(() => device.fault('latencyy')).toThrow(/latency/);
    expect(() => device.control('power-cut', { survives: 200 })).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(() => device.fault('latency', { us: () => 1 })).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(device.activeFaults).toEqual([]);
  });

  test('a device that cannot be built', () => {
    bench();
    expect(() => host.place('nullb1', { seed: 1, attributes: { blocksize: '1000' } })).toThrow(
      expect.objectContaining({ code: 'EINVAL' }),
    );
  });
});

test('what was done to the device is seen at once: faults, power, attributes', async () => {
  const { device, events } = bench();
  device.fault('error', { op: 'read', status: 'MEDIUM' });
  expect(device.activeFaults).toMatchObject([{ name: 'error', params: { status: 'MEDIUM' } }]);
  device.clear();
  expect(device.activeFaults).toEqual([]);
  device.writeAttribute('power', '0');
  expect(() => device.identify()).toThrow(expect.objectContaining({ code: 'ENODEV' }));
  device.writeAttribute('size', '128');
  device.writeAttribute('power', '1');
  expect(device.identify().capacitySectors).toBe(128 * 2048);
  await until(() => events.length >= 2);
  expect(events).toEqual(['removed', 'resized']);
});

test('a snapshot taken here is restored there', async () => {
  const { device, completions } = bench({ memory_backed: '1' });
  submit(device, 0, new Uint8Array(512).fill(7));
  await until(() => completions.length === 1);
  const kept = structuredClone(device.snapshot());
  device.control('erase');
  const other = host.place('nullb1', { seed: 9, attributes: { size: '64', memory_backed: '1' } });
  const found: BlockCompletion[] = [];
  other.completed = (completion) => found.push(completion);
  other.restore(kept);
  submit(other, 3);
  await until(() => found.length === 1);
  expect(found[0]?.data).toEqual(new Uint8Array(512).fill(7));
});

describe('NBD clients of a device', () => {
  test('get ESHUTDOWN while it is powered off, and are served again after', async () => {
    const { device } = bench();
    const client = await nbdClient();
    const ask = async (): Promise<number | undefined> => {
      client.send(request({ type: COMMAND.read, cookie: 1, length: 512 }));
      const [head] = answers(await client.receive(16));
      if (head?.error === 0) await client.receive(512);
      return head?.error;
    };
    device.writeAttribute('power', '0');
    expect(await ask()).toBe(108);
    device.writeAttribute('power', '1');
    expect(await ask()).toBe(0);
    device.control('power-cut');
    expect(await ask()).toBe(108);
  });

  test('are cut off by the fault disconnect', async () => {
    const { device } = bench();
    const client = await nbdClient();
    device.fault('disconnect');
    await client.closed;
    await until(() => said.some((line) => line.includes('unplugged')));
  });

  test('are let go when the device is replaced', async () => {
    bench();
    const client = await nbdClient();
    host.place('nullb0', { seed: 2 });
    await client.closed;
  });

  test('see the errors of a fault, in their words', async () => {
    const { device } = bench();
    const client = await nbdClient();
    const statuses = { NOSPC: 28, INVAL: 22, MEDIUM: 5, TIMEOUT: 5, OFFLINE: 108 } as const;
    for (const [status, error] of Object.entries(statuses)) {
      device.fault('error', { op: 'write', status });
      client.send(request({ type: COMMAND.write, cookie: 3, payload: new Uint8Array(512) }));
      expect(answers(await client.receive(16))).toMatchObject([{ cookie: 3, error }]);
    }
  });

  test('are counted exactly', async () => {
    const { device } = bench();
    const client = await nbdClient();
    for (let i = 0; i < 50; i++) client.send(request({ type: COMMAND.write, payload: new Uint8Array(1024) }));
    await client.receive(50 * 16);
    await until(() => device.inspect().ops.write.requests === 50);
    expect(device.inspect()).toMatchObject({ requests: 50, bytes: 50 * 1024, errors: 0 });
    await until(() => host.clients.length === 1);
    expect(host.clients[0]).toMatchObject({ serves: 'nullb0', secure: false });
  });

  test('find a zoned device whose writes off the pointer fail, and the lab goes on', async () => {
    bench({ zoned: '1', zone_size: '4', memory_backed: '1' });
    const client = await nbdClient();
    client.send(request({ type: COMMAND.write, cookie: 1, offset: 8192, payload: new Uint8Array(512) }));
    client.send(request({ type: COMMAND.write, cookie: 2, offset: 0, payload: new Uint8Array(512) }));
    const found = answers(await client.receive(32)).sort((a, b) => a.cookie - b.cookie);
    expect(found).toMatchObject([{ error: 5 }, { error: 0 }]);
  });
});

test('an address in use is refused with its errno', async () => {
  const { port } = await address;
  const other = makeHost();
  undo.push(() => other.close());
  await expect(other.listen({ port: port ?? 0 })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('completion_nsec is waited out: no answer is early', async () => {
  const { device, completions } = bench({ irqmode: '2', completion_nsec: '300000' });
  const took: number[] = [];
  for (let i = 1; i <= 30; i++) {
    const began = clock.now();
    submit(device, 0);
    await until(() => completions.length === i);
    took.push(clock.now() - began);
  }
  expect(Math.min(...took)).toBeGreaterThanOrEqual(300_000);
});

test('a device that is gone is answered by nobody, without waiting', async () => {
  const other = makeHost();
  const device = other.place('nullb0', { seed: 1 });
  await other.close();
  expect(() => device.snapshot()).toThrow(expect.objectContaining({ code: 'ENODEV' }));
});
