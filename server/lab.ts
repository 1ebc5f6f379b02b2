/** A whole lab: broker, bench, devices on the bus, drivers, HTTP, the live feed. */

import type { DriverInfo } from '#bus/api.ts';
import type { CardProgram } from '#bus/card.ts';
import type { Clock } from '#bus/clock.ts';
import type { Bio, BioResult } from '#bus/disk.ts';
import type { Instruments } from '#bus/filters/instruments.ts';
import type { LoadDrivers } from '#bus/kernel-port.ts';
import type { Trace } from '#bus/trace.ts';
import type { Bench } from './bench.ts';
import type { BenchDeviceSpec, BenchSpec } from './bench-spec.ts';
import type { KernelLog } from './kernel-log.ts';
import type { ModuleLoader } from './module-loader.ts';
import type { NbdAddress } from './nbd/block-host.ts';
import type { LabNbd } from './nbd/lab-nbd.ts';
import type { LabTime } from './time/lab-time.ts';
import type { LabVnc, VncAddress } from './vnc/address.ts';

export interface LabOptions {
  /** Default 127.0.0.1; any other address needs a token. */
  readonly host?: string;
  /** Default 8025; 0 takes a free one. */
  readonly httpPort?: number;
  /** Default 1883; 0 takes a free one. Not used with `broker`. */
  readonly mqttPort?: number;
  /** An existing broker, `mqtt://host:port`; without it the lab brings its own. */
  readonly broker?: string;
  /** Name of the lab on the bus; default `lab`. */
  readonly name?: string;
  /** Default DEFAULT_BENCH. */
  readonly bench?: BenchSpec;
  /** Load each device's driver at start; default true. */
  readonly drivers?: boolean;
  /** Default 1. */
  readonly seed?: number;
  readonly token?: string;
  /** The built dashboard. */
  readonly webRoot?: string;
  readonly firmwareDirs?: readonly string[];
  readonly scenariosDir?: string;
  /** Where runs are kept across restarts; without it nowhere. One that is not `needed` and cannot be used is only said of. */
  readonly history?: { readonly file: string; readonly needed: boolean };
  /** How a driver process is started: `[node, 'drivers/host.ts']`; `--broker … --driver …` is appended. */
  readonly driverHost: { readonly command: readonly string[] };
  /** What is known of a driver before its process starts; without it a process is asked. */
  readonly driverInfo?: (name: string) => Promise<DriverInfo | undefined>;
  /** For runs in virtual time, which load drivers in process: called at the first. */
  readonly loadDrivers?: LoadDrivers;
  /** Where NBD clients find the null block devices; without it nowhere. */
  readonly nbd?: LabNbd;
  /** Where VNC viewers find the displays; without it nowhere. */
  readonly vnc?: LabVnc;
  /** Publish every access on the bus, in batches; default false. */
  readonly publishTrace?: boolean;
  /** pino level; default `warn`. */
  readonly logLevel?: string;
  readonly version?: string;
}

export interface Lab {
  readonly name: string;
  /** Where the dashboard is. */
  readonly url: string;
  readonly brokerUrl: string;
  readonly nbd: NbdAddress | null;
  readonly vnc: readonly VncAddress[];
  readonly host: LabHost;
  close(): Promise<void>;
}

/** The running lab from inside, as live runs and the API use it. */
export interface LabHost {
  readonly name: string;
  readonly clock: Clock;
  readonly trace: Trace;
  readonly bench: Bench;
  readonly log: KernelLog;
  readonly modules: ModuleLoader;
  /** Bus faults and breakpoints. */
  readonly instruments: Instruments;
  /** How its time goes; absent where somebody else leads the clock. */
  readonly time?: LabTime;
  /** Builds a device and puts it on the bus; one of the same name is replaced, its place on the bus kept. */
  place(device: string, spec: BenchDeviceSpec): Promise<void>;
  /** Work for the disk of the device's driver; rejects with ENODEV when there is no driver or it offers none. */
  io(device: string, bio: Bio): Promise<BioResult>;
  /** The screen of the device's driver, for a program of that name; ENODEV as above. */
  openCard(device: string, program: string, mode: string | undefined): Promise<CardProgram>;
  /** Takes a device off the bus. */
  remove(device: string): Promise<void>;
}

export { startLab } from './start-lab.ts';
