/** A lab in virtual time for one test: nothing happens but what the test asks for, and always the same. */
import type { LogLine } from '#bus/api.ts';
import { ms } from '#bus/clock.ts';
import { ERRNO, type ErrnoName, LabError } from '#bus/errors.ts';
import type { BusFaultView } from '#bus/filters/views.ts';
import type { DriverModule } from '#bus/kernel-port.ts';
import { type DriverLike, findDriver } from '#drivers/driver-file.ts';
import type { DriverStatus, ScenarioEnv } from '#server/scenario/env.ts';
import type { Step, Values } from '#server/scenario/model.ts';
import { type BreakpointOptions, LabBreakpoint } from './breakpoint.ts';
import { LabDevice } from './device.ts';
import { atOnce, LabRun, type TestScenario, waitFor } from './lab-run.ts';
import { type LabStep, type Look, StepSource } from './step-source.ts';
import type { TestRecording } from './test-recording.ts';
import { LabTrace } from './trace.ts';

export type BusFault = NonNullable<LabStep['bus-fault']>[string];

export interface TestLabParts {
  readonly scenario: TestScenario;
  readonly env: ScenarioEnv;
  /** Modules by the name they are loaded under. */
  readonly modules: Map<string, DriverModule>;
  readonly recording: TestRecording | undefined;
}

export interface WithinOptions {
  /** Lab time it may take; default 10 s. */
  readonly withinMs?: number;
  /** For the message of a failure. */
  readonly what?: string;
}

const WITHIN_MS = 10_000;
/** Longer than the probe of any driver. */
const PROBE_MS = 60_000;

export class TestLab implements AsyncDisposable {
  readonly trace: LabTrace;
  readonly seed: number;
  /** The devices of the bench by name. */
  readonly devices: readonly string[];
  readonly #env: ScenarioEnv;
  readonly #run: LabRun;
  readonly #modules: Map<string, DriverModule>;
  readonly #source: StepSource;
  readonly #kept: TestRecording | undefined;
  #closing: Promise<void> | undefined;

  constructor({ scenario, env, modules, recording }: TestLabParts) {
    const { bench, seed } = scenario;
    this.seed = seed;
    this.devices = Object.keys(bench);
    this.#env = env;
    this.#run = new LabRun(env, scenario);
    this.#modules = modules;
    this.#source = new StepSource(bench);
    this.#kept = recording;
    this.trace = new LabTrace({
      env,
      recording: this.#run.recording,
      bench,
      source: this.#source,
      failed: (reason) => this.#run.failed({ verdict: 'driver-bug', reason }),
    });
  }

  /** Lab time. */
  get nowMs(): number {
    return this.#env.clock.now() / 1e6;
  }

  /** Kernel log, oldest line first. */
  get log(): readonly LogLine[] {
    return this.#env.log(0);
  }

