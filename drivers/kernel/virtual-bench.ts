/** One PHY on a bus in virtual time, and modules loaded for it in this process: where drivers are tested. */
import { seconds, VirtualClock } from '#bus/clock.ts';
import type { VirtualDevice } from '#bus/device.ts';
import type { DriverModule, LoadedModule } from '#bus/kernel-port.ts';
import { MdioBus, type MdioSilicon } from '#bus/mdio.ts';
import { Trace } from '#bus/trace.ts';
import { printC45 } from '#datasheets/c45.ts';
import { type InProcess, inProcess } from './in-process.ts';

/** Longer than any probe may take. */
const LOAD_LIMIT_NS = seconds(60);

export interface Insmod {
  readonly kernel: InProcess;
  exit(): Promise<void>;
}

export class VirtualBench<D extends MdioSilicon & VirtualDevice> {
  readonly clock = new VirtualClock();
  readonly trace = new Trace();
  readonly device: D;
  readonly bus: MdioBus;
  readonly #firmware: Readonly<Record<string, Uint8Array>>;

  constructor(make: (clock: VirtualClock) => D, firmware: Readonly<Record<string, Uint8Array>> = {}, mdcHz = 0) {
    this.device = make(this.clock);
    this.bus = new MdioBus(this.device, { clock: this.clock, device: 'phy0', trace: this.trace, mdcHz });
    this.#firmware = firmware;
  }

  /** A kernel for one module; what it does is traced under this name. */
  kernel(name: string): InProcess {
    const kernel = inProcess(this.clock, { mdio: this.bus.port(name) }, this.#firmware);
    this.device.onInterrupt((line, asserted) => kernel.interrupt(line, asserted));
    return kernel;
  }

  /** Loads a module and lets time pass until its init has ended; rejects as `load` does. */
  async insmod(module: DriverModule, params: Readonly<Record<string, unknown>> = {}, on?: InProcess): Promise<Insmod> {
    const kernel = on ?? this.kernel(module.info.name);
    const loaded: LoadedModule = await this.until(module.load(kernel, params));
    return { kernel, exit: () => this.until(loaded.exit()) };
  }

  /** Lets time pass until the promise has settled. */
  async until<V>(promise: Promise<V>): Promise<V> {
    let settled = false;
    const done = promise.finally(() => {
      settled = true;
    });
    done.catch(() => {});
    await this.clock.run(this.clock.now() + LOAD_LIMIT_NS, () => settled);
    return done;
  }

  async pass(ns: number): Promise<void> {
    await this.clock.run(this.clock.now() + ns);
  }

  /** `W 1.C300h 0000`, oldest first, from a sequence number on. */
  accesses(since = 1): readonly string[] {
    const lines: string[] = [];
    for (let seq = since; seq <= this.trace.last; seq++) {
      const record = this.trace.at(seq);
      if (record === undefined || (record.op !== 'read' && record.op !== 'write')) continue;
      const value = record.value.toString(16).toUpperCase().padStart(4, '0');
      lines.push(`${record.op === 'read' ? 'R' : 'W'} ${printC45(record.at)} ${value}`);
    }
    return lines;
  }
}
