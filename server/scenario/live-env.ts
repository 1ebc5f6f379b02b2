/** A running lab as a scenario's environment: real time, drivers in their own processes, over the bus. */
import type { ModuleView } from '#bus/api.ts';
import { asLabError, LabError } from '#bus/errors.ts';
import type { BenchDeviceSpec } from '#server/bench-spec.ts';
import type { LabHost } from '#server/lab.ts';
import type { DriverStatus, ScenarioEnv } from './env.ts';
import type { Scenario } from './model.ts';

/** How often a look is taken when nothing happens on the bus, milliseconds. */
const LOOK_EVERY_MS = 10;

/** Rebuilds the devices the scenario names; `close` of the environment puts the bench back as it was. */
export const liveEnv = async (scenario: Scenario, lab: LabHost): Promise<ScenarioEnv> => {
  const before = Object.keys(scenario.bench).map((name) => standing(lab, name));
  const modules = new Map<string, LiveModule>();
  const evicted = new Map<string, ModuleView>();
  const close = async (): Promise<void> => {
    const failures: string[] = [];
    const failed = (thrown: unknown): void => void failures.push(asLabError(thrown).message);
    for (const module of modules.values()) await module.end().catch(failed);
    for (const stood of before) {
      const module = stood.module ?? evicted.get(stood.name);
      await putBack(lab, { ...stood, module }).catch(failed);
    }
    if (failures.length > 0) throw new LabError('EIO', `the bench is not as it was: ${failures.join('; ')}`);
  };
  try {
    for (const { name, module } of before) {
      if (module !== undefined) await lab.modules.rmmod(name);
      await lab.place(name, scenario.bench[name]!); // the names come from this very bench
    }
  } catch (thrown) {
    await close().catch(() => {});
    throw thrown;
  }
  return {
    mode: 'live',
    clock: lab.clock,
    trace: lab.trace,
    instruments: lab.instruments,
    device: (name) => lab.bench.device(name),
    insmod(driver, device, params) {
      const first = !modules.has(device);
      modules.set(
        device,
        new LiveModule(lab, device, driver, async () => {
          try {
            await lab.modules.insmod({ driver, device, params });
          } catch (thrown) {
            if (!first || asLabError(thrown).code !== 'EBUSY') throw thrown;
            // A driver that was still on its way when the run began has got the device: during a run it is the run's.
            const other = loadedFor(lab, device);
            if (other !== undefined) evicted.set(device, other);
            await lab.modules.rmmod(device);
            await lab.modules.insmod({ driver, device, params });
          }
        }),
      );
    },
    async rmmod(device) {
      const module = modules.get(device);
      if (module === undefined) throw new LabError('ENOENT', `no driver is loaded for ${device}`);
      await module.end();
      modules.delete(device);
    },
    driver: (device) => modules.get(device)?.status,
    io: (device, bio) => lab.io(device, bio),
    openCard: (device, program, mode) => lab.openCard(device, program, mode),
    log: (after) => lab.log.after(after),
    pass: (untilNs, done) => pass(lab, untilNs, done),
    close,
  };
};

/** What a device was before the run. */
interface Standing {
  readonly name: string;
  readonly spec: BenchDeviceSpec | undefined;
  readonly module: ModuleView | undefined;
}

const standing = (lab: LabHost, name: string): Standing => ({
  name,
  spec: lab.bench.devices.get(name)?.spec,
  module: loadedFor(lab, name),
});

const loadedFor = (lab: LabHost, name: string): ModuleView | undefined =>
  lab.modules.list().find(({ device, state }) => device === name && state !== 'gone' && state !== 'failed');

const putBack = async (lab: LabHost, { name, spec, module }: Standing): Promise<void> => {
  if (spec === undefined) {
    if (lab.bench.devices.has(name)) await lab.remove(name);
    return;
  }
  await lab.place(name, spec);
  if (module !== undefined) await lab.modules.insmod({ driver: module.module, device: name, params: module.params });
};

/** A driver process this run asked for. */
class LiveModule {
  readonly #lab: LabHost;
  readonly #device: string;
  readonly #driver: string;
  readonly #loading: Promise<void>;
  #over = false;
  #failed: LabError | undefined;

  constructor(lab: LabHost, device: string, driver: string, load: () => Promise<void>) {
    this.#lab = lab;
    this.#device = device;
    this.#driver = driver;
    this.#loading = load()
      .catch((thrown: unknown) => {
        this.#failed = asLabError(thrown);
      })
      .finally(() => {
        this.#over = true;
      });
  }

  get status(): DriverStatus {
    const module = this.#driver;
    if (this.#failed !== undefined) {
      const { code, message } = this.#failed;
      return { module, state: 'failed', link: null, error: { code, message } };
    }
    const view = this.#lab.modules.list().findLast(({ device }) => device === this.#device);
    if (view === undefined) return { module, state: this.#over ? 'gone' : 'loading', link: null, error: null };
    const { state, link, error } = view;
    return { module: view.module, state, link, error };
  }

  /** Unloads it, in the midst of its probe too; one that failed by itself leaves nothing behind. */
  async end(): Promise<void> {
    const { modules } = this.#lab;
    const known = (): boolean => modules.list().some(({ device }) => device === this.#device);
    if (!this.#over && known()) await modules.rmmod(this.#device).catch(() => {});
    await this.#loading;
    if (known()) await modules.rmmod(this.#device);
  }
}

/** Looks at every beat of a short timer until it is done or over. */
const pass = (lab: LabHost, untilNs: number, done: () => boolean): Promise<void> =>
  new Promise((resolve, reject) => {
    const look = (): void => {
      try {
        if (!done() && lab.clock.now() < untilNs) return;
        clearInterval(timer);
        resolve();
      } catch (thrown) {
        clearInterval(timer);
        reject(thrown);
      }
    };
    const timer = setInterval(look, LOOK_EVERY_MS);
    look();
  });
