/** `/healthz` and `/metrics`: whether the lab is well, for machines. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { LabContext } from '../context.ts';
import type { Metrics } from '../metrics.ts';
import { sendProblem } from '../problem.ts';
import { bytes, Health } from './views.ts';

export const healthApi =
  (lab: LabContext, metrics: Metrics): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/healthz',
      { schema: { tags: ['health'], response: { 200: Health }, summary: 'Is the lab well' } },
      (_, reply) => {
        const { broker, name, session } = lab.view();
        if (!broker.connected) return sendProblem(reply, 503, 'ENODEV', `the broker at ${broker.url} is lost`);
        return reply.send({ status: 'ok', lab: name, session });
      },
    );

    app.get(
      '/metrics',
      {
        schema: {
          tags: ['health'],
          response: { 200: bytes('text/plain', 'Prometheus text format') },
          summary: 'Prometheus',
        },
      },
      async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()),
    );
  };
