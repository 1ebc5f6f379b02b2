/** `startLab`: a running lab on free ports with its dashboard, drivers in processes of their own, for tests in a browser. */
import type { DeviceView, ModuleView } from '#bus/api.ts';
import { LabError } from '#bus/errors.ts';
import { version } from '#cli/exit.ts';
import { LabHttp } from '#cli/lab-http.ts';
import { DRIVER_HOST, FIRMWARE_DIRS, SCENARIOS, WEB_ROOT } from '#cli/paths.ts';
import { shippedDriver } from '#drivers/shipped.ts';
import { type BenchSpec, checkBench, loadBench } from '#server/bench-spec.ts';
import { DEFAULT_BENCH } from '#server/default-bench.ts';
import type { Lab } from '#server/lab.ts';
import { checkNode } from './node-version.ts';

export interface LiveLabOptions {
  /** Devices by name, or the path of a bench file; without it a PHY with its link, a disk and a display. */
  readonly bench?: BenchSpec | string;
  readonly seed?: number;
  /** Load the drivers that the bench names; default true. */
  readonly drivers?: boolean;
  /** Ask for this token everywhere. */
  readonly token?: string;
  readonly firmwareDirs?: readonly string[];
  /** pino level of the server's own log on standard error; default `silent`. */
  readonly logLevel?: string;
}

export interface LiveLab extends AsyncDisposable {
  /** Of the dashboard. */
  readonly url: string;
  /** Where drivers attach, `mqtt://…`. */
  readonly brokerUrl: string;
  /** Its name on the bus. */
  readonly name: string;
  /** The documented HTTP API below `/api/v1`: `lab.http.get('/devices')`. Rejects with the LabError of a problem document. */
  readonly http: {
    get<T>(path: string): Promise<T>;
    post<T>(path: string, body?: unknown): Promise<T>;
    put<T>(path: string, body: unknown): Promise<T>;
    patch<T>(path: string, body: unknown): Promise<T>;
    delete<T>(path: string): Promise<T>;
  };
  device(name: string): Promise<DeviceView>;
  /** Loads a driver in a process of its own: a name, or a path as `./my-driver.ts`. Rejects with the error of its probe. */
  insmod(driver: string, device: string, params?: Readonly<Record<string, unknown>>): Promise<ModuleView>;
  /** Unloads the driver of a device. */
  rmmod(device: string): Promise<void>;
  /** What the driver of a device says of itself: state, link, error; undefined when none is loaded. */
  driver(device: string): Promise<ModuleView | undefined>;
  /** Switches a fault of the device on. */
  fault(device: string, name: string, params?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Switches one fault of the device off, or all. */
  clear(device: string, name?: string): Promise<void>;
  /** Looks until it holds and returns what was found; ETIMEDOUT after `withinMs` of real time. */
  until<T>(look: () => Promise<T | undefined | false> | T | undefined | false, withinMs?: number): Promise<T>;
  close(): Promise<void>;
}

/** Drivers in TypeScript run in processes of this Node. */
const NODE = 24;
const WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 25;

class RunningLab implements LiveLab {
  readonly url: string;
  readonly brokerUrl: string;
  readonly name: string;
  readonly http: LabHttp;
  readonly #lab: Lab;

  constructor(lab: Lab, token: string | undefined) {
    this.#lab = lab;
    this.url = lab.url;
    this.brokerUrl = lab.brokerUrl;
    this.name = lab.name;
    this.http = new LabHttp({ url: lab.url, ...(token === undefined ? {} : { token }) });
  }

  device(name: string): Promise<DeviceView> {
    return this.http.get(`/devices/${encodeURIComponent(name)}`);
  }

  async insmod(driver: string, device: string, params: Readonly<Record<string, unknown>> = {}): Promise<ModuleView> {
    const loaded = await this.http.post<ModuleView>('/modules', { driver, device, params });
    if (loaded.error !== null) throw new LabError('ENODEV', `${loaded.module} on ${device}: ${loaded.error.message}`);
    return loaded;
  }

  async rmmod(device: string): Promise<void> {
    await this.http.delete(`/modules/${encodeURIComponent(device)}`);
  }

  async driver(device: string): Promise<ModuleView | undefined> {
    const modules = await this.http.get<readonly ModuleView[]>('/modules');
    return modules.find((module) => module.device === device);
  }

  async fault(device: string, name: string, params: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.http.post(`/devices/${encodeURIComponent(device)}/faults`, { name, params });
  }

  async clear(device: string, name?: string): Promise<void> {
    const one = name === undefined ? '' : `/${encodeURIComponent(name)}`;
    await this.http.delete(`/devices/${encodeURIComponent(device)}/faults${one}`);
  }

  async until<T>(look: () => Promise<T | undefined | false> | T | undefined | false, withinMs = WITHIN_MS): Promise<T> {
    const end = performance.now() + withinMs;
    for (;;) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      if (performance.now() > end)
        throw new LabError('ETIMEDOUT', `\`${look.toString().slice(0, 120)}\` did not hold within ${withinMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  close(): Promise<void> {
    return this.#lab.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Resolves when the dashboard answers; drivers come up meanwhile. */
export const startLab = async (options: LiveLabOptions = {}): Promise<LiveLab> => {
  const { bench, seed, drivers, token, firmwareDirs = [], logLevel = 'silent' } = options;
  checkNode(NODE);
  // The whole server: tests in virtual time need none of it.
  const { startLab: start } = await import('#server/start-lab.ts');
  const lab = await start({
    httpPort: 0,
    mqttPort: 0,
    bench: bench === undefined ? DEFAULT_BENCH : typeof bench === 'string' ? loadBench(bench) : checkBench(bench),
    ...(seed === undefined ? {} : { seed }),
    ...(drivers === undefined ? {} : { drivers }),
    ...(token === undefined ? {} : { token }),
    webRoot: WEB_ROOT,
    firmwareDirs: [...firmwareDirs, ...FIRMWARE_DIRS],
    scenariosDir: SCENARIOS,
    driverHost: { command: DRIVER_HOST },
    driverInfo: async (name) => (await shippedDriver(name))?.info,
    loadDrivers: async () => {
      const { DRIVERS } = await import('#drivers/registry.ts');
      return (name) => DRIVERS[name];
    },
    logLevel,
    version: version(),
  });
  return new RunningLab(lab, token);
};
