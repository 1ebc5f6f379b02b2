/** What the contract tests of the bus stand on: a small silicon, served on a broker, with what to take down afterwards. */
import { c45, Mmd } from '#datasheets/c45.ts';
import { bits, flag, reg, table } from '#regmap/declare.ts';
import { RegisterFile } from '#regmap/file.ts';
import { BusClient, type BusClientOptions } from './client.ts';
import { RealClock } from './clock.ts';
import { type ServeDeviceOptions, type ServedDevice, serveDevice } from './device-serve.ts';
import { MdioBus, type MdioSilicon } from './mdio.ts';
import { type ServeMdioOptions, serveMdio } from './mdio-serve.ts';
import type { PortGround, PortServer } from './port-server.ts';
import type { OpenSession } from './session.ts';
import { Trace, type TraceOutcome, type TraceRecord } from './trace.ts';

const from = { source: 'made for these tests', evidence: 'choice' } as const;
export const RIG = table('RIG', {
  ID: reg(c45(Mmd.PMAPMD, 2), 'Identifier', { OUI: bits(15, 0, 'ro', 'Fixed', 0x0043) }, from),
  CONTROL: reg(c45(Mmd.PMAPMD, 0), 'Control', { VALUE: bits(15, 0, 'rw', 'Kept') }, from),
  STATUS: reg(c45(Mmd.PCS, 1), 'Status', { LSTATUS: flag(2, 'll', 'Latches low', 1) }, from),
});

/** PHY at PRTAD 1 with MMDs 1 and 3; memory from 3.8000h to 3.FFFFh. */
export class RigSilicon implements MdioSilicon {
  readonly regs = new RegisterFile(RIG);
  readonly memory = new Map<number, number>();

  answers(prtad: number, devad: number): boolean {
    return prtad === 1 && (devad === Mmd.PMAPMD || devad === Mmd.PCS);
  }

  read(at: number): number {
    return isMemory(at) ? (this.memory.get(at) ?? 0) : this.regs.read(at);
  }

  write(at: number, value: number): void {
    if (isMemory(at)) this.memory.set(at, value);
    else this.regs.write(at, value);
  }

  peek(at: number): number {
    return isMemory(at) ? (this.memory.get(at) ?? 0) : this.regs.level(at);
  }

  outcome(at: number, op: 'read' | 'write'): TraceOutcome {
    if (isMemory(at)) return 'ok';
    if (!this.regs.has(at)) return 'unmodelled';
    return op === 'read' || this.regs.writable(at) ? 'ok' : 'ignored';
  }
}

const isMemory = (at: number): boolean => at >= c45(Mmd.PCS, 0x8000) && at <= c45(Mmd.PCS, 0xffff);

export interface Rig {
  readonly silicon: RigSilicon;
  readonly bus: MdioBus;
  readonly trace: Trace;
  /** Every access so far. */
  accesses(): TraceRecord[];
}

export const makeRig = (): Rig => {
  const silicon = new RigSilicon();
  const trace = new Trace(1 << 16);
  const bus = new MdioBus(silicon, { clock: new RealClock(), device: 'phy0', trace, mdcHz: 0 });
  const accesses = (): TraceRecord[] =>
    Array.from({ length: trace.last }, (_, i) => trace.at(i + 1)).filter((record) => record !== undefined);
  return { silicon, bus, trace, accesses };
};

/** A broker for tests; with a way in for a lab in its own process where it has one. */
export interface RigBroker {
  readonly url: string;
  readonly openSession?: OpenSession;
  close(): Promise<void>;
}

/** Serves rigs and connects clients on one broker, and takes them all down. */
export class RigBench {
  readonly broker: RigBroker;
  readonly #ends: (() => Promise<void>)[] = [];

  constructor(broker: RigBroker) {
    this.broker = broker;
  }

  async serve(rig: Rig, options: Partial<ServeMdioOptions> = {}): Promise<ServedDevice> {
    const { url, openSession } = this.broker;
    const served = await serveMdio({
      url,
      openSession,
      lab: 'lab',
      device: 'phy0',
      kind: 'rig',
      ports: ['mdio'],
      datasheet: 'rig',
      port: (requester) => rig.bus.port(requester),
      ...options,
    });
    this.#ends.push(() => served.close());
    return served;
  }

  /** Serves a device with whatever ports. */
  async serveWith(
    device: string,
    ports: (ground: PortGround) => readonly PortServer[],
    options: Partial<ServeDeviceOptions> = {},
  ): Promise<ServedDevice> {
    const { url, openSession } = this.broker;
    const served = await serveDevice(
      {
        url,
        openSession,
        lab: 'lab',
        device,
        kind: 'rig',
        ports: ['rig'],
        datasheet: 'rig',
        ...options,
      },
      ports,
    );
    this.#ends.push(() => served.close());
    return served;
  }

  async client(client: string, options: Partial<BusClientOptions> = {}): Promise<BusClient> {
    const connected = await BusClient.connect({ url: this.broker.url, lab: 'lab', client, role: 'driver', ...options });
    this.#ends.push(() => connected.close());
    return connected;
  }

  /** Last come, first gone. */
  async takeDown(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}

/** Resolves with the first value that passes, asked again whenever the event loop has turned; rejects after `limitMs`. */
export const eventually = async <T>(ask: () => T, passes: (value: T) => boolean, limitMs = 5000): Promise<T> => {
  const until = performance.now() + limitMs;
  for (;;) {
    const value = ask();
    if (passes(value)) return value;
    if (performance.now() > until) throw new Error(`still ${JSON.stringify(value)} after ${limitMs} ms`);
    await new Promise((turn) => setImmediate(turn));
  }
};
