/** A bench as it is written down: one schema for each kind of device, checked by the kind that is named. */
import { readFileSync } from 'node:fs';
import { type Static, type TSchema, Type } from 'typebox';
import { Check, Errors } from 'typebox/schema';
import { parse } from 'yaml';
import { LabError } from '#bus/errors.ts';
import { VRAM_DEFAULT_MIB, VRAM_MOST_MIB } from '#datasheets/display.ts';
import { MONITOR_NAMES } from '#datasheets/monitors.ts';
import { MODULE_KINDS } from '#datasheets/qt2025-catalogue.ts';
import { closest } from '#regmap/names.ts';

/** Names of devices and labs: they are topic levels on the bus. */
export const NAME_PATTERN = '^[A-Za-z0-9_-]{1,23}$';

/** What every device takes. */
const common = {
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
};

export const Qt2025Schema = Type.Object(
  {
    device: Type.Literal('qt2025', { description: 'A 10G SFP+ PHY' }),
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
    ...common,
  },
  { additionalProperties: false },
);

export const NullbSchema = Type.Object(
  {
    device: Type.Literal('nullb', { description: 'A null block device' }),
    personality: Type.Optional(
      Type.Enum(['null_blk', 'rnull'], { description: 'Whose attributes and defaults it has: null_blk or rnull' }),
    ),
    compat: Type.Optional(
      Type.Enum(['linux', 'strict'], { description: "linux keeps the kernel's traps, strict does the sensible thing" }),
    ),
    attributes: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[a-z_/]{1,48}$' }),
        Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
        {
          maxProperties: 64,
          description: 'Attributes set before it is powered on, by their kernel names',
        },
      ),
    ),
    module_params: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[a-z_]{1,32}$' }),
        Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
        {
          maxProperties: 64,
          description: 'Parameters the kernel module was loaded with: defaults of the attributes',
        },
      ),
    ),
    cpus: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1024, description: 'CPUs of the machine it thinks it is in' }),
    ),
    trace_every: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'One request in so many is recorded; 1 is all' }),
    ),
    ...common,
  },
  { additionalProperties: false },
);

export const DisplaySchema = Type.Object(
  {
    device: Type.Literal('display', { description: 'A display controller' }),
    vram_mib: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: VRAM_MOST_MIB,
        description: `Video memory; ${VRAM_DEFAULT_MIB} unless told`,
      }),
    ),
    monitor: Type.Optional(
      Type.Union([Type.Enum([...MONITOR_NAMES]), Type.Null()], { description: 'What is plugged in; null is nothing' }),
    ),
    ...common,
  },
  { additionalProperties: false },
);

/** The schema of each kind of device. */
export const SPEC_SCHEMAS = { qt2025: Qt2025Schema, nullb: NullbSchema, display: DisplaySchema } as const;
export type DeviceKind = keyof typeof SPEC_SCHEMAS;
export const DEVICE_KINDS = Object.keys(SPEC_SCHEMAS) as readonly DeviceKind[];

export type Qt2025Spec = Static<typeof Qt2025Schema>;
export type NullbSpec = Static<typeof NullbSchema>;
export type DisplaySpec = Static<typeof DisplaySchema>;
/** One device of a bench as YAML and JSON give it. */
export type BenchDeviceSpec = Qt2025Spec | NullbSpec | DisplaySpec;
export const BenchDeviceSchema = Type.Union([Qt2025Schema, NullbSchema, DisplaySchema]);

const bench = <T extends TSchema>(device: T) =>
  Type.Record(Type.String({ pattern: NAME_PATTERN }), device, {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 32,
  });

/** A bench: at least one device, by name. */
export const BenchSchema = bench(BenchDeviceSchema);
/** As much of it as is checked before the kinds are known. */
export const BenchOutlineSchema = bench(
  Type.Object({ device: Type.Enum([...DEVICE_KINDS], { description: 'The part' }) }, { additionalProperties: true }),
);
export type BenchSpec = Readonly<Record<string, BenchDeviceSpec>>;

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
  if (Check(BenchSchema, given)) return given;
  if (!Check(BenchOutlineSchema, given)) throw mistake(BenchOutlineSchema, given, '');
  for (const [name, spec] of Object.entries(given))
    if (!Check(SPEC_SCHEMAS[spec.device], spec)) throw mistake(SPEC_SCHEMAS[spec.device], spec, name);
  throw new LabError('EINVAL', 'a bench is not a bench');
};

const mistake = (schema: TSchema, given: unknown, device: string): LabError => {
  const [, errors] = Errors(schema, given);
  const first = errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors[0];
  const inside = (first?.instancePath ?? '').slice(1).replaceAll('/', '.');
  const place = [device, inside].filter((part) => part !== '').join('.');
  const stray = first?.keyword === 'additionalProperties' && device !== '' ? strayHint(schema, given) : '';
  return new LabError('EINVAL', `${place || 'a bench'} ${first?.message ?? 'is not a bench'}${stray}`);
};

const strayHint = (schema: TSchema, given: unknown): string => {
  const known = Object.keys((schema as { readonly properties?: object }).properties ?? {});
  const stray = Object.keys(given as object).find((name) => !known.includes(name)) ?? '';
  const near = closest(stray, known);
  const named = `: '${stray.slice(0, 40)}'`;
  return near === undefined ? `${named}; it takes ${known.join(', ')}` : `${named}; did you mean '${near}'?`;
};
