/** The part of `/api/v1/devices/:device/micro` that makes the core stop and go: breakpoints, halt, steps. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { BREAK_OPS, BREAK_SPACES, type BreakpointView, type MicroView } from '#bus/micro-view.ts';
import { STEPS_LIMIT } from '#devices/qt2025/micro/debug.ts';
import type { MicroSession } from '../micro-session.ts';
import type { MicroSessions } from '../micro-sessions.ts';
import { BreakpointList, CodePlace, Micro, Place, MICRO_PATH as path } from './micro-views.ts';
import { DeviceParam } from './schemas.ts';

/** Longer than this nobody is kept waiting for a stop. */
const WAIT_LIMIT_MS = 30_000;

const WaitMs = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: WAIT_LIMIT_MS,
    description: 'Answers when the core stands still, after this long at the latest; default 0',
  }),
);
const body = <T extends Type.TProperties>(properties: T) => Type.Object(properties, { additionalProperties: false });

export const microControlApi =
  (sessions: MicroSessions): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = { tags: ['micro'], params: DeviceParam };
    const answers = { ...schema, response: { 200: Micro } };

    app.post(
      `${path}/breakpoints`,
      {
        schema: {
          ...schema,
          response: { 200: BreakpointList },
          summary:
            'Stops the core before code, or after an access of the program to XDATA or to a register of the chip',
          body: body({
            space: Type.Enum([...BREAK_SPACES]),
            at: Type.String({ ...Place, description: 'As people write it: `main`, `UC_STATUS`, `1.C300h`' }),
            on: Type.Optional(Type.Enum([...BREAK_OPS])),
            value: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffff, description: 'Only this value stops' })),
          }),
        },
      },
      ({ params, body: { at, ...wish } }): readonly BreakpointView[] => {
        const session = sessions.of(params.device);
        session.debugger.addBreakpoint({ ...wish, at: session.address(wish.space, at) });
        return session.view().breakpoints;
      },
    );

    app.delete(
      `${path}/breakpoints`,
      { schema: { ...schema, response: { 200: BreakpointList }, summary: 'Deletes every breakpoint' } },
      ({ params }): readonly BreakpointView[] => {
        const session = sessions.of(params.device);
        session.debugger.clearBreakpoints();
        return session.view().breakpoints;
      },
    );

    app.delete(
      `${path}/breakpoints/:id`,
      {
        schema: {
          ...schema,
          response: { 200: BreakpointList },
          summary: 'Deletes one breakpoint',
          params: Type.Object({ ...DeviceParam.properties, id: Type.Integer({ minimum: 1 }) }),
        },
      },
      ({ params }): readonly BreakpointView[] => {
        const session = sessions.of(params.device);
        session.debugger.removeBreakpoint(params.id);
        return session.view().breakpoints;
      },
    );

    app.post(
      `${path}/halt`,
      {
        schema: {
          ...answers,
          summary: 'Stands still: the host’s registers answer, the heartbeat stops',
          body: body({
            limitS: Type.Optional(Type.Number({ description: 'Seconds after which it runs again by itself' })),
          }),
        },
      },
      ({ params, body: { limitS } }): MicroView => {
        const session = sessions.of(params.device);
        if (limitS !== undefined) session.debugger.setLimit(limitS);
        session.debugger.halt();
        return session.view();
      },
    );

    app.post(
      `${path}/step`,
      {
        schema: {
          ...answers,
          summary: 'Executes instructions',
          body: body({
            count: Type.Optional(Type.Integer({ minimum: 1, maximum: STEPS_LIMIT, description: 'Default 1' })),
          }),
        },
      },
      ({ params, body: { count } }): MicroView => {
        const session = sessions.of(params.device);
        session.debugger.step(count);
        return session.view();
      },
    );

    const goOn = (
      name: string,
      summary: string,
      go: (session: MicroSession, at: string) => void,
      more: Type.TProperties = {},
    ): void =>
      void app.post(
        `${path}/${name}`,
        { schema: { ...answers, summary, body: body({ ...more, waitMs: WaitMs }) } },
        async ({ params, body: asked }): Promise<MicroView> => {
          const session = sessions.of(params.device);
          const { waitMs = 0, at = '' } = asked as { waitMs?: number; at?: string }; // as the schema above has it
          go(session, at);
          await session.stopped(waitMs);
          return session.view();
        },
      );
    goOn('continue', 'Goes on until something stops it', ({ debugger: it }) => it.continue());
    goOn('next', 'Executes one instruction, a call with all that it calls', ({ debugger: it }) => it.next());
    goOn('until', 'Goes on to a place', (session, at) => session.debugger.until(session.symbols.address(at)), {
      at: CodePlace,
    });
  };
