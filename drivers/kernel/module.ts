/** Declaring a driver module: who it is, what it takes, what it does on load and on unload. */
import type { DriverInfo, ModuleState } from '#bus/api.ts';
import type { BlockPort } from '#bus/block.ts';
import type { OfferedCard } from '#bus/card.ts';
import type { Clock } from '#bus/clock.ts';
import type { Disk } from '#bus/disk.ts';
import { asLabError, LabError } from '#bus/errors.ts';
import type { DevicePorts, DriverModule, KernelPort, LoadedModule } from '#bus/kernel-port.ts';
import { c45Registers, type MdioPort } from '#bus/mdio.ts';
import type { MmioPort } from '#bus/mmio.ts';
import { Registers } from '#regmap/access.ts';
import { type Params, type Settings, settle } from '#regmap/params.ts';
import { HrTimer, type HrTimerRestart } from './hrtimer.ts';
import { type Printk, printk } from './printk.ts';
import { DelayedWork } from './workqueue.ts';

// biome-ignore lint/complexity/noBannedTypes: a module without parameters has exactly none.
export interface ModuleDeclaration<P extends Params = {}> {
  readonly name: string;
  readonly description: string;
  readonly author: string;
  readonly license: string;
  readonly version?: string;
  /** Device kinds it drives: `qt2025`. */
  readonly drives: readonly string[];
  /** Firmware files it may ask for. */
  readonly firmware?: readonly string[];
  readonly params?: P;
  /** Runs on load; when it rejects, the module is not loaded and everything it started is undone. */
  init(kernel: Kernel<P>): Promise<void> | void;
  /** Runs on unload, before timers and work are stopped. */
  exit?(kernel: Kernel<P>): Promise<void> | void;
}

/** What a module stands on while it is loaded. All of it may be taken apart: `init({ params, pr })`. */
export interface Kernel<P extends Params = Params> {
  readonly module: string;
  readonly params: Settings<P>;
  readonly clock: Clock;
  readonly pr: Printk;
  /** The management port; throws ENODEV when the device has none. */
  mdio(): MdioPort;
  /** The register window; throws ENODEV when the device has none. */
  mmio(): MmioPort;
  /** The port for block commands; throws ENODEV when the device has none. */
  block(): BlockPort;
  /** The PHY at a port address, as plain registers. */
  registers(prtad: number): Registers;
  /** Interrupt lines of the device, each change once and in order, until the module is unloaded. */
  onInterrupt(listener: (line: string, asserted: boolean) => void): void;
  /** A subsystem has caught its driver at a misuse: `what` kind, and `text` that names the request or the access. */
  finding(what: string, text: string): void;
  /** Offers a disk to the lab's users until the module is unloaded; EEXIST when the name is taken. */
  addDisk(disk: Disk): void;
  /** Offers a card to programs that draw, in the same way. */
  addCard(card: OfferedCard): void;
  /** Rejects with ENOENT when there is no such file. */
  requestFirmware(name: string): Promise<Uint8Array>;
  /** A timer that is cancelled on exit. */
  hrtimer(callback: (timer: HrTimer) => HrTimerRestart): HrTimer;
  /** Work that is cancelled on exit; a run that rejects is logged. */
  delayedWork(work: () => Promise<void>): DelayedWork;
  /** Waits; rejects with ECANCELED when the module is unloaded meanwhile. */
  sleep(ns: number): Promise<void>;
  /** What the driver concludes of its link. */
  reportLink(link: 'up' | 'down' | null): void;
  /** Where it stands, with the error that brought it there. */
  reportState(state: ModuleState, error?: LabError | null): void;
  /** Calls `undo` on exit and after a failed init, last first. */
  onExit(undo: () => Promise<void> | void): void;
}

