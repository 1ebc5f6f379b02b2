/** `/healthz` and `/metrics`: whether the lab is well, for machines. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { LabContext } from '../context.ts';
import type { Metrics } from '../metrics.ts';

export const healthApi =
  (lab: LabContext, metrics: Metrics): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/healthz', { schema: { tags: ['health'], summary: 'Is the lab well' } }, (_, reply) => {
      const { broker, name, session } = lab.view();
      return reply
        .code(broker.connected ? 200 : 503)
        .send({ status: broker.connected ? 'ok' : 'the broker is lost', lab: name, session });
    });

    app.get('/metrics', { schema: { tags: ['health'], summary: 'Prometheus' } }, async (_, reply) =>
      reply.type(metrics.contentType).send(await metrics.text()),
    );
  };
