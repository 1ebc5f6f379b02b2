/** The bench on the bus: every device behind its topic, its place kept when the device is replaced. */
import { blockServer } from '#bus/block-serve.ts';
import { type ServedDevice, serveDevice } from '#bus/device-serve.ts';
import { LabError } from '#bus/errors.ts';
import { mdioServer } from '#bus/mdio-serve.ts';
import { mmioServer } from '#bus/mmio-serve.ts';
import type { PortGround, PortServer } from '#bus/port-server.ts';
import type { OpenSession } from '#bus/session.ts';
import { type Trace, unpackRecord } from '#bus/trace.ts';
import type { Bench } from './bench.ts';
import type { BenchDeviceSpec } from './bench-spec.ts';
import type { DeviceBuses } from './device-kinds.ts';
import { datasheetHash } from './device-views.ts';
import type { KernelLog } from './kernel-log.ts';

export interface ServedBenchOptions {
  readonly lab: string;
  readonly broker: {
    readonly url: string;
    readonly openSession: OpenSession | undefined;
    readonly token: string | undefined;
  };
  readonly bench: Bench;
  readonly trace: Trace;
  readonly log: KernelLog;
}

interface Served {
  readonly kind: string;
  readonly device: ServedDevice;
}

export class ServedBench {
  readonly #options: ServedBenchOptions;
  readonly #served = new Map<string, Served>();
  readonly #listeners = new Set<() => void>();
  readonly #deaf: () => void;

  constructor(options: ServedBenchOptions) {
    this.#options = options;
    this.#deaf = options.trace.tap((record) => this.#interrupted(record), ['irq']);
  }

  /** Calls `changed` whenever a device has another owner, or none. */
  onOwner(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => void this.#listeners.delete(changed);
  }

  /** The device's end of the bus. */
  port(device: string): ServedDevice | undefined {
    return this.#served.get(device)?.device;
  }

  /** Builds a device and puts it on the bus; one of the same name is replaced, its place and owner kept. */
  async place(name: string, spec: BenchDeviceSpec): Promise<void> {
    const { bench } = this.#options;
    const { kind } = bench.place(name, spec).device;
    const served = this.#served.get(name);
    if (served !== undefined && served.kind !== kind) {
      this.#served.delete(name); // another part altogether: whoever drove the old one must look again
      await served.device.close();
    } else served?.device.replaced();
    await this.serve(name);
  }

  /** Puts a device of the bench on the bus, unless it is there. */
  async serve(name: string): Promise<void> {
    if (this.#served.has(name)) return;
    const { lab, broker, bench, log } = this.#options;
    const { url, openSession, token } = broker;
    const { device, buses } = bench.device(name);
    const served = await serveDevice(
      {
        url,
        openSession,
        lab,
        device: name,
        kind: device.kind,
        ports: Object.keys(buses),
        datasheet: datasheetHash(device),
        ...(token === undefined ? {} : { token }),
        onOwner: (owner) => {
          if (owner !== null) log.add('info', 'lab', `${name} is driven by ${owner.module} (${owner.client})`);
          for (const listener of [...this.#listeners]) listener();
        },
        onFinding: (module, what, text) => bench.device(name).finding(what, text, module),
        log: (line) => void log.add('notice', 'lab', line),
      },
      (ground) => portServers(bench, name, buses, ground),
    );
    this.#served.set(name, { kind: device.kind, device: served });
    log.add('info', 'lab', `${name}: ${device.kind} on the bus`);
  }

  /** Takes a device off the bus. */
  async remove(name: string): Promise<void> {
    await this.port(name)?.close();
    this.#served.delete(name);
    this.#options.bench.remove(name);
    this.#options.log.add('info', 'lab', `${name}: off the bus`);
  }

  /** Every device says goodbye. */
  async close(): Promise<void> {
    this.#deaf();
    await Promise.all([...this.#served.values()].map(({ device }) => device.close()));
    this.#served.clear();
  }

  #interrupted(record: Uint8Array): void {
    const { device, aux, value, time } = unpackRecord(record);
    const { devices, texts } = this.#options.trace.names;
    this.port(devices[device] ?? '')?.interrupt(texts[aux] ?? '', value === 1, time);
  }
}

/** One server for each bus of the device; the device behind it is looked up each time, for it may be replaced. */
const portServers = (bench: Bench, name: string, kinds: DeviceBuses, ground: PortGround): readonly PortServer[] => {
  const bus = <K extends keyof DeviceBuses>(kind: K): NonNullable<DeviceBuses[K]> => {
    const found = bench.device(name).buses[kind];
    if (found === undefined) throw new LabError('ENODEV', `${name} has no ${kind} port any more`);
    return found;
  };
  return [
    ...(kinds.mdio === undefined ? [] : [mdioServer((requester) => bus('mdio').port(requester))]),
    ...(kinds.mmio === undefined ? [] : [mmioServer((requester) => bus('mmio').port(requester))]),
    ...(kinds.block === undefined ? [] : [blockServer((requester) => bus('block').port(requester), ground)]),
  ];
};