  /** A device of the bench; ENOENT with a "did you mean" for another name. */
  device(name: string): LabDevice {
    return new LabDevice(name, this.#env, this, this.#source);
  }

  /** What the driver of a device says of itself; undefined when none is loaded. */
  driver(device: string): DriverStatus | undefined {
    this.#env.device(device);
    return this.#env.driver(device);
  }

  /** Misuse of the hardware by drivers: each kind once. */
  findings(): readonly string[] {
    return this.trace.findings();
  }

  /** Loads a driver and lets time pass until it is live; rejects with the error its probe ended with. */
  async insmod(driver: DriverLike, device: string, params: Values = {}): Promise<DriverStatus> {
    await this.begin(driver, device, params);
    const settled = (): boolean => !['loading', 'probing'].includes(this.#env.driver(device)?.state ?? 'loading');
    await this.until(settled, { withinMs: PROBE_MS, what: `the driver of ${device} to be live` });
    const status = this.#env.driver(device);
    if (status === undefined || status.error !== null)
      throw new LabError(
        errnoOf(status?.error?.code),
        `${status?.module ?? 'the driver'} on ${device}: ${status?.error?.message ?? 'gone'}`,
      );
    return status;
  }

  /** Loads a driver and returns at once: its first access comes when time passes. For what must be in place before. */
  async begin(driver: DriverLike, device: string, params: Values = {}): Promise<void> {
    await this.#run.do(atOnce(await this.#insmodDeed({ driver, device, params })));
  }

  /** Unloads the driver of a device. */
  rmmod(device: string): Promise<void> {
    return this.do({ rmmod: device });
  }

  /** Lets time pass. */
  async run(milliseconds: number): Promise<void> {
    await this.#run.do(waitFor(milliseconds));
  }

  /** Lets time pass until the condition holds: a function, or a look as a scenario has it. Fails when it does not in time. */
  async until(condition: (() => boolean) | Look, options: WithinOptions = {}): Promise<void> {
    const { withinMs = WITHIN_MS } = options;
    if (typeof condition !== 'function') return this.expect(condition, withinMs);
    const what = options.what ?? `\`${condition.toString().slice(0, 120)}\``;
    await this.#run.until(condition, { ns: ms(withinMs), what });
  }

  /** Holds now, or within this time. `{ driver: 'phy0', link: 'up' }`, `{ register: 'phy0.UC_STATUS', STATUS: 'tracking' }`. */
  expect(look: Look, withinMs = 0): Promise<void> {
    return this.do({ expect: { ...look, within: text(withinMs) } });
  }

  /** Does not hold for the whole of this time. */
  never(look: Look, forMs: number): Promise<void> {
    return this.do({ never: { ...look, for: text(forMs) } });
  }

  /** Whatever a step of a scenario can do, in its words. */
  async do(...steps: readonly LabStep[]): Promise<void> {
    for (const step of steps) {
      const { insmod } = step;
      const read = this.#source.step(step);
      const named = insmod === undefined ? read : { ...read, deeds: [await this.#insmodDeed(insmod)] };
      await this.#run.do(named);
    }
  }

  /** Switches a fault of the device on: one of its catalogue, `lab.device('phy0').faultNames`. */
  fault(device: string, name: string, params: Readonly<Record<string, string | number | boolean>> = {}): Promise<void> {
    return this.do({ fault: { [device]: { name, ...params } } });
  }

  /** Switches a fault of the device off, or all. */
  clear(device: string, name = 'all'): Promise<void> {
    return this.do({ clear: { [device]: name } });
  }

  /** Puts a fault on the bus in front of the device; returns its name. */
  async busFault(device: string, fault: BusFault): Promise<string> {
    const before = new Set(this.busFaults.map(({ name }) => name));
    await this.do({ 'bus-fault': { [device]: fault } });
    return this.busFaults.find(({ name }) => !before.has(name))?.name ?? '';
  }

  /** Takes a bus fault away, or all. */
  clearBusFault(name = 'all'): Promise<void> {
    return this.do({ 'clear-bus-fault': name });
  }

  /** Bus faults as they stand, with how often each has fired. */
  get busFaults(): readonly BusFaultView[] {
    return this.#env.instruments.faults;
  }

  /** Holds accesses of the device before they take effect: `write 3.E854 == 0x0040`, or any filter. */
  breakpoint(device: string, when: string, options: BreakpointOptions = {}): LabBreakpoint {
    this.#run.checkOpen();
    const { limitMs, nth, verb = 'break' } = options;
    const { id } = this.#env.instruments.addBreakpoint({
      device,
      when,
      verb,
      ...(limitMs === undefined ? {} : { limitMs }),
      ...(nth === undefined ? {} : { nth }),
    });
    return new LabBreakpoint(id, device, when, this.#env.instruments, this);
  }

  /** Ends the lab: drivers and devices are let go. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    this.#run.end();
    const { accesses } = this.#run.recording;
    const end = { failure: this.#run.failure, accesses, virtualMs: this.nowMs, findings: this.findings() };
    await this.#env.close();
    this.#kept?.end(end);
  }

  /** A module is known by its own name from here on, wherever it came from. */
  async #insmodDeed(of: {
    readonly driver: DriverLike;
    readonly device: string;
    readonly params?: Values;
  }): Promise<Step['deeds'][number]> {
    const module = await findDriver(of.driver);
    const { name } = module.info;
    this.#modules.set(name, module);
    return { kind: 'insmod', driver: name, device: of.device, params: of.params ?? {} };
  }
}

const MOST_MS = 1e9;
/** As a scenario writes a time. */
const text = (milliseconds: number): string => {
  if (milliseconds >= 0 && milliseconds < MOST_MS) return `${Number(milliseconds.toFixed(6))}ms`;
  throw new LabError('EINVAL', `${milliseconds} ms: it takes 0 or more, below ${MOST_MS}`);
};

const errnoOf = (code: string | undefined): ErrnoName => (isErrno(code) ? code : 'EIO');
const isErrno = (code: string | undefined): code is ErrnoName => code !== undefined && code in ERRNO;
