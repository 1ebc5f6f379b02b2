/** What the debugger's answers carry, for the OpenAPI document: the JSON that `bus/micro-view.ts` types, as schemas. */
import { Type } from 'typebox';
import {
  BREAK_OPS,
  BREAK_SPACES,
  type BreakpointView,
  type CellView,
  type CodeSymbol,
  type DisassemblyLine,
  MEMORY_SPACES,
  type MicroMemory,
  type MicroProfile,
  type MicroView,
} from '#bus/micro-view.ts';

export const MICRO_PATH = '/devices/:device/micro';

/** An address as people write it. */
export const Place = Type.String({ minLength: 1, maxLength: 140 });
export const CodePlace = Type.String({ ...Place, description: 'Code address: `main`, `main+12h`, `0B6Dh`' });

const text = Type.String();
const count = Type.Integer({ minimum: 0 });
const address = Type.Integer({ minimum: 0, maximum: 0xffff });
const orNull = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()]);
const object = <T extends Type.TProperties>(properties: T, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description === undefined ? {} : { description }) });
const list = <T>(of: Type.TUnsafe<T>) => Type.Unsafe<readonly T[]>(Type.Array(of));

export const BreakpointJson = Type.Unsafe<BreakpointView>(
  object({
    id: count,
    space: Type.Enum([...BREAK_SPACES]),
    at: count,
    on: Type.Enum([...BREAK_OPS]),
    value: orNull(count),
    hits: count,
    place: Type.String({ description: 'In words: `main+12h`, `07FDh UC_STATUS`, `1.C300h MICRO_RESETN`' }),
  }),
);
export const BreakpointList = list(BreakpointJson);

const Access = object({
  op: Type.Enum(['read', 'write']),
  space: Type.Enum(['xdata', 'register']),
  at: count,
  value: count,
  pc: address,
});
const Stop = object({
  by: Type.Enum(['halt', 'step', 'until', 'breakpoint']),
  breakpoint: orNull(count),
  access: orNull(Access),
});

const Registers = object({
  pc: address,
  a: count,
  b: count,
  psw: count,
  sp: count,
  dptr: address,
  dpx: Type.Integer({ description: 'SFR 93h: the MMD that MOVX @DPTR reaches; 0 is XDATA' }),
  ie: count,
  ip: count,
  tcon: count,
  tmod: count,
  timer0: address,
  bank: Type.Integer({ minimum: 0, maximum: 3 }),
  r: Type.Array(count, { description: 'R0 to R7 of the selected bank' }),
  inService: count,
});

const Speed = object(
  {
    instructionsPerS: Type.Number(),
    cyclesPerS: Type.Number(),
    ofRealTime: Type.Number({ description: 'Share of the speed of the real chip; 1 is real time' }),
  },
  'Between the last two looks that were 0.2 s or more apart',
);

export const Micro = Type.Unsafe<MicroView>(
  object({
    device: text,
    state: Type.Enum(['running', 'halted', 'off']),
    frozen: Type.Boolean({ description: 'A fault holds the core' }),
    stop: orNull(Stop),
    why: orNull(text),
    haltedAt: orNull(Type.Number()),
    letsGoAt: orNull(Type.Number({ description: 'When it runs again by itself, nanoseconds since the lab began' })),
    limitS: Type.Number(),
    turn: count,
    registers: Registers,
    place: text,
    cycles: Type.Number(),
    instructions: Type.Number(),
    skipped: Type.Number(),
    clockHz: Type.Number(),
    speed: orNull(Speed),
    breakpoints: BreakpointList,
    profiling: Type.Boolean(),
    missteps: Type.Array(object({ kind: text, pc: address, count })),
    symbols: orNull(object({ file: text, count, differing: orNull(count) })),
  }),
);

export const Disassembly = Type.Unsafe<readonly DisassemblyLine[]>(
  Type.Array(
    object({
      at: address,
      bytes: Type.Array(count),
      text,
      cycles: count,
      label: orNull(text),
      target: orNull(address),
    }),
  ),
);

export const MemoryJson = Type.Unsafe<MicroMemory>(
  object({ space: Type.Enum([...MEMORY_SPACES]), at: address, bytes: Type.Array(count) }),
);

export const Cells = Type.Unsafe<readonly CellView[]>(
  Type.Array(object({ name: text, at: address, value: count, text, doc: text })),
);

const ProfileLines = Type.Array(object({ at: address, place: text, cycles: Type.Number(), share: Type.Number() }));
export const Profile = Type.Unsafe<MicroProfile>(
  object({ running: Type.Boolean(), cycles: Type.Number(), bySymbol: ProfileLines, byAddress: ProfileLines }),
);

export const Symbols = Type.Unsafe<readonly CodeSymbol[]>(Type.Array(object({ name: text, at: address })));
