/** `/api/v1/devices/:device/frame.png`, `edid`, `panic`: what a display shows, what its monitor tells, and its last words. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { LabError } from '#bus/errors.ts';
import { EDID_WINDOW_BYTES, PANIC_TEXT_BYTES } from '#datasheets/display.ts';
import type { LabContext } from '../context.ts';
import { askToPanic } from '../display/ask-to-panic.ts';
import { displayOf } from '../display/display-of.ts';
import { edidReport } from '../display/edid-report.ts';
import { EdidSchema } from '../display/edid-schema.ts';
import { Screenshots } from '../display/screenshot.ts';
import { DeviceParam, REQUESTER } from './schemas.ts';
import { bytes } from './views.ts';

const LastWords = Type.Unsafe<{ readonly log: readonly string[] }>(
  Type.Object({ log: Type.Array(Type.String()) }, { additionalProperties: false }),
);
const BINARY = 'application/octet-stream';
/** So that what is somewhat too long is told how long it may be. */
const EDID_BODY_BYTES = 8192;

export const displayApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = { tags: ['displays'], params: DeviceParam };
    const screenshots = new Screenshots();
    const edidOf = (device: string): Buffer =>
      Buffer.from(displayOf(lab.bench, device).inspect().connector.edid, 'hex');
    app.addContentTypeParser(
      BINARY,
      { parseAs: 'buffer', bodyLimit: EDID_BODY_BYTES },
      async (_request: unknown, body: Buffer) => body,
    );

    app.get(
      '/devices/:device/frame.png',
      {
        schema: {
          ...schema,
          response: { 200: bytes('image/png', 'The picture, pixel for pixel') },
          summary: 'What the display shows now, as a PNG file',
        },
      },
      async ({ params }, reply) => {
        const file = await screenshots.take(displayOf(lab.bench, params.device));
        return reply.type('image/png').header('cache-control', 'no-store').send(file);
      },
    );

    app.get(
      '/devices/:device/edid',
      {
        schema: {
          ...schema,
          response: {
            200: {
              description: 'The bytes, or what they say',
              content: { [BINARY]: { schema: Type.Unknown() }, 'application/json': { schema: EdidSchema } },
            },
          },
          summary: 'The EDID as it reads on the connector; with `decoded`, what it says and what is wrong with it',
          querystring: Type.Object({
            decoded: Type.Optional(Type.Enum(['', '1', 'true', '0', 'false'], { description: 'As JSON, in words' })),
          }),
        },
      },
      async ({ params, query }, reply) => {
        const edid = edidOf(params.device);
        if (['', '1', 'true'].includes(query.decoded ?? 'false')) return reply.send(edidReport(edid));
        if (edid.length === 0)
          throw new LabError('ENODEV', `${params.device} reads no EDID: no monitor is there, or it tells nothing`);
        return reply.type(BINARY).send(edid);
      },
    );

    app.put(
      '/devices/:device/edid',
      {
        bodyLimit: EDID_BODY_BYTES,
        schema: {
          ...schema,
          response: { 200: EdidSchema },
          summary: 'The monitor tells these bytes from now on, right or wrong: a hotplug. Answers with what they say',
          consumes: [BINARY],
          body: Type.Unknown({ description: `1 to ${EDID_WINDOW_BYTES} bytes` }),
        },
      },
      ({ params, body }) => {
        displayOf(lab.bench, params.device);
        if (!Buffer.isBuffer(body)) throw new LabError('EINVAL', `an EDID is sent as ${BINARY}`);
        if (body.length === 0 || body.length > EDID_WINDOW_BYTES)
          throw new LabError('EINVAL', `an EDID of ${body.length} bytes; it takes 1 to ${EDID_WINDOW_BYTES}`);
        lab.bench.device(params.device).control('load-edid', { hex: body.toString('hex') }, REQUESTER);
        return edidReport(edidOf(params.device));
      },
    );

    app.post(
      '/devices/:device/panic',
      {
        schema: {
          ...schema,
          response: { 200: LastWords },
          summary: "Presses the panic button; answers with the driver's last words when its screen is drawn",
          body: Type.Object(
            {
              text: Type.Optional(
                Type.String({ maxLength: PANIC_TEXT_BYTES, description: 'What it says; ASCII, others become ?' }),
              ),
            },
            { additionalProperties: false },
          ),
        },
      },
      async ({ params, body }) => ({ log: await askToPanic(lab, params.device, body.text ?? '', REQUESTER) }),
    );
  };
