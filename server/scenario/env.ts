/** What a run stands on: the same face for a lab in virtual time and for a running one. */
import type { LogLine, ModuleState, RunView } from '#bus/api.ts';
import type { CardProgram } from '#bus/card.ts';
import type { Clock } from '#bus/clock.ts';
import type { Bio, BioResult } from '#bus/disk.ts';
import type { Instruments } from '#bus/filters/instruments.ts';
import type { Trace } from '#bus/trace.ts';
import type { BenchDevice } from '#server/bench-device.ts';

/** What a driver says of itself. */
export interface DriverStatus {
  readonly module: string;
  readonly state: ModuleState;
  readonly link: 'up' | 'down' | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface ScenarioEnv {
  readonly mode: RunView['mode'];
  readonly clock: Clock;
  readonly trace: Trace;
  /** Bus faults and breakpoints. */
  readonly instruments: Instruments;
  /** The device as it stands now; throws a LabError when there is none of that name. */
  device(name: string): BenchDevice;
  /** Starts loading and returns at once; how it went shows in `driver`. */
  insmod(driver: string, device: string, params: Readonly<Record<string, unknown>>): void;
  /** Resolves when the driver has let go. */
  rmmod(device: string): Promise<void>;
  /** The module loaded last for this device, failed ones too; undefined when it was removed or none was. */
  driver(device: string): DriverStatus | undefined;
  /** Work for the disk of the device's driver; rejects with ENODEV when there is no driver or it offers none. */
  io(device: string, bio: Bio): Promise<BioResult>;
  /** The screen of the device's driver, for a program of that name; ENODEV as above. */
  openCard(device: string, program: string, mode: string | undefined): Promise<CardProgram>;
  /** Log lines with a sequence number above `after`, oldest first. */
  log(after: number): readonly LogLine[];
  /** Lets time pass until `done` says so or clock time `untilNs` is reached. */
  pass(untilNs: number, done: () => boolean): Promise<void>;
  /** Lets go of drivers and devices; a live lab gets its bench back. */
  close(): Promise<void>;
}
