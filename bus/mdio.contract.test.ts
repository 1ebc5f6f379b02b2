/** The same facts of an MDIO port in process, over the embedded broker, and over a real Mosquitto. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { c45, Mmd, Op } from '#datasheets/c45.ts';
import { startBroker } from '#server/broker.ts';
import { makeRig, type Rig, RigBench, type RigBroker } from './contract-rig.ts';
import { addressFrame, c45Registers, driven, type MdioPort, packFrame, readFrame, writeFrame } from './mdio.ts';
import { connectMdio } from './mdio-connect.ts';
import { startMosquitto } from './mosquitto.ts';

const embedded = (): Promise<RigBroker> => startBroker({ host: '127.0.0.1', port: 0 });

const TRANSPORTS: readonly [string, (() => Promise<RigBroker>) | null][] = [
  ['in process', null],
  ['mqtt, embedded broker', embedded],
  ['mqtt, Mosquitto', startMosquitto],
];

describe.each(TRANSPORTS)('MDIO %s', (_, start) => {
  let broker: RigBroker | undefined;
  let bench: RigBench;
  let rig: Rig;
  let port: MdioPort;

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
    if (broker === undefined) return;
    bench = new RigBench(broker);
    await bench.serve(rig);
    const remote = await connectMdio(await bench.client('drv', { presence: { module: 'rig' } }), 'phy0');
    await remote.bind();
    port = remote;
  });

  const memory = c45(Mmd.PCS, 0x8000);
  const increment = packFrame(Op.readIncrement, 1, Mmd.PCS, 0);

  test('reads what the silicon drives, turnaround included', async () => {
    const [frame] = await port.transfer(Uint32Array.of(addressFrame(1, c45(1, 2)), readFrame(1, 1)));
    expect(frame).toBe(packFrame(Op.read, 1, 1, 0x0043));
  });

  test('each PRTAD and DEVAD keeps its own address register', async () => {
    await port.transfer(
      Uint32Array.of(addressFrame(1, c45(1, 2)), addressFrame(1, memory), addressFrame(2, c45(1, 7))),
    );
    await port.transfer(Uint32Array.of(writeFrame(1, Mmd.PCS, 0x1234)));
    const [id] = await port.transfer(Uint32Array.of(readFrame(1, 1)));
    const [kept] = await port.transfer(Uint32Array.of(readFrame(1, Mmd.PCS)));
    expect([id! & 0xffff, kept! & 0xffff]).toEqual([0x0043, 0x1234]);
  });

  test('an absent PHY and an absent MMD read FFFFh undriven', async () => {
    const frames = await port.transfer(
      Uint32Array.of(addressFrame(9, c45(1, 2)), readFrame(9, 1), addressFrame(1, c45(4, 2)), readFrame(1, 4)),
    );
    expect([...frames].map((frame) => [frame & 0xffff, driven(frame)])).toEqual([
      [0xffff, false],
      [0xffff, false],
    ]);
    await port.transfer(Uint32Array.of(addressFrame(9, c45(1, 0)), writeFrame(9, 1, 5)));
    expect(rig.accesses().map(({ outcome }) => outcome)).toEqual(['undriven', 'undriven', 'undriven']);
  });

  test('post-read-increment walks on and stops at FFFFh', async () => {
    for (const [at, value] of [
      [0xfffe, 1],
      [0xffff, 2],
    ] as const)
      rig.silicon.write(c45(Mmd.PCS, at), value);
    const frames = await port.transfer(
      Uint32Array.of(addressFrame(1, c45(Mmd.PCS, 0xfffe)), increment, increment, increment),
    );
    expect([...frames].map((frame) => frame & 0xffff)).toEqual([1, 2, 2]);
  });

  test('a vector of 24,576 writes is applied whole and in order, each recorded once with its requester', async () => {
    const regs = c45Registers(port, 1);
    await regs.writeAll(Array.from({ length: 24_576 }, (_, i) => [memory + i, (i * 7) & 0xff] as const));
    expect(rig.accesses().map(({ at, value }) => [at, value])).toEqual(
      Array.from({ length: 24_576 }, (_, i) => [memory + i, (i * 7) & 0xff]),
    );
    expect(rig.trace.names.requesters).toEqual(['', 'rig']);
  });

  test('requests in flight together are answered each with its own, in the order they were sent', async () => {
    const regs = c45Registers(port, 1);
    for (let i = 0; i < 200; i++) rig.silicon.write(memory + i, i);
    const values = await Promise.all(Array.from({ length: 200 }, (_, i) => regs.read(memory + i)));
    expect(values).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(rig.accesses().map(({ at }) => at - memory)).toEqual(values);
  });

  test('a latch shows the drop to one read only', async () => {
    const regs = c45Registers(port, 1);
    expect(await regs.read(c45(Mmd.PCS, 1))).toBe(4);
    rig.silicon.regs.poke('STATUS', { LSTATUS: false });
    rig.silicon.regs.poke('STATUS', { LSTATUS: true });
    expect([await regs.read(c45(Mmd.PCS, 1)), await regs.read(c45(Mmd.PCS, 1))]).toEqual([0, 4]);
  });

  test('frames of Clause 22 and vectors without a read are answered with no frames', async () => {
    expect(await port.transfer(Uint32Array.of(0x60860000))).toHaveLength(0);
    expect(await port.transfer(new Uint32Array())).toHaveLength(0);
    expect(rig.accesses()).toEqual([]);
  });

  test('an error on the bus reaches the driver by its name, and the next request works', async () => {
    const filter = (): never => {
      throw new Error('wire cut');
    };
    rig.bus.filters.add(filter);
    await expect(c45Registers(port, 1).read(c45(1, 2))).rejects.toThrow('wire cut');
    rig.bus.filters.delete(filter);
    expect(await c45Registers(port, 1).read(c45(1, 2))).toBe(0x0043);
  });
});
