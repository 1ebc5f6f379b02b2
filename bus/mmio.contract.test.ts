/** The same facts of a register port in process, over the embedded broker, and over a real Mosquitto. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startBroker } from '#server/broker.ts';
import { RealClock } from './clock.ts';
import { eventually, RigBench, type RigBroker } from './contract-rig.ts';
import type { ServedDevice } from './device-serve.ts';
import type { MmioPort, MmioSilicon, MmioWidth } from './mmio.ts';
import { MmioBus } from './mmio-bus.ts';
import { connectMmio, type RemoteMmio } from './mmio-connect.ts';
import { mmioServer } from './mmio-serve.ts';
import { startMosquitto } from './mosquitto.ts';
import { Trace, type TraceRecord } from './trace.ts';

const embedded = (): Promise<RigBroker> => startBroker({ host: '127.0.0.1', port: 0 });

const TRANSPORTS: readonly [string, (() => Promise<RigBroker>) | null][] = [
  ['in process', null],
  ['mqtt, embedded broker', embedded],
  ['mqtt, Mosquitto', startMosquitto],
];

const VRAM_BYTES = 3 << 20;
/** Reading it clears it. */
const CLEARS = 0x100;
const ABSENT = 0x200;

class RigSilicon implements MmioSilicon {
  readonly registers = new Map<number, number>();
  readonly vram = new Uint8Array(VRAM_BYTES);
  readonly damage: [name: string, offset: number, length: number][] = [];

  read(at: number, width: MmioWidth): number {
    const value = this.peek(at);
    if (at === CLEARS) this.registers.delete(at);
    return width === 4 ? value : value & (2 ** (8 * width) - 1);
  }
  write(at: number, value: number): void {
    this.registers.set(at, value);
  }
  peek(at: number): number {
    return this.registers.get(at) ?? 0;
  }
  outcome(at: number) {
    return at === ABSENT ? ('unmodelled' as const) : ('ok' as const);
  }
  span(name: string): Uint8Array | undefined {
    return name === 'vram' ? this.vram : undefined;
  }
  wroteSpan(...damage: [string, number, number]): void {
    this.damage.push(damage);
  }
}

interface Rig {
  readonly silicon: RigSilicon;
  readonly bus: MmioBus;
  readonly trace: Trace;
  readonly listeners: Set<(line: string, asserted: boolean) => void>;
  records(): readonly TraceRecord[];
}

const makeRig = (): Rig => {
  const silicon = new RigSilicon();
  const trace = new Trace(4096);
  const listeners: Rig['listeners'] = new Set();
  const bus = new MmioBus(silicon, {
    clock: new RealClock(),
    device: 'card0',
    trace,
    onInterrupt: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  });
  const records = (): readonly TraceRecord[] =>
    Array.from({ length: trace.last }, (_, i) => trace.at(i + 1)).filter((record) => record !== undefined);
  return { silicon, bus, trace, listeners, records };
};

const noise = (length: number, seed = 1): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(i + seed, 0x9e3779b1) >>> 24) & 0xff);

