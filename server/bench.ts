/** The bench: the virtual devices of one lab or one run, each with its bus, built from a specification. */
import type { LogLevel } from '#bus/api.ts';
import type { Clock } from '#bus/clock.ts';
import { LabError, unknownName } from '#bus/errors.ts';
import type { Instruments } from '#bus/filters/instruments.ts';
import { isName } from '#bus/topics.ts';
import type { Trace } from '#bus/trace.ts';
import { BenchDevice } from './bench-device.ts';
import type { BenchDeviceSpec, BenchSpec } from './bench-spec.ts';
import { build, type MakeNullb } from './device-kinds.ts';

export type { BenchDevice } from './bench-device.ts';

export interface BenchOptions {
  readonly clock: Clock;
  readonly trace: Trace;
  readonly seed: number;
  readonly spec: BenchSpec;
  /** Firmware files by name, for boot EEPROMs; throws ENOENT. */
  readonly firmware?: (name: string) => Uint8Array;
  /** Where null block devices run; in this thread unless told. */
  readonly makeNullb?: MakeNullb;
  /** What devices say for the kernel log. */
  readonly log?: (level: LogLevel, text: string) => void;
  /** Bus faults and breakpoints in front of the devices. */
  readonly instruments?: Instruments;
}

/** Devices by name; a device placed under a name that is taken replaces it, as a power cycle would. */
export class Bench {
  readonly #options: BenchOptions;
  readonly #devices = new Map<string, BenchDevice>();

  constructor(options: BenchOptions) {
    this.#options = options;
    for (const [name, spec] of Object.entries(options.spec)) this.place(name, spec);
  }

  get devices(): ReadonlyMap<string, BenchDevice> {
    return this.#devices;
  }

  /** The device of that name; ENOENT with a "did you mean" when there is none. */
  device(name: string): BenchDevice {
    const device = this.#devices.get(name);
    if (device === undefined) throw unknownName('device', name, [...this.#devices.keys()]);
    return device;
  }

  /** Builds a device from its specification and puts it on the bench. */
  place(name: string, spec: BenchDeviceSpec): BenchDevice {
    if (!isName(name))
      throw new LabError('EINVAL', `device name '${name.slice(0, 40)}': 1 to 23 letters, digits, _ or - are allowed`);
    const { clock, trace, seed, firmware, log, makeNullb, instruments } = this.#options;
    const built = build({ name, spec, clock, trace, seed: mix(seed, name), firmware, log, makeNullb, instruments });
    const before = this.#devices.get(name);
    before?.close();
    if (before !== undefined && before.spec.device !== spec.device) before.device.close?.();
    const placed = new BenchDevice({ ...built, name, spec, clock, trace });
    this.#devices.set(name, placed);
    return placed;
  }

  /** Takes a device away; what is not there stays away. */
  remove(name: string): void {
    const device = this.#devices.get(name);
    this.#devices.delete(name);
    device?.close();
    device?.device.close?.();
  }

  close(): void {
    for (const name of [...this.#devices.keys()]) this.remove(name);
  }
}

/** A seed of its own for each device, so that a second device does not disturb the first (FNV-1a). */
const mix = (seed: number, name: string): number => {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const character of name) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
};
