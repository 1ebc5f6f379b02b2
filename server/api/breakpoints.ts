/** `/api/v1/breakpoints`: accesses held before they take effect, and how they go on. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { LabError, unknownName } from '#bus/errors.ts';
import {
  type AccessBreakpointView,
  BREAK_VERBS,
  type BreakpointSpec,
  type BreakVerb,
  type InstrumentsView,
} from '#bus/filters/views.ts';
import { NAME_PATTERN } from '../bench-spec.ts';
import type { LabContext } from '../context.ts';
import { Breakpoint, InstrumentsJson, NewBreakpoint } from './instrument-schemas.ts';
import { list } from './views.ts';

/** Longer than this nobody is kept waiting for a hit. */
const WAIT_LIMIT_MS = 30_000;

const Numbered = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2 ** 31 }) });
const Which = Type.Object(
  { device: Type.Optional(Type.String({ pattern: NAME_PATTERN, description: 'Of this device only' })) },
  { additionalProperties: false },
);

export const breakpointsApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = { tags: ['instruments'] };
    const all = { ...schema, response: { 200: InstrumentsJson } };
    const { instruments } = lab;

    app.get(
      '/instruments',
      { schema: { ...all, summary: 'Bus faults, breakpoints and what is held now' } },
      (): InstrumentsView => instruments.view(),
    );

    app.get(
      '/breakpoints',
      {
        schema: { ...schema, response: { 200: list(Breakpoint) }, summary: 'Breakpoints, with how often each was hit' },
      },
      (): readonly AccessBreakpointView[] => instruments.breakpoints,
    );

    app.post(
      '/breakpoints',
      {
        schema: {
          ...schema,
          response: { 200: Breakpoint },
          summary: 'Holds accesses that fit before they take effect; or runs until one, notes them, or waits for one',
          body: NewBreakpoint,
        },
      },
      ({ body: { verb, ...rest } }): AccessBreakpointView =>
        instruments.addBreakpoint({ ...rest, ...(verb === undefined ? {} : { verb: verbOf(verb) }) } as BreakpointSpec),
    );

    app.post(
      '/breakpoints/:id/wait',
      {
        schema: {
          ...schema,
          response: { 200: Breakpoint },
          summary: 'Answers at the next hit, or at once when there was one; ETIMEDOUT after waitMs',
          params: Numbered,
          body: Type.Object(
            { waitMs: Type.Optional(Type.Integer({ minimum: 0, maximum: WAIT_LIMIT_MS })) },
            { additionalProperties: false },
          ),
        },
      },
      async ({ params: { id }, body: { waitMs = WAIT_LIMIT_MS } }): Promise<AccessBreakpointView> => {
        const look = (): AccessBreakpointView | undefined => instruments.breakpoints.find((one) => one.id === id);
        if ((look()?.hits ?? 0) === 0) await hitWithin(lab, id, waitMs);
        const found = look();
        if (found === undefined) throw new LabError('ECANCELED', `breakpoint ${id} was taken away meanwhile`);
        return found;
      },
    );

    app.patch(
      '/breakpoints/:id',
      {
        schema: {
          ...schema,
          response: { 200: Breakpoint },
          summary: 'Switches a breakpoint on or off; off, what it holds goes on',
          params: Numbered,
          body: Type.Object({ on: Type.Boolean() }, { additionalProperties: false }),
        },
      },
      ({ params, body }): AccessBreakpointView => instruments.switchBreakpoint(params.id, body.on),
    );

    app.delete(
      '/breakpoints/:id',
      {
        schema: {
          ...schema,
          response: { 200: list(Breakpoint) },
          summary: 'Takes a breakpoint away; what it holds goes on',
          params: Numbered,
        },
      },
      ({ params }): readonly AccessBreakpointView[] => {
        instruments.removeBreakpoint(params.id);
        return instruments.breakpoints;
      },
    );

    app.delete(
      '/breakpoints',
      { schema: { ...schema, response: { 200: list(Breakpoint) }, summary: 'Takes every breakpoint away' } },
      (): readonly AccessBreakpointView[] => {
        for (const { id } of instruments.breakpoints) instruments.removeBreakpoint(id);
        return instruments.breakpoints;
      },
    );

    app.post(
      '/breakpoints/continue',
      { schema: { ...all, summary: 'Lets held accesses go on; EAGAIN when nothing is held', body: Which } },
      ({ body }): InstrumentsView => {
        instruments.continue(body.device);
        return instruments.view();
      },
    );

    app.post(
      '/breakpoints/step',
      {
        schema: {
          ...all,
          summary: 'Lets the held access go on and holds the next one of the same device',
          body: Which,
        },
      },
      ({ body }): InstrumentsView => {
        instruments.step(body.device);
        return instruments.view();
      },
    );
  };

const hitWithin = ({ instruments }: LabContext, id: number, waitMs: number): Promise<void> =>
  new Promise((hit, failed) => {
    const stop = instruments.onHit(id, () => {
      clearTimeout(timer);
      hit();
    });
    const timer = setTimeout(() => {
      stop();
      failed(new LabError('ETIMEDOUT', `breakpoint ${id} was not hit within ${waitMs} ms`));
    }, waitMs);
  });

const verbOf = (verb: string): BreakVerb => {
  const known = BREAK_VERBS.find((one) => one === verb);
  if (known === undefined) throw unknownName('verb of a breakpoint', verb, BREAK_VERBS, 'EINVAL');
  return known;
};
