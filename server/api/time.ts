/** `/api/v1/time`: how the lab's time goes, and making it go otherwise. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { TimeView } from '#bus/api.ts';
import { LabError } from '#bus/errors.ts';
import { RATES } from '#bus/time-word.ts';
import type { LabContext } from '../context.ts';
import { type LabTime, LONGEST_JUMP_NS, MOST_STEPS } from '../time/lab-time.ts';

export const timeApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = { tags: ['time'], response: { 200: Time } };

    app.get(
      '/time',
      { schema: { ...schema, summary: 'Lab time and wall time, running or paused, and at which rate' } },
      (): TimeView => lab.time?.view() ?? ledElsewhere(lab),
    );

    app.post(
      '/time',
      {
        schema: {
          ...schema,
          summary:
            'Pauses, goes on, steps to the next events, sets a rate or jumps. Answers when that is done; a long jump answers on its way, as `jumping`. Time never goes back',
          body: Wish,
        },
      },
      async ({ body }): Promise<TimeView> => {
        const time = timeOf(lab);
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<TimeView>((resolve) => {
          timer = setTimeout(() => resolve(time.view()), ANSWER_MS);
        });
        try {
          return await Promise.race([act(time, body), late]);
        } finally {
          clearTimeout(timer);
        }
      },
    );
  };

/** A jump may take longer, but not its answer. */
const ANSWER_MS = 10_000;

/** Time that somebody else leads can be told, and no more. */
const ledElsewhere = ({ clock }: LabContext): TimeView => ({
  state: 'running',
  rate: 'max',
  now: clock.now(),
  wall: new Date().toISOString(),
  epoch: 0,
  until: null,
  next: null,
  waits: null,
  drivers: [],
});

/** Throws EOPNOTSUPP where time is not the lab's own to steer. */
const timeOf = ({ time, clock }: LabContext): LabTime => {
  if (time !== undefined) return time;
  throw new LabError(
    'EOPNOTSUPP',
    `this lab stands on a ${clock.kind} clock that is led by whoever runs it: time control is for a live lab`,
  );
};

const act = (time: LabTime, wish: TimeWish): Promise<TimeView> => {
  switch (wish.do) {
    case 'pause':
      return time.pause();
    case 'resume':
      return time.resume();
    case 'step':
      return time.step(wish.events);
    case 'rate':
      return time.setRate(wish.rate);
    case 'jump':
      if ((wish.byNs === undefined) === (wish.toNs === undefined))
        throw new LabError('EINVAL', 'a jump takes byNs or toNs, one of them');
      return time.jump(wish.byNs === undefined ? { toNs: wish.toNs ?? Number.NaN } : { byNs: wish.byNs });
  }
};

/** What may be asked of the time. */
export type TimeWish =
  | { readonly do: 'pause' | 'resume' }
  | { readonly do: 'step'; readonly events?: number }
  | { readonly do: 'rate'; readonly rate: number | 'max' }
  | { readonly do: 'jump'; readonly byNs?: number; readonly toNs?: number };

const closed = { additionalProperties: false } as const;
const Ns = (description: string) => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });

const Wish = Type.Unsafe<TimeWish>(
  Type.Union([
    Type.Object({ do: Type.Enum(['pause', 'resume']) }, closed),
    Type.Object(
      {
        do: Type.Literal('step'),
        events: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_STEPS, default: 1 })),
      },
      closed,
    ),
    Type.Object(
      {
        do: Type.Literal('rate'),
        rate: Type.Union([Type.Number({ minimum: RATES.min, maximum: RATES.max }), Type.Literal('max')], {
          description: 'Lab seconds a wall second; max goes from event to event, as fast as possible',
        }),
      },
      closed,
    ),
    Type.Object(
      {
        do: Type.Literal('jump'),
        byNs: Type.Optional(Type.Integer({ minimum: 0, maximum: LONGEST_JUMP_NS, description: 'So far from now' })),
        toNs: Type.Optional(Ns('To this time of the lab')),
      },
      closed,
    ),
  ]),
);

const Time = Type.Unsafe<TimeView>(
  Type.Object({
    state: Type.Enum(['running', 'paused', 'jumping']),
    rate: Type.Union([Type.Number(), Type.Literal('max')]),
    now: Ns('Nanoseconds since the lab began'),
    wall: Type.String({ format: 'date-time', description: 'That moment on the wall clock' }),
    epoch: Type.Integer({ description: 'Counts what was done to the time' }),
    until: Type.Union([Type.Integer(), Type.Null()], { description: 'Where a jump ends' }),
    next: Type.Union([Type.Object({ at: Type.Integer(), of: Type.String() }), Type.Null()], {
      description: 'While it is paused: the next event, and whose clock it is on',
    }),
    waits: Type.Union([Type.String(), Type.Null()], { description: 'Why time stands though it should go' }),
    drivers: Type.Array(
      Type.Object({
        device: Type.String(),
        client: Type.String(),
        follows: Type.Union([Type.Boolean(), Type.Null()], {
          description: 'False: goes on by its own clock; null: was not asked yet, for time runs by itself',
        }),
      }),
    ),
  }),
);
