/** The shape of a scenario file, as TypeBox for the parser and as JSON Schema for editors. */
import { type Static, Type } from 'typebox';
import { BLOCK_OPS, BLOCK_STATUSES } from '#bus/block.ts';
import { BenchOutlineSchema, BenchSchema } from '#server/bench-spec.ts';
import { BreakSchema, BusFaultSchema } from './bus-deed-schema.ts';
import { DrawSchema, WORK_NAME } from './draw-schema.ts';
import { TIME_PATTERN } from './durations.ts';
import { SCREEN_CONDITIONS, SCREEN_WORDS } from './screen-conditions.ts';
import { STRICT_CLASSES } from './strict-classes.ts';

const closed = { additionalProperties: false } as const;

const time = (what: string) => Type.String({ pattern: TIME_PATTERN, description: `${what}, as 250us, 100ms or 3s` });
const device = Type.String({ minLength: 1, maxLength: 23, description: 'A device of the bench' });
const scalar = Type.Union([Type.String({ maxLength: 256 }), Type.Number(), Type.Boolean()], {
  description: 'Text, a number, or true or false',
});
const values = Type.Record(Type.String(), scalar, { maxProperties: 32, description: 'Names and values' });
const perDevice = <T extends Parameters<typeof Type.Record>[1]>(value: T, description: string) =>
  Type.Record(Type.String(), value, { minProperties: 1, maxProperties: 32, description });
const registerName = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'A register as PCS_STAT1, 3.0001h or 3.1',
});
const bits = Type.Union([Type.Integer({ minimum: 0, maximum: 0xffffffff }), values], {
  description: 'A whole value, or fields by name',
});
const op = Type.Enum(['read', 'write'], { description: 'Which accesses count: read or write' });
const nth = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Which of them, counted from 1' });

const status = Type.Enum([...BLOCK_STATUSES], { description: 'A block status: OK, IOERR, MEDIUM, TIMEOUT …' });
const ioName = Type.String({ pattern: '^[A-Za-z0-9_-]{1,24}$', description: 'A name for work that is not waited for' });

const io = Type.Object(
  {
    op: Type.Enum([...BLOCK_OPS], { description: 'read, write, flush, discard, write_zeroes or a zone operation' }),
    sector: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 43, description: 'First sector of 512 bytes' })),
    sectors: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 31, description: 'How many of them' })),
    pattern: Type.Optional(
      Type.String({ maxLength: 140, description: 'What is written, or must be read: 5a, deadbeef, sector, sector:7' }),
    ),
    fua: Type.Optional(Type.Boolean({ description: 'Through the volatile cache before the answer' })),
    preflush: Type.Optional(Type.Boolean({ description: 'What was written before reaches the medium first' })),
    no_unmap: Type.Optional(Type.Boolean({ description: 'Zeroes are allocated' })),
    polled: Type.Optional(Type.Boolean({ description: 'Answered by polling' })),
    status: Type.Optional(
      Type.Union([status, Type.Literal('any')], { description: 'What it must end with: OK unless told, or any' }),
    ),
    count: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100_000, description: 'So many, each behind the one before' }),
    ),
    depth: Type.Optional(Type.Integer({ minimum: 1, maximum: 256, description: 'So many at the same time' })),
    as: Type.Optional(ioName),
  },
  { ...closed, description: "Work for the disk of the device's driver" },
);

/** One access to come. */
const access = { register: registerName, op: Type.Optional(op), nth: Type.Optional(nth) };

