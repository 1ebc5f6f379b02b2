/** What bus faults, breakpoints and held accesses look like over HTTP. */
import { Type } from 'typebox';
import { BUS_FAULT_KINDS } from '#bus/filters/effects.ts';
import {
  type AccessBreakpointView,
  BREAK_VERBS,
  type BusFaultView,
  type HeldView,
  type InstrumentsView,
} from '#bus/filters/views.ts';
import { TRACE_OPS } from '#bus/trace.ts';
import { NAME_PATTERN } from '../bench-spec.ts';
import { Settings } from './schemas.ts';

const text = Type.String();
const count = Type.Integer({ minimum: 0 });
const number = Type.Number();
const orNull = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()]);
const object = <T extends Type.TProperties>(properties: T) => Type.Object(properties, { additionalProperties: false });

const device = Type.Optional(
  Type.String({
    pattern: NAME_PATTERN,
    description: 'Of this device only; else of each the selection means something to',
  }),
);
const schedule = {
  nth: Type.Optional(Type.Integer({ minimum: 1, maximum: 1e9, description: 'Only this one of those that fit' })),
  every: Type.Optional(Type.Integer({ minimum: 1, maximum: 1e9, description: 'Every so many of those that fit' })),
  probability: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Drawn for each that fits' })),
  times: Type.Optional(Type.Integer({ minimum: 1, maximum: 1e9, description: 'At most so often' })),
  afterMs: Type.Optional(
    Type.Number({ minimum: 0, maximum: 86_400_000, description: 'Not before so long after it was switched on' }),
  ),
  forMs: Type.Optional(Type.Number({ minimum: 0, maximum: 86_400_000, description: 'From then on, for so long' })),
};
const WHEN = 'Which accesses: `write 3.E854 == 0x0040`, `write SRAM`, or any filter of the Traffic page';

export const FaultName = Type.String({ pattern: '^[A-Za-z0-9_-]{1,32}$', description: 'Name of a bus fault' });
export const NewFault = object({
  name: Type.Optional(FaultName),
  effect: Type.String({ maxLength: 32, description: `What it does: ${BUS_FAULT_KINDS.join(', ')}` }),
  params: Type.Optional(Settings),
  device,
  when: Type.Optional(Type.String({ maxLength: 1000, description: `${WHEN}; all when absent` })),
  seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffffffff })),
  on: Type.Optional(Type.Boolean({ description: 'Default true' })),
  ...schedule,
});
export const NewBreakpoint = object({
  verb: Type.Optional(Type.String({ maxLength: 16, description: `${BREAK_VERBS.join(', ')}; break unless told` })),
  device,
  when: Type.String({ minLength: 1, maxLength: 1000, description: WHEN }),
  limitMs: Type.Optional(
    Type.Number({ minimum: 1, maximum: 3_600_000, description: 'A held access goes on by itself after so long' }),
  ),
  on: Type.Optional(Type.Boolean({ description: 'Default true' })),
  ...schedule,
});

export const BusFault = Type.Unsafe<BusFaultView>(
  object({
    name: text,
    effect: Type.Enum([...BUS_FAULT_KINDS]),
    params: Type.Record(text, Type.Unknown()),
    device,
    when: Type.Optional(text),
    seed: Type.Optional(count),
    on: Type.Boolean(),
    ...schedule,
    text,
    matches: count,
    firings: count,
    spent: Type.Boolean({ description: 'Will never fire again' }),
  }),
);
export const Breakpoint = Type.Unsafe<AccessBreakpointView>(
  object({
    id: count,
    verb: Type.Enum([...BREAK_VERBS]),
    device,
    when: text,
    on: Type.Boolean(),
    limitMs: number,
    ...schedule,
    text,
    matches: count,
    hits: count,
    firstSeq: orNull(count),
  }),
);
export const Held = Type.Unsafe<HeldView>(
  object({
    id: count,
    device: text,
    breakpoint: orNull(count),
    requester: text,
    op: Type.Enum([...TRACE_OPS]),
    at: number,
    address: text,
    register: orNull(text),
    value: number,
    old: number,
    decoded: text,
    widthBits: count,
    sinceNs: number,
    untilNs: number,
    seq: count,
  }),
);
export const InstrumentsJson = Type.Unsafe<InstrumentsView>(
  object({ filters: Type.Array(BusFault), breakpoints: Type.Array(Breakpoint), held: Type.Array(Held) }),
);
