/** `/api/v1/scenarios` and `/api/v1/runs`: what there is to run, and runs. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { RunView, ScenarioView } from '#bus/api.ts';
import type { LabContext } from '../context.ts';
import type { Coverage } from '../coverage/coverage.ts';
import { bytes, list, Names, Run, Scenario } from './views.ts';

const Touched = Type.Unsafe<Coverage>(
  Type.Object({ scenarios: Type.Array(Type.String()), percent: Type.Number(), devices: Type.Unknown() }),
);
const RunParam = Type.Object({ run: Type.Integer({ minimum: 1 }) });

export const runsApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = { tags: ['runs'] };

    app.get(
      '/scenarios',
      {
        schema: {
          ...schema,
          response: { 200: list(Scenario) },
          summary: 'Scenarios of this lab, with what they teach',
        },
      },
      (): readonly ScenarioView[] => lab.runs.scenarios(),
    );

    app.post(
      '/runs',
      {
        bodyLimit: 512 * 1024,
        schema: {
          ...schema,
          response: { 201: Run },
          summary: 'Starts a run: on this bench in real time, or on one of its own in virtual time',
          body: Type.Object(
            {
              scenario: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
              yaml: Type.Optional(Type.String({ maxLength: 256 * 1024 })),
              file: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
              seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffffffff })),
              mode: Type.Enum(['live', 'virtual']),
              repeat: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
              seeds: Type.Optional(Type.Boolean({ description: 'With `repeat`: another seed each time, counted up' })),
            },
            { additionalProperties: false },
          ),
        },
      },
      async ({ body }, reply): Promise<RunView> => {
        const run = await lab.runs.start(body);
        reply.code(201);
        return run;
      },
    );

    app.get(
      '/runs',
      {
        schema: {
          ...schema,
          response: { 200: list(Run) },
          summary: 'Runs since the lab began, newest first; with `history` those of the labs before it too',
          querystring: Type.Object({
            history: Type.Optional(
              Type.String({ maxLength: 5, description: 'Empty or `true`: as far back as is kept' }),
            ),
            scenario: Type.Optional(
              Type.String({ maxLength: 128, description: 'Only runs of this one; with `history`' }),
            ),
            before: Type.Optional(Type.Integer({ minimum: 1, description: 'Only runs with a smaller number' })),
            limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
          }),
        },
      },
      ({ query: { history, ...asked } }): readonly RunView[] =>
        history === undefined || history === 'false' ? lab.runs.list() : lab.runs.kept(asked),
    );

    app.get(
      '/runs/:run',
      { schema: { ...schema, response: { 200: Run }, summary: 'One run with its steps', params: RunParam } },
      ({ params }): RunView => lab.runs.get(params.run),
    );

    app.get(
      '/runs/:run/trace',
      {
        schema: {
          ...schema,
          response: { 200: bytes('application/octet-stream', 'Records of 32 bytes') },
          summary: 'Packed records of a finished virtual run',
          params: RunParam,
        },
      },
      ({ params }, reply) => {
        const { buffer, byteOffset, byteLength } = lab.runs.trace(params.run).records;
        return reply.type('application/octet-stream').send(Buffer.from(buffer, byteOffset, byteLength));
      },
    );

    app.get(
      '/runs/:run/trace/names',
      {
        schema: {
          ...schema,
          response: { 200: Names },
          summary: 'Names behind the indexes of those records',
          params: RunParam,
        },
      },
      ({ params }) => lab.runs.trace(params.run).names,
    );

    app.get(
      '/runs/:run/coverage',
      {
        schema: {
          ...schema,
          response: { 200: Touched },
          summary: 'What a run touched of the datasheets of its devices, and what it never did',
          params: RunParam,
        },
      },
      ({ params }): Coverage => lab.runs.coverage(params.run),
    );

    app.delete(
      '/runs/:run',
      { schema: { ...schema, response: { 200: Run }, summary: 'Stops a run', params: RunParam } },
      ({ params }): RunView => lab.runs.stop(params.run),
    );
  };