describe.each(TRANSPORTS)('MMIO %s', (_, start) => {
  let broker: RigBroker | undefined;
  let bench: RigBench;
  let rig: Rig;
  let port: MmioPort;
  let interrupt: (line: string, asserted: boolean) => void;

  beforeAll(async () => {
    broker = await start?.();
  });
  afterAll(async () => {
    await bench?.takeDown();
    await broker?.close();
  });
  beforeEach(async () => {
    await bench?.takeDown();
    rig = makeRig();
    port = rig.bus.port('rig');
    interrupt = (line, asserted) => {
      for (const listener of [...rig.listeners]) listener(line, asserted);
    };
    if (broker === undefined) return;
    bench = new RigBench(broker);
    const served = await bench.serveWith('card0', () => [mmioServer((requester) => rig.bus.port(requester))]);
    interrupt = (line, asserted) => served.interrupt(line, asserted, 0);
    const remote = await connectMmio(await bench.client('drv', { presence: { module: 'rig' } }), 'card0');
    await remote.bind();
    port = remote;
  });

  test('reads and writes registers of each width', async () => {
    await port.write(0x10, 0xdeadbeef);
    expect([await port.read(0x10), await port.read(0x10, 2), await port.read(0x10, 1)]).toEqual([
      0xdeadbeef, 0xbeef, 0xef,
    ]);
    await port.write(0x13, 0x7f, 1);
    expect(rig.silicon.peek(0x13)).toBe(0x7f);
  });

  test('a vector is carried out in order, and answers its reads in order', async () => {
    rig.silicon.write(CLEARS, 5);
    const values = await port.transfer([
      { op: 'read', at: CLEARS },
      { op: 'write', at: 0x20, value: 1 },
      { op: 'read', at: CLEARS },
      { op: 'read', at: 0x20 },
    ]);
    expect(values).toEqual([5, 0, 1]);
    expect(await port.transfer([])).toEqual([]);
  });

  test('a span larger than a message is written and read whole, and the device hears what was damaged', async () => {
    const bytes = noise(VRAM_BYTES - 100);
    await port.writeSpan('vram', 100, bytes);
    expect(Buffer.compare(rig.silicon.vram.subarray(100), bytes)).toBe(0);
    expect(Buffer.compare(await port.readSpan('vram', 100, bytes.length), bytes)).toBe(0);
    const touched = rig.silicon.damage.reduce((sum, [, , length]) => sum + length, 0);
    expect(touched).toBe(bytes.length);
  });

  test('records a register access with its old value, and a span as one record with its length', async () => {
    await port.write(0x10, 1);
    await port.write(0x10, 2);
    await port.read(ABSENT);
    await port.writeSpan('vram', 64, noise(4096));
    await port.readSpan('vram', 64, 4096);
    const told = rig.records().map(({ op, outcome, at, value, old }) => [op, outcome, at, value, old]);
    expect(told.slice(0, 3)).toEqual([
      ['write', 'ok', 0x10, 1, 0],
      ['write', 'ok', 0x10, 2, 1],
      ['read', 'unmodelled', ABSENT, 0, 0],
    ]);
    const [wrote, read] = told.slice(3);
    expect(wrote?.slice(0, 4)).toEqual(['span_write', 'ok', 64, 4096]);
    expect(read).toEqual(['span_read', 'ok', 64, 4096, wrote?.[4]]); // the same bytes, the same digest
    expect(rig.trace.names.texts[rig.records().at(-1)?.aux ?? 0]).toBe('vram');
    expect(rig.trace.names.requesters).toContain('rig');
  });

  test.each([
    ['an address that is no multiple of its width', () => port.read(0x12, 4), 'EINVAL'],
    ['a value that does not fit', () => port.write(0x10, 0x100, 1), 'EINVAL'],
    ['bytes beyond the end of a span', () => port.writeSpan('vram', VRAM_BYTES - 4, noise(8)), 'ERANGE'],
    ['a read beyond the end of a span', () => port.readSpan('vram', VRAM_BYTES, 1), 'ERANGE'],
    ['a span that is not there', () => port.readSpan('ram', 0, 1), 'ENOENT'],
  ])('refuses %s, and the next access works', async (__, attempt, code) => {
    await expect(attempt()).rejects.toMatchObject({ code });
    expect(rig.silicon.damage).toEqual([]);
    await port.write(0x10, 7);
    expect(await port.read(0x10)).toBe(7);
  });

  test('interrupts are heard in order, until one stops listening', async () => {
    const heard: [string, boolean][] = [];
    const stop = port.onInterrupt((line, asserted) => void heard.push([line, asserted]));
    interrupt('VBLANK', true);
    interrupt('VBLANK', false);
    interrupt('FLIP', true);
    await eventually(
      () => heard.length,
      (n) => n === 3,
    );
    stop();
    interrupt('FLIP', false);
    await port.read(0); // what was said before is heard before its answer
    expect(heard).toEqual([
      ['VBLANK', true],
      ['VBLANK', false],
      ['FLIP', true],
    ]);
  });

  test('a filter may change an access, and an error of it reaches the driver by name', async () => {
    const filter = rig.bus.filters.add((touch, next) =>
      touch.op === 'read' ? { ...next(touch), value: 42 } : next(touch),
    );
    expect(await port.read(0x10)).toBe(42);
    filter.clear();
    rig.bus.filters.add(() => {
      throw new Error('wire cut');
    });
    await expect(port.read(0x10)).rejects.toThrow('wire cut');
  });
});

describe.each(TRANSPORTS.slice(1))('the MMIO wire, %s', (_, start) => {
  let broker: RigBroker;
  let bench: RigBench;
  let rig: Rig;
  let served: ServedDevice;
  let remote: RemoteMmio;

  beforeAll(async () => {
    broker = await start!(); // both have one
  });
  afterAll(async () => {
    await bench.takeDown();
    await broker.close();
  });
  beforeEach(async () => {
    await bench?.takeDown();
    rig = makeRig();
    bench = new RigBench(broker);
    served = await bench.serveWith('card0', () => [mmioServer((requester) => rig.bus.port(requester))]);
    remote = await connectMmio(await bench.client('drv'), 'card0');
  });

  test('who has no lease may read and not write', async () => {
    expect(await remote.read(0x10)).toBe(0);
    expect(await remote.readSpan('vram', 0, 4)).toEqual(new Uint8Array(4));
    await expect(remote.write(0x10, 1)).rejects.toMatchObject({ code: 'EACCES' });
    await expect(remote.writeSpan('vram', 0, noise(4))).rejects.toMatchObject({ code: 'EACCES' });
    expect([rig.silicon.peek(0x10), rig.silicon.vram[0]]).toEqual([0, 0]);
  });

  test('interrupts that go missing are made up for by how the lines stand', async () => {
    const heard: [string, boolean][] = [];
    remote.onInterrupt((line, asserted) => void heard.push([line, asserted]));
    served.interrupt('A', true, 0);
    await eventually(
      () => heard.length,
      (n) => n === 1,
    );
    const { link } = await bench.client('lab-x', { role: 'lab', openSession: broker.openSession });
    // another voice of the lab, three interrupts ahead: two were lost, and the lines stand as the device says
    await link.publish(
      'ferrolab/1/lab/device/card0/interrupt',
      JSON.stringify({ seq: 4, line: 'A', asserted: false, time: 0 }),
    );
    served.interrupt('B', true, 0);
    await eventually(
      () => heard,
      (all) => all.some(([line]) => line === 'B'),
    );
    expect(heard).toContainEqual(['B', true]);
    expect(heard.filter(([line]) => line === 'B')).toHaveLength(1);
  });

  test.each([
    ['half a record', Uint8Array.of(0, 4, 0)],
    ['a register of 3 bytes', Uint8Array.of(0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['a record of no kind', Uint8Array.of(9, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['a span without its bytes', Uint8Array.of(3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0x76)],
  ])('answers %s with EPROTO, and the next request works', async (__, body) => {
    await remote.bind();
    await expect(remote.ask('mmio', body)).rejects.toMatchObject({ code: 'EPROTO' });
    expect(await remote.read(0x10)).toBe(0);
  });
});