const condition = {
  driver: Type.Optional(
    Type.String({ ...device, description: 'What the driver of this device says: state, link, error' }),
  ),
  register: Type.Optional(
    Type.String({
      maxLength: 90,
      description: "The silicon's own side, as phy0.UC_STATUS: its fields follow, or value",
    }),
  ),
  read: Type.Optional(
    Type.String({
      maxLength: 90,
      description: 'The driver has read this since the last action: fields follow, or value',
    }),
  ),
  io: Type.Optional({ ...ioName, description: 'Work begun under this name has ended: status follows' }),
  ...SCREEN_WORDS,
  attr: Type.Optional(
    Type.String({ maxLength: 90, description: 'An attribute of the device, as nullb0.zone_size: is follows' }),
  ),
  status: Type.Optional(Type.Union([status, Type.Literal('any')], { description: 'How it ended' })),
  is: Type.Optional({ ...scalar, description: 'The text of the attribute' }),
  held: Type.Optional(
    Type.String({ maxLength: 90, description: 'An access of phy0, or to phy0.REGISTER, is held at a breakpoint' }),
  ),
  log: Type.Optional(Type.String({ maxLength: 200, description: 'A kernel log line since the last action matches' })),
  accesses: Type.Optional(
    Type.Array(Type.String({ maxLength: 90 }), {
      minItems: 1,
      maxItems: 100,
      description: "The driver's accesses in this order, others between: `read HW_REV`, `write MICRO_RESETN 0002h`",
    }),
  ),
  sequence: Type.Optional(
    Type.Array(Type.String({ maxLength: 120 }), {
      minItems: 1,
      maxItems: 200,
      description:
        "All the driver's writes in this order, more reads between: `write OP_MODE 0038h`, `write SRAM x24576`, `read UC_STATUS STATUS=tracking`, `flush`",
    }),
  ),
  besides: Type.Optional(
    Type.Array(registerName, { maxItems: 32, description: 'Registers and memory that may be written at any time' }),
  ),
  writes: Type.Optional(
    Type.String({
      maxLength: 90,
      description: 'Writes by the driver since it was loaded, to phy0, phy0.REGISTER or phy0.SPAN',
    }),
  ),
  device: Type.Optional(device),
  state: Type.Optional(
    Type.Enum(['loading', 'probing', 'live', 'failed', 'waiting', 'gone', 'settled'], {
      description: "The module's state; settled is live, failed or gone",
    }),
  ),
  link: Type.Optional(
    Type.Enum(['up', 'down', 'actual'], {
      description: 'What the driver concludes; actual: what the device itself says, while it is live',
    }),
  ),
  error: Type.Optional(Type.String({ pattern: '^E[A-Z0-9]{1,15}$', description: 'An errno name, as ENODEV' })),
  value: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffffffff, description: 'The whole register' })),
  count: Type.Optional(Type.Integer({ minimum: 0, maximum: 1e9, description: 'Exactly so many' })),
  at_least: Type.Optional(Type.Integer({ minimum: 0, maximum: 1e9, description: 'So many or more' })),
  at_most: Type.Optional(Type.Integer({ minimum: 0, maximum: 1e9, description: 'So many or fewer' })),
};

export const StepSchema = Type.Object(
  {
    title: Type.Optional(
      Type.String({ minLength: 1, maxLength: 120, description: 'Said in place of the step itself' }),
    ),
    at: Type.Optional(time('Run time at which the step begins')),
    after: Type.Optional(time('Time after the step before')),
    on: Type.Optional(
      Type.Object(
        {
          device,
          ...access,
          register: Type.Optional(registerName),
          request: Type.Optional(
            Type.Enum([...BLOCK_OPS], { description: 'Of a block device: a request instead of a register access' }),
          ),
        },
        {
          ...closed,
          description:
            'Begins inside this access or request, just before the silicon sees it (fault, clear, control, poke)',
        },
      ),
    ),
    insmod: Type.Optional(
      Type.Object(
        {
          driver: Type.String({ minLength: 1, maxLength: 256, description: 'A driver the lab can load' }),
          device,
          params: Type.Optional(values),
        },
        { ...closed, description: 'Loads a driver; does not wait for its probe' },
      ),
    ),
    rmmod: Type.Optional(Type.String({ ...device, description: 'Unloads the driver of this device' })),
    fault: Type.Optional(
      perDevice(
        Type.Union([
          Type.String({ maxLength: 64 }),
          Type.Object({ name: Type.String({ maxLength: 64 }) }, { additionalProperties: scalar }),
        ]),
        'Switches a fault on: its name, or name and parameters',
      ),
    ),
    clear: Type.Optional(perDevice(Type.String({ maxLength: 64 }), 'Switches a fault off, or all')),
    control: Type.Optional(
      perDevice(
        Type.Union([Type.String({ maxLength: 64 }), perDevice(values, 'The control and its parameters')]),
        'What a person can do to the device',
      ),
    ),
    poke: Type.Optional(perDevice(perDevice(bits, 'Registers'), 'The silicon sets a register; read-only bits too')),
    write: Type.Optional(
      perDevice(perDevice(bits, 'Registers'), 'A write over the bus by the scenario; fields not named are written 0'),
    ),
    read: Type.Optional(perDevice(registerName, 'A read over the bus by the scenario, with its side effects')),
    flip: Type.Optional(
      perDevice(
        Type.Object({ ...access, bit: Type.Integer({ minimum: 0, maximum: 15, description: 'Which bit' }) }, closed),
        'Noise: one bit of one access to come is wrong on the wire',
      ),
    ),
    lose: Type.Optional(
      perDevice(
        Type.Object(access, closed),
        'Noise: the address frame of one access to come is lost, so it hits the address before',
      ),
    ),
    attr: Type.Optional(
      perDevice(
        perDevice(
          Type.Union([
            scalar,
            Type.Object(
              {
                set: scalar,
                refused: Type.String({ pattern: '^E[A-Z0-9]{1,15}$', description: 'The errno it is refused with' }),
              },
              closed,
            ),
          ]),
          'Attributes by their kernel names, set in this order',
        ),
        'Writes attributes as configfs would',
      ),
    ),
    io: Type.Optional(perDevice(io, "Work for the disk of the device's driver")),
    draw: Type.Optional(perDevice(DrawSchema, "A program draws on the screen of the device's driver")),
    keep: Type.Optional(
      perDevice(
        Type.String({ pattern: WORK_NAME, description: 'A name for the frame' }),
        'Remembers what a display shows, to be compared with later',
      ),
    ),
    snapshot: Type.Optional({ ...ioName, description: 'Keeps every device as it is now, under this name' }),
    restore: Type.Optional({ ...ioName, description: 'Puts every device back to the snapshot of this name' }),
    'bus-fault': Type.Optional(perDevice(BusFaultSchema, 'Puts a fault on the bus in front of the device')),
    'clear-bus-fault': Type.Optional(Type.String({ maxLength: 32, description: 'Takes a bus fault away, or all' })),
    break: Type.Optional(perDevice(BreakSchema, 'Holds accesses before they take effect')),
    continue: Type.Optional(Type.String({ ...device, description: 'Lets held accesses of this device go on' })),
    step: Type.Optional(
      Type.String({ ...device, description: 'Lets the held access of this device go on, holds the next one' }),
    ),
    wait: Type.Optional(time('Lets time pass')),
    expect: Type.Optional(
      Type.Object(
        { ...condition, within: Type.Optional(time('Holds now, or within this time')) },
        { additionalProperties: scalar, description: 'Must hold in time' },
      ),
    ),
    never: Type.Optional(
      Type.Object(
        { ...condition, for: Type.Optional(time('How long it must stay untrue')) },
        { additionalProperties: scalar, description: 'Must not hold for the whole time' },
      ),
    ),
  },
  closed,
);
export type StepFile = Static<typeof StepSchema>;
export type ConditionFile = NonNullable<StepFile['expect']> & Pick<NonNullable<StepFile['never']>, 'for'>;

