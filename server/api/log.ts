/** `/api/v1/log`: the kernel log (dmesg). */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { LogLine } from '#bus/api.ts';
import type { LabContext } from '../context.ts';
import { since } from './schemas.ts';
import { Line, list } from './views.ts';

export const logApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/log',
      {
        schema: {
          tags: ['log'],
          response: { 200: list(Line) },
          summary: 'Lines of drivers and of the lab, oldest first',
          querystring: Type.Object({
            since: since('line'),
            limit: Type.Integer({ minimum: 1, maximum: 8192, default: 8192 }),
          }),
        },
      },
      ({ query }): readonly LogLine[] => lab.log.after(query.since, query.limit),
    );
  };
