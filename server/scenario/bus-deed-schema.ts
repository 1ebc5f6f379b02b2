/** How bus faults and breakpoints are written in a scenario. */
import { Type } from 'typebox';
import { BUS_FAULT_KINDS } from '#bus/filters/effects.ts';
import { BREAK_VERBS } from '#bus/filters/views.ts';
import { TIME_PATTERN } from './durations.ts';

const closed = { additionalProperties: false } as const;
const time = (description: string) => Type.Optional(Type.String({ pattern: TIME_PATTERN, description }));
const whole = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: 1e9, description }));
const WHEN = 'Which accesses, as `write MICRO_BOOT == 0x0040` or any filter';
const schedule = {
  nth: whole('Only this one of those that fit'),
  every: whole('Every so many of those that fit'),
  probability: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Drawn for each that fits' })),
  times: whole('At most so often'),
  after: time('Not before so long after it was put there'),
  for: time('From then on, for so long'),
};
const name = Type.String({ pattern: '^[A-Za-z0-9_-]{1,32}$', description: 'A name for the bus fault' });
const scalar = Type.Union([Type.String({ maxLength: 256 }), Type.Number(), Type.Boolean()]);

export const BusFaultSchema = Type.Object(
  {
    effect: Type.Enum([...BUS_FAULT_KINDS], { description: `What it does: ${BUS_FAULT_KINDS.join(', ')}` }),
    when: Type.Optional(Type.String({ maxLength: 1000, description: `${WHEN}; all when absent` })),
    name: Type.Optional(name),
    params: Type.Optional(Type.Record(Type.String(), scalar, { maxProperties: 8, description: 'Of the effect' })),
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffffffff, description: 'Of its own randomness' })),
    ...schedule,
  },
  closed,
);
export const BreakSchema = Type.Union(
  [
    Type.String({ minLength: 1, maxLength: 1000, description: WHEN }),
    Type.Object(
      {
        when: Type.String({ minLength: 1, maxLength: 1000, description: WHEN }),
        verb: Type.Optional(Type.Enum([...BREAK_VERBS], { description: 'break unless told' })),
        limit: time('A held access goes on by itself after so long'),
        ...schedule,
      },
      closed,
    ),
  ],
  { description: `${WHEN}; or that and verb, limit, nth` },
);
