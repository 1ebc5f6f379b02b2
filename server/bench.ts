/** The bench: the virtual devices of one lab or one run, each with its bus, built from a specification. */
import { readFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import type { Clock } from '#bus/clock.ts';
import { LabError, unknownName } from '#bus/errors.ts';
import type { Trace } from '#bus/trace.ts';
import { MODULE_KINDS } from '#datasheets/qt2025-catalogue.ts';
import { BenchDevice } from './bench-device.ts';
import { BUILDERS, DEVICE_KINDS } from './device-kinds.ts';

export type { BenchDevice } from './bench-device.ts';

/** Names of devices and labs: they are topic levels on the bus. */
export const NAME_PATTERN = '^[A-Za-z0-9_-]{1,23}$';

/** One device of a bench as YAML and JSON give it. */
export const BenchDeviceSchema = Type.Object(
  {
    device: Type.Enum([...DEVICE_KINDS], { description: 'The part' }),
    prtad: Type.Optional(Type.Integer({ minimum: 0, maximum: 31, description: 'Port address on its MDIO bus' })),
    module: Type.Optional(
      Type.Union([Type.Enum([...MODULE_KINDS]), Type.Null()], { description: 'What is in the cage; null is empty' }),
    ),
    length_m: Type.Optional(Type.Integer({ minimum: 1, maximum: 15, description: 'Copper length, metres' })),
    light_dbm: Type.Optional(Type.Number({ minimum: -40, maximum: 3, description: 'Received power; -40 is dark' })),
    revision: Type.Optional(Type.Integer({ minimum: 0, maximum: 255, description: 'Silicon revision' })),
    mdc_hz: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 25_000_000, description: 'Management clock; 0 takes no time on the wire' }),
    ),
    eeprom: Type.Optional(
      Type.Union([Type.Boolean(), Type.String({ minLength: 1, maxLength: 256 })], {
        description: 'Firmware in the boot EEPROM: true is the one the lab ships, else its file name',
      }),
    ),
    driver: Type.Optional(
      Type.Union([Type.String({ minLength: 1, maxLength: 256 }), Type.Null()], {
        description: 'Driver loaded when the lab starts',
      }),
    ),
    params: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
        description: "The driver's parameters",
      }),
    ),
  },
  { additionalProperties: false },
);
export type BenchDeviceSpec = Static<typeof BenchDeviceSchema>;

/** A bench: at least one device, by name. */
export const BenchSchema = Type.Record(Type.String({ pattern: NAME_PATTERN }), BenchDeviceSchema, {
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 32,
});
export type BenchSpec = Readonly<Record<string, BenchDeviceSpec>>;

/**
 * One QT2025 with a 10GBASE-SR module and light, and the driver that brings it up. It looks at the link four times a
 * second, where Linux looks once, so that a person sees at once what a fault does.
 */
export const DEFAULT_BENCH: BenchSpec = {
  phy0: { device: 'qt2025', prtad: 1, module: 'sr', light_dbm: -3, driver: 'qt2025', params: { poll_ms: 250 } },
};

const BENCH_LIMIT = 64 * 1024;

/** A bench from a YAML file; every mistake is an EINVAL that says where it is. */
export const loadBench = (file: string): BenchSpec => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LabError('ENOENT', `bench ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (text.length > BENCH_LIMIT)
    throw new LabError('EFBIG', `bench ${file} is ${text.length} characters; ${BENCH_LIMIT} are allowed`);
  try {
    return checkBench(parse(text, { maxAliasCount: 0 }));
  } catch (error) {
    throw new LabError('EINVAL', `bench ${file}: ${(error as Error).message}`, { cause: error });
  }
};

/** What was parsed, as a bench: EINVAL names the place and what is allowed there. */
export const checkBench = (given: unknown): BenchSpec => {
  if (Value.Check(BenchSchema, given)) return given;
  const [first] = Value.Errors(BenchSchema, given);
  const place = (first?.instancePath ?? '').slice(1).replaceAll('/', '.');
  throw new LabError('EINVAL', `${place || 'a bench'} ${first?.message ?? 'is not a bench'}`);
};

export interface BenchOptions {
  readonly clock: Clock;
  readonly trace: Trace;
  readonly seed: number;
  readonly spec: BenchSpec;
  /** Firmware files by name, for boot EEPROMs; throws ENOENT. */
  readonly firmware?: (name: string) => Uint8Array;
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
    if (!new RegExp(NAME_PATTERN).test(name))
      throw new LabError('EINVAL', `device name '${name.slice(0, 40)}': 1 to 23 letters, digits, _ or - are allowed`);
    const { clock, trace, seed, firmware } = this.#options;
    const { device, bus } = BUILDERS[spec.device]({ name, spec, clock, trace, seed: mix(seed, name), firmware });
    this.#devices.get(name)?.close();
    const placed = new BenchDevice({ name, spec, device, bus, clock, trace });
    this.#devices.set(name, placed);
    return placed;
  }

  /** Takes a device away; what is not there stays away. */
  remove(name: string): void {
    this.#devices.get(name)?.close();
    this.#devices.delete(name);
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
