/** What a loaded driver module gets from the lab it runs in, and what it tells the lab: the same in process and over the bus. */
import type { DriverInfo, LogLevel, ModuleState } from './api.ts';
import type { BlockPort } from './block.ts';
import type { OfferedCard } from './card.ts';
import type { Clock } from './clock.ts';
import type { Disk } from './disk.ts';
import type { MdioPort } from './mdio.ts';
import type { MmioPort } from './mmio.ts';

/** The ports a device offers; a driver takes those it knows. */
export interface DevicePorts {
  readonly mdio?: MdioPort;
  readonly mmio?: MmioPort;
  readonly block?: BlockPort;
}

/** What a driver stands on. */
export interface KernelPort {
  readonly clock: Clock;
  /** Ports of the device the module was loaded for. */
  readonly ports: DevicePorts;
  /** Where firmware comes from; rejects with ENOENT when there is no such file. */
  requestFirmware(name: string): Promise<Uint8Array>;
  log(level: LogLevel, text: string): void;
  /** State, and what the driver concludes of its link. */
  report(status: {
    state?: ModuleState;
    link?: 'up' | 'down' | null;
    error?: { code: string; message: string } | null;
  }): void;
  /** Interrupt lines of the device, each change once and in order. Returns the way to stop listening. */
  onInterrupt(listener: (line: string, asserted: boolean) => void): () => void;
  /**
   * A subsystem has caught the driver at a misuse: a note in the trace, a line in the kernel log, a finding of the run.
   * `what` is the kind of misuse in a few words (`double completion`), `text` names the request.
   */
  finding(what: string, text: string): void;
  /** Offers a disk to the lab's users: scenarios, the command line. Returns the way to take it away; a name in use is EEXIST. */
  addDisk(disk: Disk): () => void;
  /** Offers a card to programs that draw, in the same way. */
  addCard(card: OfferedCard): () => void;
}

/** All drivers there are, by name. */
export type LoadDrivers = () => Promise<(name: string) => DriverModule | undefined>;

/** A driver module as a lab sees it: facts, and a way to load it. `load` resolves when init has ended, rejects with a LabError. */
export interface DriverModule {
  readonly info: DriverInfo;
  load(kernel: KernelPort, params: Readonly<Record<string, unknown>>): Promise<LoadedModule>;
}

export interface LoadedModule {
  /** Stops timers and lets go of the device. */
  exit(): Promise<void>;
}
