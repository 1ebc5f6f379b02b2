/** A lab of its own in virtual time: bench and drivers in one process, nothing random but the seed. */
import type { CardProgram } from '#bus/card.ts';
import { type Clock, VirtualClock } from '#bus/clock.ts';
import type { Bio, BioResult } from '#bus/disk.ts';
import { asLabError, LabError } from '#bus/errors.ts';
import { Instruments } from '#bus/filters/instruments.ts';
import type { DriverModule, KernelPort, LoadedModule } from '#bus/kernel-port.ts';
import { Trace } from '#bus/trace.ts';
import { Bench } from '#server/bench.ts';
import type { BenchDevice } from '#server/bench-device.ts';
import { driverClock } from '#server/driver-clock.ts';
import { DriverOffers } from '#server/driver-offers.ts';
import { tellFindings } from '#server/finding-log.ts';
import { KernelLog } from '#server/kernel-log.ts';
import type { DriverStatus, ScenarioEnv } from './env.ts';
import type { Scenario } from './model.ts';

export interface VirtualEnvOptions {
  readonly seed: number;
  readonly loadDriver: (name: string) => DriverModule | undefined;
  /** File contents by name; undefined when there is no such file. */
  readonly firmware: (name: string) => Uint8Array | undefined;
  /** Hears each time a driver says something of itself. */
  readonly onDriver?: (device: string, status: DriverStatus, time: number) => void;
}

/** The run keeps its own records; this ring only passes them on. */
const TRACE_RECORDS = 1024;

export const virtualEnv = (scenario: Pick<Scenario, 'bench'>, options: VirtualEnvOptions): ScenarioEnv => {
  const clock = new VirtualClock();
  const trace = new Trace(TRACE_RECORDS);
  const log = new KernelLog(clock);
  const firmware = (name: string): Uint8Array => {
    const file = options.firmware(name);
    if (file === undefined) throw new LabError('ENOENT', `no firmware file ${name}`);
    return file;
  };
  const instruments = new Instruments({
    clock,
    trace,
    seed: options.seed,
    log: (level, text) => void log.add(level, 'lab', text),
  });
  const bench = new Bench({
    clock,
    instruments,
    trace,
    seed: options.seed,
    spec: scenario.bench,
    firmware,
    log: (level, text) => void log.add(level, 'lab', text),
  });
  const deaf = tellFindings(trace, log);
  const loaded = new Map<string, Loaded>();

  /** A driver that forgets to catch ends as a dead module, not as a dead lab. */
  const crashed = (thrown: unknown): void => {
    for (const module of loaded.values()) module.crash(thrown);
  };
  process.on('unhandledRejection', crashed);

  return {
    mode: 'virtual',
    clock,
    trace,
    instruments,
    device: (name) => bench.device(name),
    insmod(driver, device, params) {
      const on = bench.device(device);
      const module = new Loaded(driver, on, { clock, log, firmware, onDriver: options.onDriver });
      loaded.set(device, module);
      module.load(options.loadDriver(driver), params);
    },
    async rmmod(device) {
      const module = loaded.get(device);
      if (module === undefined) throw new LabError('ENOENT', `no driver is loaded for ${device}`);
      await module.exit();
      loaded.delete(device);
    },
    driver: (device) => loaded.get(device)?.status,
    async io(device, bio) {
      const module = loaded.get(device);
      if (module === undefined) throw new LabError('ENODEV', `no driver is loaded for ${device}`);
      return module.io(bio);
    },
    async openCard(device, program, mode) {
      const module = loaded.get(device);
      if (module === undefined) throw new LabError('ENODEV', `no driver is loaded for ${device}`);
      return module.openCard(program, mode);
    },
    log: (after) => log.after(after),
    pass: (untilNs, done) => clock.run(untilNs, done),
    async close() {
      process.off('unhandledRejection', crashed);
      deaf();
      bench.close();
    },
  };
};

interface Ground {
  readonly clock: Clock;
  readonly log: KernelLog;
  readonly firmware: (name: string) => Uint8Array;
  readonly onDriver: VirtualEnvOptions['onDriver'];
}

/** One driver module in this process, and what it says of itself. */
class Loaded {
  readonly #name: string;
  readonly #ground: Ground;
  readonly #device: BenchDevice;
  readonly #offers = new DriverOffers();
  readonly #undo: (() => void)[] = [];
  #loading: Promise<LoadedModule | undefined> = Promise.resolve(undefined);
  status: DriverStatus;

  constructor(name: string, device: BenchDevice, ground: Ground) {
    this.#name = name;
    this.#ground = ground;
    this.#device = device;
    this.status = { module: name, state: 'loading', link: null, error: null };
  }

  load(module: DriverModule | undefined, params: Readonly<Record<string, unknown>>): void {
    if (module === undefined) {
      this.#failed(new LabError('ENOENT', `no driver ${this.#name}`));
      return;
    }
    // Not before time passes: what the scenario says next can still be in place for the first access.
    this.#loading = this.#ground.clock
      .sleep(0)
      .then(() => module.load(this.#kernel(), params))
      .then(
        (live) => {
          if (this.status.state === 'loading' || this.status.state === 'probing') this.#say({ state: 'live' });
          return live;
        },
        (thrown: unknown) => {
          this.#failed(thrown);
          return undefined;
        },
      );
  }

  async exit(): Promise<void> {
    await (await this.#loading)?.exit();
    this.#letGo();
  }

  /** Work for the driver's disk. */
  async io(bio: Bio): Promise<BioResult> {
    const { disk } = this.#offers;
    if (disk === undefined) throw new LabError('ENODEV', `${this.#name} offers no disk for ${this.#device.name}`);
    return disk.submit(bio);
  }

  /** The screen, for a program. */
  async openCard(program: string, mode: string | undefined): Promise<CardProgram> {
    const { card } = this.#offers;
    if (card === undefined) throw new LabError('ENODEV', `${this.#name} offers no card for ${this.#device.name}`);
    return card.open(program, mode);
  }

  /** What the driver held of its device. */
  #letGo(): void {
    this.#offers.clear();
    for (const undo of this.#undo.splice(0)) undo();
  }

  crash(thrown: unknown): void {
    const { code, message } = asLabError(thrown);
    this.#ground.log.add('crit', this.#name, `died: ${message}`);
    this.#say({ state: 'gone', link: null, error: { code, message } });
    this.#letGo();
  }

  #kernel(): KernelPort {
    const { clock, log, firmware } = this.#ground;
    const device = this.#device;
    const { close, ...ports } = device.ports(this.#name);
    this.#undo.push(close);
    return {
      clock: driverClock(clock, (thrown) => this.crash(thrown)),
      ports,
      onInterrupt: (listener) => {
        const stop = device.device.onInterrupt(listener);
        this.#undo.push(stop);
        return stop;
      },
      finding: (what, text) => device.finding(what, text, this.#name),
      addDisk: this.#offers.addDisk,
      addCard: this.#offers.addCard,
      requestFirmware: async (name) => firmware(name),
      log: (level, text) => void log.add(level, this.#name, text),
      report: (status) => this.#say(status),
    };
  }

  #failed(thrown: unknown): void {
    const { code, message } = asLabError(thrown);
    this.#say({ state: 'failed', link: null, error: { code, message } });
    this.#letGo();
  }

  #say(status: Partial<DriverStatus>): void {
    if (this.status.state === 'gone') return;
    this.status = { ...this.status, ...status };
    this.#ground.onDriver?.(this.#device.name, this.status, this.#ground.clock.now());
  }
}
