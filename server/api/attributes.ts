/** `/api/v1/devices/:device/attributes`: settings as configfs offers them. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { LabContext } from '../context.ts';
import { DeviceParam, REQUESTER, Settings } from './schemas.ts';
import { Attributes } from './views.ts';

export const attributesApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = { tags: ['attributes'], params: DeviceParam, response: { 200: Attributes } };

    app.get(
      '/devices/:device/attributes',
      { schema: { ...schema, summary: 'Every attribute: value, default, range, and whether a write is let in now' } },
      ({ params }) => lab.bench.device(params.device).attributes(),
    );

    app.patch(
      '/devices/:device/attributes',
      {
        schema: {
          ...schema,
          summary:
            "Writes attributes in the order given; the first refusal ends it with the kernel's errno, what came before stays",
          body: Settings,
        },
      },
      ({ params, body }) => {
        const device = lab.bench.device(params.device);
        for (const [name, value] of Object.entries(body))
          device.writeAttribute(name, typeof value === 'boolean' ? String(Number(value)) : String(value), REQUESTER);
        return device.attributes();
      },
    );
  };
