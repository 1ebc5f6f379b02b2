/** One display on a bus in virtual time, and a driver bound to it in this process: where display drivers are tested. */
import { VirtualClock } from '#bus/clock.ts';
import type { VirtualDevice } from '#bus/device.ts';
import type { DriverModule, LoadedModule } from '#bus/kernel-port.ts';
import type { MmioPort, MmioSilicon } from '#bus/mmio.ts';
import { MmioBus } from '#bus/mmio-bus.ts';
import { Trace } from '#bus/trace.ts';
import { type InProcess, inProcess } from '../kernel/in-process.ts';
import { defineModule, type Kernel } from '../kernel/module.ts';
import type { DrmDevice } from './drm-device.ts';

/** Longer than anything under test may take. */
const LIMIT_NS = 60e9;

export class DisplayRig<D extends MmioSilicon & VirtualDevice> {
  readonly clock = new VirtualClock();
  readonly trace = new Trace();
  readonly display: D;
  readonly bus: MmioBus;
  readonly kernel: InProcess;

  /** `lagNs`: answers come so late, and interrupts later than the answers before them, as over a network. */
  constructor(make: (clock: VirtualClock) => D, lagNs = 0) {
    this.display = make(this.clock);
    this.bus = new MmioBus(this.display, { clock: this.clock, device: 'card0', trace: this.trace });
    const port = this.bus.port('driver');
    this.kernel = inProcess(this.clock, { mmio: lagNs === 0 ? port : late(port, this.clock, lagNs) });
    this.display.onInterrupt((line, asserted) => {
      if (lagNs === 0) this.kernel.interrupt(line, asserted);
      else this.clock.after(2 * lagNs, () => this.kernel.interrupt(line, asserted));
    });
  }

  /** Binds a driver as a program of the same process does. */
  async probe(bind: (kernel: Kernel) => Promise<DrmDevice>): Promise<{ device: DrmDevice; exit(): Promise<void> }> {
    const bound: DrmDevice[] = [];
    const loaded = await this.insmod(
      defineModule({
        name: 'rig',
        description: '',
        author: '',
        license: '',
        drives: ['display'],
        init: async (kernel) => void bound.push(await bind(kernel)),
      }),
    );
    const [device] = bound;
    if (device === undefined) throw new Error('init has not run');
    return { device, exit: () => this.until(loaded.exit()) };
  }

  async insmod(module: DriverModule, params: Readonly<Record<string, unknown>> = {}): Promise<LoadedModule> {
    return this.until(module.load(this.kernel, params));
  }

  async until<V>(promise: Promise<V>): Promise<V> {
    let settled = false;
    const done = promise.finally(() => {
      settled = true;
    });
    done.catch(() => {});
    await this.clock.run(this.clock.now() + LIMIT_NS, () => settled);
    if (!settled) throw new Error('nothing had come of it after a minute of virtual time');
    return done;
  }

  async pass(ns: number): Promise<void> {
    await this.clock.run(this.clock.now() + ns);
  }

  /** Bytes that went over the bus into video memory since that record. */
  uploaded(since: number): number {
    let bytes = 0;
    for (let seq = since + 1; seq <= this.trace.last; seq++) {
      const record = this.trace.at(seq);
      if (record?.op === 'span_write') bytes += record.value;
    }
    return bytes;
  }
}

const late = (port: MmioPort, clock: VirtualClock, lagNs: number): MmioPort => {
  const lag = async <V>(answer: Promise<V>): Promise<V> => {
    await new Promise<void>((resolve) => void clock.after(lagNs, resolve));
    return answer;
  };
  return {
    read: (at, width) => lag(port.read(at, width)),
    write: (at, value, width) => lag(port.write(at, value, width)),
    transfer: (accesses) => lag(port.transfer(accesses)),
    readSpan: (span, offset, length) => lag(port.readSpan(span, offset, length)),
    writeSpan: (span, offset, bytes) => lag(port.writeSpan(span, offset, bytes)),
    writeRows: (span, rows, bytes, apartBytes) => lag(port.writeRows(span, rows, bytes, apartBytes)),
    onInterrupt: (listener) => port.onInterrupt(listener),
  };
};
