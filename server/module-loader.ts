/** Loading and unloading drivers: each in a process of its own, known by its presence on the bus. */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import type { DriverInfo, ModuleView } from '#bus/api.ts';
import { asLabError, LabError, unknownName } from '#bus/errors.ts';
import { settle } from '#regmap/params.ts';
import type { Bench } from './bench.ts';
import { DriverProcess, isOurs, modinfo, survivors } from './driver-process.ts';
import { checkDriverFile, checkNamedFiles } from './file-trust.ts';
import { settled } from './module-start.ts';
import type { Presences } from './presences.ts';

export interface InsmodRequest {
  /** A driver the lab ships, or the path of a file of your own. */
  readonly driver: string;
  readonly device: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** Asked by whoever started the lab, not over the network. */
  readonly trusted?: boolean;
}

export interface ModuleLoaderOptions {
  readonly lab: string;
  readonly bench: Bench;
  readonly presences: Presences;
  readonly brokerUrl: string;
  readonly token: string | undefined;
  readonly firmwareDirs: readonly string[];
  /** Facts of a driver known without asking the driver host. */
  readonly info?: ((driver: string) => Promise<DriverInfo | undefined>) | undefined;
  /** How a driver process starts. */
  readonly command: readonly string[];
  /** Who holds the device now. */
  readonly owner: (device: string) => { readonly client: string; readonly module: string } | null;
  /** Takes the device from its owner. */
  readonly evict: (device: string, reason: string) => void;
  /** Which driver died of what, a line each. */
  readonly log?: (line: string) => void;
  readonly startTimeoutMs?: number;
  /** An access of the device waits at a breakpoint: its driver may take longer to start. */
  readonly isHeld?: (device: string) => boolean;
}

/** Every module seen on the bus, whoever started it; those this lab started it can also end. */
export class ModuleLoader {
  readonly #options: ModuleLoaderOptions;
  readonly #processes = new Map<string, DriverProcess>();
  /** Drivers of a lab before this one, by client: not our children, but ours to end. */
  readonly #adopted = new Map<string, number>();
  #closed = false;
  #known: Promise<readonly DriverInfo[]> | undefined;

  constructor(options: ModuleLoaderOptions) {
    this.#options = options;
  }

  /** Loaded modules of this lab. */
  list(): readonly ModuleView[] {
    return this.#options.presences.modules;
  }

