/** Large writes to a device on the bus: through memory both ends share, or over the bus where one of them refuses, with the same result. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startBroker } from '#server/broker.ts';
import { RealClock } from './clock.ts';
import { RigBench, type RigBroker } from './contract-rig.ts';
import type { ServedDevice } from './device-serve.ts';
import type { Kind } from './message.ts';
import type { MmioSilicon } from './mmio.ts';
import { MmioBus } from './mmio-bus.ts';
import { connectMmio, mmioOver, type RemoteMmio } from './mmio-connect.ts';
import { mmioServer } from './mmio-serve.ts';
import { encodeRecords } from './mmio-wire.ts';
import type { PortServer } from './port-server.ts';
import { Trace } from './trace.ts';

const VRAM_BYTES = 10 << 20;
const FRAME = { offset: 4096, rowBytes: 7680, pitchBytes: 7680, rows: 1080 };
const PART = { offset: 5000, rowBytes: 2428, pitchBytes: 7680, rows: 341 };

const noise = (length: number, seed = 1): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Uint32Array.from({ length: Math.ceil(length / 4) }, (_, i) => Math.imul(i + seed, 0x9e3779b1)).buffer);

let broker: RigBroker;
let bench: RigBench;
let served: ServedDevice;
let remote: RemoteMmio;
let vram: Uint8Array;
let trace: Trace;
let heard: { readonly kind: Kind; readonly bytes: number }[];
let shares: boolean;

const rows = (): (readonly [number, number])[] =>
  Array.from({ length: trace.last }, (_, i) => trace.at(i + 1)).flatMap((record) =>
    record?.op === 'span_write' ? [[record.at, record.value] as const] : [],
  );
const bytesHeard = (): number => heard.reduce((sum, { bytes }) => sum + bytes, 0);
const asked = (kind: Kind): number => heard.filter((one) => one.kind === kind).length;

beforeAll(async () => {
  broker = await startBroker({ host: '127.0.0.1', port: 0 });
});
afterAll(() => broker.close());
beforeEach(async () => {
  vram = new Uint8Array(VRAM_BYTES);
  trace = new Trace(4096);
  heard = [];
  shares = true;
  const silicon: MmioSilicon = {
    read: () => 0,
    write: () => {},
    peek: () => 0,
    span: (name) => (name === 'vram' ? vram : undefined),
    wroteSpan: () => {},
  };
  const bus = new MmioBus(silicon, { clock: new RealClock(), device: 'card0', trace });
  const server = mmioServer((requester) => bus.port(requester));
  bench = new RigBench(broker);
  const listening: PortServer = {
    ...server,
    answer(request, asker) {
      heard.push({ kind: request.kind, bytes: request.body.length });
      if (request.kind === 'share' && !shares) throw new Error('no memory is shared here');
      return server.answer(request, asker);
    },
  };
  served = await bench.serveWith('card0', () => [listening]);
  remote = await connectMmio(await bench.client('drv'), 'card0');
  await remote.bind();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await bench.takeDown();
});

const frame = noise(FRAME.rowBytes * FRAME.rows);
const expectFrame = (): void =>
  expect(Buffer.compare(vram.subarray(FRAME.offset, FRAME.offset + frame.length), frame)).toBe(0);
const expectPart = (bytes: Uint8Array): void => {
  for (let row = 0; row < PART.rows; row++) {
    const at = PART.offset + row * PART.pitchBytes;
    const want = bytes.subarray(row * PART.pitchBytes, row * PART.pitchBytes + PART.rowBytes);
    expect(Buffer.compare(vram.subarray(at, at + PART.rowBytes), want)).toBe(0);
    expect([vram[at - 1], vram[at + PART.rowBytes]]).toEqual([0, 0]);
  }
};

test('a picture is one record, and its bytes do not go over the bus', async () => {
  await remote.writeRows('vram', FRAME, frame);
  expectFrame();
  expect(rows()).toEqual([[FRAME.offset, frame.length]]);
  expect(bytesHeard()).toBeLessThan(1000);
  await remote.writeSpan('vram', FRAME.offset, frame.toReversed());
  expect(vram[FRAME.offset]).toBe(frame.at(-1));
  expect(asked('share')).toBe(1);
});

test('a rectangle takes its own bytes, and nothing beside it changes', async () => {
  const bytes = noise(PART.rows * PART.pitchBytes, 7);
  await remote.writeRows('vram', PART, bytes);
  expectPart(bytes);
  expect(rows()).toEqual([[PART.offset, PART.rows * PART.rowBytes]]);
});

describe.each([
  ['the driver keeps to the bus', () => vi.stubEnv('FERROLAB_SHARED_MEMORY', 'off')],
  [
    'the lab shares nothing',
    () => {
      shares = false;
    },
  ],
])('where %s', (_, refuse) => {
  test('the same bytes arrive, in messages', async () => {
    refuse();
    const bytes = noise(PART.rows * PART.pitchBytes, 7);
    await remote.writeRows('vram', PART, bytes);
    expectPart(bytes);
    expect(bytesHeard()).toBeGreaterThan(PART.rows * PART.rowBytes);
    expect(bytesHeard()).toBeLessThan(PART.rows * PART.rowBytes + 2000);
    await remote.writeSpan('vram', FRAME.offset, frame);
    expectFrame();
    await remote.writeRows('vram', { offset: 0, rowBytes: 2 << 20, pitchBytes: 3 << 20, rows: 2 }, frame, 3 << 20);
    expect(Buffer.compare(vram.subarray(3 << 20, 5 << 20), frame.subarray(3 << 20, 5 << 20))).toBe(0);
  });
});

test('more pieces than there is room for wait for one another', async () => {
  const parts = Array.from({ length: 9 }, (_, i) => noise(1 << 20, i));
  await Promise.all(parts.map((bytes, i) => remote.writeSpan('vram', i << 20, bytes)));
  for (const [i, bytes] of parts.entries())
    expect(Buffer.compare(vram.subarray(i << 20, (i + 1) << 20), bytes)).toBe(0);
  const whole = noise(9 << 20, 3);
  await remote.writeSpan('vram', 0, whole);
  expect(Buffer.compare(vram.subarray(0, whole.length), whole)).toBe(0);
});

test('an access that is refused leaves the memory as good as before', async () => {
  await expect(remote.writeSpan('vram', VRAM_BYTES - 10, frame)).rejects.toMatchObject({ code: 'ERANGE' });
  await expect(remote.writeSpan('wram', 0, frame)).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(remote.writeRows('vram', { ...FRAME, pitchBytes: 5 }, frame, FRAME.pitchBytes)).rejects.toMatchObject({
    code: 'ERANGE',
  });
  await remote.writeRows('vram', FRAME, frame);
  expectFrame();
  expect(asked('share')).toBe(1);
});

test('it ends with the lease, and begins with the next', async () => {
  await remote.writeRows('vram', FRAME, frame);
  served.evict('a test');
  await expect(remote.writeRows('vram', FRAME, frame)).rejects.toMatchObject({ code: 'EACCES' });
  await remote.bind();
  vram.fill(0);
  await remote.writeRows('vram', FRAME, frame);
  expectFrame();
});

test('memory the lab has no more is no error: the bus carries those bytes', async () => {
  await remote.writeRows('vram', FRAME, frame);
  await remote.ask('share', new Uint8Array()); // another port of this client: the first one's memory is void
  vram.fill(0);
  await remote.writeRows('vram', { ...FRAME, rows: 100 }, frame);
  expect(Buffer.compare(vram.subarray(FRAME.offset, FRAME.offset + 768_000), frame.subarray(0, 768_000))).toBe(0);
});

test('who has no lease is given none, and writes nothing', async () => {
  const other = await connectMmio(await bench.client('eve'), 'card0');
  await expect(other.ask('share', new Uint8Array())).rejects.toMatchObject({ code: 'EACCES' });
  await expect(mmioOver(other).writeRows('vram', FRAME, frame)).rejects.toMatchObject({ code: 'EACCES' });
  expect(rows()).toEqual([]);
});

test('rows of memory that nobody shares are EPROTO', async () => {
  const record = { op: 'writeShared', span: 'vram', rows: { ...FRAME, rows: 1 }, position: 4096, room: 0 } as const;
  await expect(remote.ask('mmio', encodeRecords([record]))).rejects.toMatchObject({ code: 'EPROTO' });
  expect(rows()).toEqual([]);
});
