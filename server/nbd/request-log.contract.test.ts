import { afterAll, afterEach, expect, test } from 'vitest';
import { BLOCK_STATUSES } from '#bus/block.ts';
import { BlockBus } from '#bus/block-bus.ts';
import { RealClock } from '#bus/clock.ts';
import { COMMAND } from '#bus/nbd-codec.ts';
import { ACCESS_OPS, NO_QUEUE, Trace, type TraceRecord, unpackTag } from '#bus/trace.ts';
import { LEFT_OUT, textOf } from '#bus/trace-words.ts';
import { BlockHost } from './block-host.ts';
import { RawClient, request } from './nbd-rig.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const clock = new RealClock();
const host = new BlockHost({ clock });
const address = host.listen({ port: 0 });
afterAll(() => host.close());

const bench = async (attributes: Readonly<Record<string, string>> = {}) => {
  const device = host.place('nullb0', { seed: 1, attributes: { size: '64', ...attributes } });
  const trace = new Trace();
  const bus = new BlockBus(device, { clock, device: 'nullb0', trace });
  const { port } = await address;
  const client = new RawClient({ port: port ?? 0 });
  undo.push(() => client.end());
  await client.go('nullb0');
  const rows = (): TraceRecord[] =>
    Array.from({ length: trace.last }, (_, i) => trace.at(i + 1)).filter((row) => row !== undefined);
  const notes = () => rows().filter(({ op, aux }) => op === 'note' && trace.names.texts[aux] === LEFT_OUT);
  const requests = () => rows().filter(({ op }) => ACCESS_OPS.has(op));
  return {
    device,
    bus,
    trace,
    client,
    rows,
    notes,
    requests,
    /** One by one, and by their number. */
    told: () => requests().length + notes().reduce((sum, { value }) => sum + value, 0),
  };
};
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};
const many = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    request({ type: COMMAND.write, cookie: i, offset: (i % 1000) * 512, payload: new Uint8Array(512) }),
  );

/** Attributes that lead to each of the paths. */
const PATHS = {
  plain: {},
  direct: { memory_backed: '1' },
  queued: { memory_backed: '1', irqmode: '2', completion_nsec: '10000' },
} as const;

test.each(Object.entries(PATHS))(
  'a request of an NBD client and its answer are in the trace (%s)',
  async (_, attributes) => {
    const { client, rows, trace } = await bench(attributes);
    const began = clock.now();
    client.send(request({ type: COMMAND.write, offset: 4096, payload: new Uint8Array(1024) }));
    await client.receive(16);
    client.send(request({ type: COMMAND.read, offset: 8192, length: 64 * 1024 }));
    await client.receive(16 + 64 * 1024);
    client.send(request({ type: COMMAND.read, offset: 64 * 2 ** 20, length: 512 })); // beyond the end
    await client.receive(16);
    await until(() => rows().length === 6);
    expect(rows()).toMatchObject([
      { op: 'write', outcome: 'ok', at: 8, value: 2 },
      { op: 'done', outcome: 'ok', at: 8, value: 2 },
      { op: 'read', outcome: 'ok', at: 16, value: 128 },
      { op: 'done', outcome: 'ok', at: 16, value: 128 },
      { op: 'read', outcome: 'refused', at: 64 * 2048, value: 1 },
      { op: 'done', outcome: 'failed', at: 64 * 2048, value: 1 },
    ]);
    expect(rows().map(({ old }) => unpackTag(old))).toMatchObject(
      [0, 0, 1, 1, 2, 2].map((tag) => ({ tag, hctx: NO_QUEUE })),
    );
    expect(BLOCK_STATUSES[unpackTag(rows()[5]?.old ?? 0).detail]).toBe('INVAL');
    for (const [i, { device, requester, time, aux }] of rows().entries()) {
      expect([trace.names.devices[device], trace.names.requesters[requester]]).toEqual(['nullb0', 'nbd:1']);
      expect(time).toBeGreaterThan(began - 1e6); // two threads tell the same time to within microseconds
      expect(time).toBeLessThan(clock.now() + 1e6);
      if (i % 2 === 1) expect(time - (rows()[i - 1]?.time ?? 0)).toBe(aux);
    }
  },
);

test.each(Object.entries(PATHS))(
  'of a flood the trace has some and the exact number of the others (%s)',
  async (_, attributes) => {
    const { client, device, notes, requests, told, trace } = await bench(attributes);
    client.send(...many(3000));
    await client.receive(3000 * 16);
    await until(() => told() >= 3000 && device.inspect().ops.write.requests === 3000);
    expect(told()).toBe(3000);
    expect(requests().length).toBeGreaterThanOrEqual(64);
    const [note] = notes();
    expect(note && textOf(note, trace.names)).toBe(`${note?.value} requests of NBD clients not shown`);
    expect(trace.names.requesters[note?.requester ?? 0]).toBe('nbd');
  },
);

test('a sparser trace asked for holds for NBD clients too, and says what it leaves out', async () => {
  const { client, bus, requests, told } = await bench();
  bus.traceEvery = 10;
  client.send(...many(30));
  await client.receive(30 * 16);
  await until(() => told() >= 30);
  expect(told()).toBe(30);
  expect(requests()).toHaveLength(3);
});

test('a device that leaves tells what its trace left out', async () => {
  const { client, device, told } = await bench();
  client.send(...many(1000));
  await client.receive(1000 * 16);
  device.close();
  expect(told()).toBeLessThanOrEqual(1000);
  expect(1000 - told()).toBeLessThanOrEqual(64); // rows under way between the threads
});