  /** What could be loaded. Asked of the driver host once. */
  drivers(): Promise<readonly DriverInfo[]> {
    this.#known ??= modinfo(this.#options.command).catch((error: unknown) => {
      this.#known = undefined;
      throw error;
    });
    return this.#known;
  }

  /** Starts a driver process and waits until it is live or failed: EBUSY when the device is taken, else the driver's own errno. */
  async insmod({ driver, device, params = {}, trusted = false }: InsmodRequest): Promise<ModuleView> {
    const { bench, presences, owner, token } = this.#options;
    const { kind } = bench.device(device).device;
    checkWords(driver, params);
    if (token === undefined && !trusted) {
      if (isPath(driver)) checkDriverFile(resolve(driver));
      checkNamedFiles(params);
    }
    const module = await this.#check(driver, kind, params);
    const holder = owner(device);
    if (holder !== null)
      throw new LabError('EBUSY', `${device} is driven by ${holder.module} (${holder.client}); rmmod ${device} first`);
    await this.#makeRoom(device);
    const client = clientId(module, device);
    presences.put(beginning(client, module, device, params));
    try {
      const process = this.#start(client, { driver, device, params });
      presences.put({ ...this.#view(client), pid: process.pid });
      const isHeld = (): boolean => this.#options.isHeld?.(device) ?? false;
      return await settled(presences, client, process, this.#options.startTimeoutMs, isHeld);
    } catch (thrown) {
      const error = asLabError(thrown);
      const view = presences.modules.find((known) => known.client === client);
      if (view !== undefined && view.state !== 'failed')
        presences.put({ ...view, state: 'failed', link: null, error: { code: error.code, message: error.message } });
      throw error;
    }
  }

  /**
   * Finds drivers that outlived a lab of this name on this broker: they re-attach by themselves. Of several for one
   * device one is kept; those for none of these devices are ended. Resolves with the devices they drive.
   */
  async adopt(expected: readonly string[]): Promise<ReadonlySet<string>> {
    const { brokerUrl, lab, presences } = this.#options;
    const devices = new Set<string>();
    for (const { pid, client, device, driver } of await survivors(brokerUrl, lab)) {
      if (devices.has(device) || !expected.includes(device)) {
        await DriverProcess.endForeign(pid);
        continue;
      }
      devices.add(device);
      this.#adopted.set(client, pid);
      if (presences.modules.some((known) => known.client === client)) continue;
      presences.put({
        ...beginning(client, isPath(driver) ? moduleOf(driver) : driver, device, {}),
        pid,
        state: 'waiting',
      });
    }
    return devices;
  }

  /** Ends the driver of a device; ENOENT when there is none. */
  async rmmod(device: string): Promise<void> {
    const { presences, owner, evict, bench } = this.#options;
    bench.device(device);
    const loaded = presences.modules.filter((module) => module.device === device);
    const holder = owner(device);
    if (loaded.length === 0 && holder === null) throw new LabError('ENOENT', `${device} has no driver loaded`);
    for (const { client, pid } of loaded) {
      const process = this.#processes.get(client);
      if (process !== undefined) await process.end();
      else if (pid !== null && (await isOurs(pid, client))) await DriverProcess.endForeign(pid);
      this.#processes.delete(client);
      this.#adopted.delete(client);
      presences.forget(client);
    }
    const left = owner(device);
    if (left !== null) evict(device, `${device} was taken away by rmmod`);
  }

  /** Calls `changed` after every change of a module. */
  onChange(changed: () => void): () => void {
    return this.#options.presences.onChange(changed);
  }

  /** Ends every driver process of this lab. */
  async close(): Promise<void> {
    this.#closed = true;
    const adopted = [...this.#adopted].map(async ([client, pid]) => {
      if (await isOurs(pid, client)) await DriverProcess.endForeign(pid);
    });
    await Promise.all([...adopted, ...[...this.#processes.values()].map((process) => process.end())]);
    this.#processes.clear();
    this.#adopted.clear();
  }

  /** The module's name, when such a driver exists, drives such a device and takes such parameters. */
  async #check(driver: string, kind: string, params: Readonly<Record<string, unknown>>): Promise<string> {
    if (isPath(driver)) {
      if (statSync(resolve(driver), { throwIfNoEntry: false })?.isFile() !== true)
        throw new LabError('ENOENT', `no driver file ${resolve(driver)}`);
      return moduleOf(driver);
    }
    const found = (await this.#options.info?.(driver)) ?? (await this.#ask(driver));
    if (!found.drives.includes(kind))
      throw new LabError('ENODEV', `${driver} drives ${found.drives.join(', ')}; this device is a ${kind}`);
    settle(found.params, params);
    return driver;
  }

  async #ask(driver: string): Promise<DriverInfo> {
    const known = await this.drivers();
    const found = known.find(({ name }) => name === driver);
    if (found !== undefined) return found;
    const names = known.map(({ name }) => name);
    throw unknownName('driver', driver, names);
  }

  #start(client: string, { driver, device, params = {} }: InsmodRequest): DriverProcess {
    if (this.#closed) throw new LabError('ECANCELED', 'the lab is closing; it starts no drivers');
    const { command, lab, brokerUrl, token, firmwareDirs } = this.#options;
    const process = new DriverProcess({
      command: [
        ...command,
        ...['--broker', brokerUrl, '--lab', lab, '--device', device, '--client', client],
        ...['--driver', isPath(driver) ? resolve(driver) : driver],
        ...firmwareDirs.flatMap((dir) => ['--firmware-dir', resolve(dir)]),
        ...Object.entries(params).flatMap(([name, value]) => ['--param', `${name}=${String(value)}`]),
      ],
      token,
    });
    this.#processes.set(client, process);
    void process.ended.then((last) => {
      if (this.#processes.get(client) === process) this.#processes.delete(client);
      if (!process.asked) this.#died(client, last);
    });
    return process;
  }

  /** Its presence says only that it is gone; why is what it said last. */
  #died(client: string, last: LabError): void {
    const { presences } = this.#options;
    const view = this.list().find((module) => module.client === client);
    if (view === undefined || view.state === 'failed') return;
    this.#options.log?.(`${view.module} (${client}) died: ${last.message}`);
    presences.put({ ...view, state: 'gone', link: null, error: { code: last.code, message: last.message } });
  }

  /** A failed or dead driver of the device makes room; one that is loading or waits for the device keeps it. */
  async #makeRoom(device: string): Promise<void> {
    for (const { client, module, state, pid } of this.list().filter((known) => known.device === device)) {
      const alive = this.#processes.has(client) || (pid !== null && (await isOurs(pid, client)));
      if (state === 'failed' || state === 'gone') await this.#processes.get(client)?.end();
      else if (alive || state === 'loading')
        throw new LabError('EBUSY', `${device}: ${module} (${client}) is ${state}; rmmod ${device} first`);
      else this.#options.presences.forget(client);
    }
  }

  #view(client: string): ModuleView {
    const view = this.list().find((module) => module.client === client);
    if (view === undefined) throw new LabError('ENOMEM', 'too many modules are loaded');
    return view;
  }
}

/** What goes onto a command line. */
const checkWords = (driver: string, params: Readonly<Record<string, unknown>>): void => {
  for (const word of [driver, ...Object.entries(params).flat()])
    if (String(word).includes('\0')) throw new LabError('EINVAL', `${JSON.stringify(word)} has a null character in it`);
};

/** A module before its process has said anything. */
const beginning = (client: string, module: string, device: string, params: ModuleView['params']): ModuleView => ({
  client,
  session: '',
  module,
  device,
  params,
  pid: null,
  state: 'loading',
  error: null,
  link: null,
  since: new Date().toISOString(),
});

/** The name of a driver file without its folder and extension. */
const moduleOf = (path: string): string => basename(path, extname(path)).replace(/[^A-Za-z0-9_-]/g, '_');

const isPath = (driver: string): boolean => driver.includes('/');

/** 23 characters at most, as MQTT 3.1.1 promises every broker takes. */
const clientId = (module: string, device: string): string =>
  `${module.slice(0, 9)}-${device.slice(0, 8)}-${randomBytes(2).toString('hex')}`;
