/** The bench on the bus: every device behind its topic, its place kept when the device is replaced. */
import { type ServedMdio, serveMdio } from '#bus/mdio-serve.ts';
import type { Bench, BenchDeviceSpec } from './bench.ts';
import { PORTS } from './device-kinds.ts';
import { datasheetHash } from './device-views.ts';
import type { KernelLog } from './kernel-log.ts';

export interface ServedBenchOptions {
  readonly lab: string;
  readonly url: string;
  readonly token: string | undefined;
  readonly bench: Bench;
  readonly log: KernelLog;
}

export class ServedBench {
  readonly #options: ServedBenchOptions;
  readonly #ports = new Map<string, ServedMdio>();

  constructor(options: ServedBenchOptions) {
    this.#options = options;
  }

  /** The device's end of the bus. */
  port(device: string): ServedMdio | undefined {
    return this.#ports.get(device);
  }

  /** Builds a device and puts it on the bus; one of the same name is replaced, its place and owner kept. */
  async place(name: string, spec: BenchDeviceSpec): Promise<void> {
    this.#options.bench.place(name, spec);
    await this.serve(name);
  }

  /** Puts a device of the bench on the bus, unless it is there. */
  async serve(name: string): Promise<void> {
    if (this.#ports.has(name)) return;
    const { lab, url, token, bench, log } = this.#options;
    const { kind, registers } = bench.device(name).device;
    const served = await serveMdio({
      url,
      lab,
      device: name,
      kind,
      ports: PORTS[kind] ?? [],
      datasheet: datasheetHash(registers),
      port: (requester) => ({ transfer: (frames) => bench.device(name).bus.transfer(frames, requester) }),
      ...(token === undefined ? {} : { token }),
      onOwner: (owner) => {
        if (owner !== null) log.add('info', 'lab', `${name} is driven by ${owner.module} (${owner.client})`);
      },
      log: (line) => void log.add('notice', 'lab', line),
    });
    this.#ports.set(name, served);
    log.add('info', 'lab', `${name}: ${kind} on the bus`);
  }

  /** Takes a device off the bus. */
  async remove(name: string): Promise<void> {
    await this.#ports.get(name)?.close();
    this.#ports.delete(name);
    this.#options.bench.remove(name);
    this.#options.log.add('info', 'lab', `${name}: off the bus`);
  }

  /** Every device says goodbye. */
  async close(): Promise<void> {
    await Promise.all([...this.#ports.values()].map((port) => port.close()));
    this.#ports.clear();
  }
}
