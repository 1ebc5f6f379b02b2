/** A driver whose access is held hears that it is, and its deadline moves on: in process, over the embedded broker, over Mosquitto. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { c45, Mmd } from '#datasheets/c45.ts';
import { startBroker } from '#server/broker.ts';
import { RealClock } from '../clock.ts';
import { eventually, RigBench, type RigBroker, RigSilicon } from '../contract-rig.ts';
import { c45Registers, MdioBus, type MdioPort } from '../mdio.ts';
import { connectMdio } from '../mdio-connect.ts';
import { mdioServer } from '../mdio-serve.ts';
import { startMosquitto } from '../mosquitto.ts';
import { Trace } from '../trace.ts';
import { PHY_NAMES } from './filter-rig.ts';
import { Instruments } from './instruments.ts';

const TRANSPORTS: readonly [string, (() => Promise<RigBroker>) | null][] = [
  ['in process', null],
  ['mqtt, embedded broker', () => startBroker({ host: '127.0.0.1', port: 0 })],
  ['mqtt, Mosquitto', startMosquitto],
];
const CONTROL = c45(Mmd.PMAPMD, 0);
const ID = c45(Mmd.PMAPMD, 2);
/** Shorter than a hold of the test below takes. */
const DEADLINE_MS = 500;

describe.each(TRANSPORTS)('held accesses %s', (_, start) => {
  let broker: RigBroker | undefined;
  let bench: RigBench;
  let silicon: RigSilicon;
  let instruments: Instruments;
  let port: MdioPort;
  let other: MdioPort;
  const told: string[] = [];

  beforeAll(async () => {
    broker = await start?.();
  });
  afterAll(async () => {
    await bench?.takeDown();
    await broker?.close();
  });
  beforeEach(async () => {
    await bench?.takeDown();
    told.length = 0;
    silicon = new RigSilicon();
    const clock = new RealClock();
    const trace = new Trace(1024);
    instruments = new Instruments({ clock, trace, seed: 1 });
    const slot = instruments.slot('phy0', PHY_NAMES);
    const bus = new MdioBus(silicon, { clock, device: 'phy0', trace, mdcHz: 0, slot });
    port = bus.port('drv');
    other = bus.port('watcher');
    if (broker === undefined) return;
    bench = new RigBench(broker);
    const served = await bench.serveWith('phy0', () => [mdioServer((requester) => bus.port(requester))]);
    instruments.onChange((device) => {
      if (device !== null) served.held(instruments.held.length > 0 ? 'held by a breakpoint' : null);
    });
    const remote = await connectMdio(await bench.client('drv'), 'phy0', { deadlineMs: DEADLINE_MS });
    await remote.bind();
    remote.on((event) => {
      if (event.kind === 'held') told.push(event.why);
    });
    port = remote;
    other = await connectMdio(await bench.client('watcher'), 'phy0', { deadlineMs: DEADLINE_MS });
  });

  test('the write waits past its deadline without an error, and so does who waits behind it', async () => {
    instruments.addBreakpoint({ when: 'write CONTROL == 5' });
    const asked = performance.now();
    const writing = c45Registers(port, 1).write(CONTROL, 5);
    await eventually(
      () => instruments.held.length,
      (held) => held === 1,
    );
    const reading = c45Registers(other, 1).read(ID);
    await eventually(
      () => performance.now() - asked,
      (ms) => ms > 1.5 * DEADLINE_MS,
    );
    expect([silicon.peek(CONTROL), instruments.held.length]).toEqual([0, 1]);
    if (broker !== undefined) expect(told[0]).toBe('held by a breakpoint');
    instruments.continue('phy0');
    await writing;
    expect([silicon.peek(CONTROL), await reading]).toEqual([5, 0x0043]);
  });

  test('a hold that ends by itself ends for the driver too', async () => {
    instruments.addBreakpoint({ when: 'write CONTROL', limitMs: 1.5 * DEADLINE_MS });
    await c45Registers(port, 1).write(CONTROL, 6);
    expect([silicon.peek(CONTROL), instruments.held]).toEqual([6, []]);
  });

  test('a bus fault reaches the driver as the bus would', async () => {
    instruments.addFault({ effect: 'drop', when: 'read ID', nth: 1 });
    instruments.addFault({ effect: 'error', when: 'write CONTROL', nth: 1 });
    const regs = c45Registers(port, 1);
    expect([await regs.read(ID), await regs.read(ID)]).toEqual([0xffff, 0x0043]);
    await expect(regs.write(CONTROL, 1)).rejects.toMatchObject({ code: 'EIO' });
    await regs.write(CONTROL, 2);
    expect(silicon.peek(CONTROL)).toBe(2);
  });

  test('a delay longer than the deadline is what a slow bus is: the driver times out', async () => {
    instruments.addFault({ effect: 'delay', params: { us: 1500 * DEADLINE_MS }, when: 'read ID', times: 1 });
    const reading = c45Registers(port, 1).read(ID);
    if (broker === undefined) expect(await reading).toBe(0x0043);
    else await expect(reading).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });
});
