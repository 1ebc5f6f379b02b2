/** What a loaded driver module gets from the lab it runs in, and what it tells the lab: the same in process and over the bus. */
import type { DriverInfo, LogLevel, ModuleState } from './api.ts';
import type { Clock } from './clock.ts';
import type { MdioPort } from './mdio.ts';

/** What a driver stands on. */
export interface KernelPort {
  readonly clock: Clock;
  /** Ports of the device the module was loaded for. */
  readonly ports: { readonly mdio?: MdioPort };
  /** Where firmware comes from; rejects with ENOENT when there is no such file. */
  requestFirmware(name: string): Promise<Uint8Array>;
  log(level: LogLevel, text: string): void;
  /** State, and what the driver concludes of its link. */
  report(status: {
    state?: ModuleState;
    link?: 'up' | 'down' | null;
    error?: { code: string; message: string } | null;
  }): void;
}

/** A driver module as a lab sees it: facts, and a way to load it. `load` resolves when init has ended, rejects with a LabError. */
export interface DriverModule {
  readonly info: DriverInfo;
  load(kernel: KernelPort, params: Readonly<Record<string, unknown>>): Promise<LoadedModule>;
}

export interface LoadedModule {
  /** Stops timers and lets go of the device. */
  exit(): Promise<void>;
}