/** A module ready to be loaded, from its declaration. */
export const defineModule = <const P extends Params>(declaration: ModuleDeclaration<P>): DriverModule => {
  const declared = declaration.params ?? ({} as P);
  const info: DriverInfo = {
    name: declaration.name,
    description: declaration.description,
    author: declaration.author,
    license: declaration.license,
    version: declaration.version ?? '1.0',
    drives: declaration.drives,
    firmware: declaration.firmware ?? [],
    params: declared,
  };
  return {
    info,
    async load(port, given): Promise<LoadedModule> {
      const undo: Undo[] = [];
      let unload = async (_exit?: Undo): Promise<void> => {};
      try {
        const { kernel, stop } = kernelFor(info.name, port, settled(info.name, declared, given), undo);
        unload = async (exit) => {
          if (exit !== undefined) await attempt(kernel.pr, exit);
          stop();
          for (const step of undo.splice(0).reverse()) await attempt(kernel.pr, step);
        };
        kernel.reportState('probing');
        await declaration.init(kernel);
        kernel.reportState('live');
        let exited: Promise<void> | undefined;
        return {
          exit() {
            exited ??= unload(() => declaration.exit?.(kernel));
            return exited;
          },
        };
      } catch (thrown) {
        const error = asLabError(thrown);
        await unload();
        port.log('err', `probe failed with ${error.code}: ${error.message}`);
        port.report({ state: 'failed', link: null, error: { code: error.code, message: error.message } });
        throw error;
      }
    },
  };
};

type Undo = () => Promise<void> | void;

/** Unloading goes on whatever one step says. */
const attempt = async (pr: Printk, step: Undo): Promise<void> => {
  try {
    await step();
  } catch (thrown) {
    const { code, message } = asLabError(thrown);
    pr.warning(`while unloading: ${code}: ${message}`);
  }
};

const settled = <P extends Params>(module: string, declared: P, given: Readonly<Record<string, unknown>>) => {
  try {
    return settle(declared, given);
  } catch (thrown) {
    throw new LabError('EINVAL', `${module}: ${asLabError(thrown).message}`, { cause: thrown });
  }
};

const kernelFor = <P extends Params>(
  module: string,
  port: KernelPort,
  params: Settings<P>,
  undo: Undo[],
): { readonly kernel: Kernel<P>; readonly stop: () => void } => {
  const { clock } = port;
  const pr = printk((level, text) => port.log(level, text));
  const asleep = new Set<(reason: LabError) => void>();
  let unloaded = false;
  const offered = <K extends keyof DevicePorts>(kind: K, words: string): NonNullable<DevicePorts[K]> => {
    const found = port.ports[kind];
    if (found === undefined) throw new LabError('ENODEV', `${module}: the device has no ${words}`);
    return found;
  };
  const mdio = (): MdioPort => offered('mdio', 'management port');
  const canceled = () => new LabError('ECANCELED', `${module} is being unloaded`);
  const stop = (): void => {
    unloaded = true;
    for (const wake of asleep) wake(canceled());
  };
  const kernel: Kernel<P> = {
    module,
    params,
    clock,
    pr,
    mdio,
    mmio: () => offered('mmio', 'register window'),
    block: () => offered('block', 'block port'),
    onInterrupt: (listener) => void undo.push(port.onInterrupt(listener)),
    finding: (what, text) => port.finding(what, text),
    addDisk: (disk) => void undo.push(port.addDisk(disk)),
    addCard: (card) => void undo.push(port.addCard(card)),
    registers: (prtad) => new Registers(c45Registers(mdio(), prtad)),
    requestFirmware: (name) => port.requestFirmware(name),
    hrtimer(callback) {
      const timer = new HrTimer(clock, callback, (reason) => pr.err(reason));
      undo.push(() => void timer.cancel());
      return timer;
    },
    delayedWork(work) {
      const item = new DelayedWork(clock, work, (thrown) => {
        const { code, message } = asLabError(thrown);
        if (code !== 'ECANCELED') pr.err(`${code}: ${message}`);
      });
      undo.push(() => item.cancelSync());
      return item;
    },
    async sleep(ns) {
      if (unloaded) throw canceled();
      await new Promise<void>((resolve, reject) => {
        const due = clock.after(ns, () => {
          asleep.delete(wake);
          resolve();
        });
        const wake = (reason: LabError): void => {
          due.cancel();
          asleep.delete(wake);
          reject(reason);
        };
        asleep.add(wake);
      });
    },
    reportLink: (link) => port.report({ link }),
    reportState: (state, error = null) =>
      port.report({ state, error: error === null ? null : { code: error.code, message: error.message } }),
    onExit: (step) => void undo.push(step),
  };
  return { kernel, stop };
};
