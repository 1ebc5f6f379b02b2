/** `/api/v1/time`: how the lab's time goes, and making it go otherwise. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
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

const act = (time: LabTime, wish: Wish): Promise<TimeView> => {
  const { do: verb, events, rate, byNs, toNs } = wish;
  for (const name of Object.keys(wish) as (keyof Wish)[])
    if (name !== 'do' && !TAKES[verb].includes(name))
      throw new LabError('EINVAL', `${verb} takes ${TAKES[verb].join(' or ') || 'nothing'}, not ${name}`);
  switch (verb) {
    case 'pause':
      return time.pause();
    case 'resume':
      return time.resume();
    case 'step':
      return time.step(events);
    case 'rate':
      if (rate === undefined) throw new LabError('EINVAL', `rate takes rate: ${RATES.min} to ${RATES.max}, or max`);
      return time.setRate(rate);
    case 'jump':
      if ((byNs === undefined) === (toNs === undefined))
        throw new LabError('EINVAL', 'a jump takes byNs or toNs, one of them');
      return time.jump(byNs === undefined ? { toNs: toNs ?? Number.NaN } : { byNs });
  }
};

const closed = { additionalProperties: false } as const;
const Ns = (description: string) => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });

const Wish = Type.Object(
  {
    do: Type.Enum(['pause', 'resume', 'step', 'rate', 'jump']),
    events: Type.Optional(
      Type.Integer({ minimum: 1, maximum: MOST_STEPS, description: 'step: so many; 1 unless told' }),
    ),
    rate: Type.Optional(
      Type.Union([Type.Number({ minimum: RATES.min, maximum: RATES.max }), Type.Literal('max')], {
        description: `rate: lab seconds a wall second, ${RATES.min} to ${RATES.max}; max goes from event to event, as fast as possible`,
      }),
    ),
    byNs: Type.Optional(Type.Integer({ minimum: 0, maximum: LONGEST_JUMP_NS, description: 'jump: so far from now' })),
    toNs: Type.Optional(Ns('jump: to this time of the lab')),
  },
  closed,
);
type Wish = Static<typeof Wish>;

/** What each verb takes. */
const TAKES: Readonly<Record<Wish['do'], readonly (keyof Wish)[]>> = {
  pause: [],
  resume: [],
  step: ['events'],
  rate: ['rate'],
  jump: ['byNs', 'toNs'],
};

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