const scenario = <T extends Parameters<typeof Type.Object>[0][string]>(bench: T) =>
  Type.Object(
    {
      title: Type.String({ minLength: 1, maxLength: 120, description: 'What happens, in a few words' }),
      teaches: Type.String({ minLength: 1, maxLength: 1000, description: 'What is true about the hardware' }),
      tags: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z0-9-]{1,24}$' }), { maxItems: 12 })),
      bench,
      seed: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 0xffffffff, description: 'Seed unless the run gives one' }),
      ),
      limit: Type.Optional(time('The run ends as timeout after this')),
      strict: Type.Optional(
        Type.Union([Type.Boolean(), Type.Array(Type.Enum([...STRICT_CLASSES]), { minItems: 1, maxItems: 5 })], {
          description: `No access against the datasheet: true for all kinds, or some of ${STRICT_CLASSES.join(', ')}`,
        }),
      ),
      steps: Type.Array(StepSchema, { minItems: 1, maxItems: 200 }),
    },
    { ...closed, title: 'Ferrolab scenario' },
  );
export const ScenarioSchema = scenario(BenchSchema);
/** As much of it as is checked before each device of the bench is, by its kind. */
export const ScenarioOutlineSchema = scenario(BenchOutlineSchema);
export type ScenarioFile = Static<typeof ScenarioSchema>;

/** What one step may do; exactly one of these. */
export const DEEDS = [
  'insmod',
  'rmmod',
  'fault',
  'clear',
  'control',
  'poke',
  'write',
  'read',
  'flip',
  'lose',
  'attr',
  'io',
  'draw',
  'keep',
  'snapshot',
  'restore',
  'bus-fault',
  'clear-bus-fault',
  'break',
  'continue',
  'step',
  'wait',
  'expect',
  'never',
] as const;
export type DeedName = (typeof DEEDS)[number];

/** What can be looked for; exactly one of these in `expect` and `never`. */
export const CONDITIONS = [
  'driver',
  'register',
  'read',
  'log',
  'accesses',
  'sequence',
  'writes',
  'io',
  'attr',
  'held',
  ...SCREEN_CONDITIONS,
] as const;
export type ConditionName = (typeof CONDITIONS)[number];

/** The text of `scenarios/scenario.schema.json`. */
export const schemaText = (): string =>
  `${JSON.stringify({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...ScenarioSchema }, null, 2)}\n`;
