/** `/api/v1/recording`: what happens in this lab as a pcapng stream, for a file or straight into Wireshark. */
import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { LabError } from '#bus/errors.ts';
import { NAME_PATTERN } from '../bench-spec.ts';
import type { LabContext } from '../context.ts';
import { liveRecording } from '../recording/live-recording.ts';
import { openRecordings } from '../recording/open-recordings.ts';
import { bytes } from './views.ts';

const AT_ONCE = 16;
export const recordingApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { end, streams } = openRecordings(lab);
    app.get(
      '/recording',
      {
        schema: {
          tags: ['trace'],
          response: { 200: bytes('application/x-pcapng', 'Blocks of a recording, until the reader hangs up') },
          summary: 'Records from now on, or those after `since` that are still kept, as a pcapng stream without an end',
          querystring: Type.Object({
            since: Type.Optional(
              Type.Integer({ minimum: 0, description: 'Newest sequence number you have; 0 is everything still kept' }),
            ),
            device: Type.Optional(
              Type.Union([
                Type.String({ pattern: NAME_PATTERN }),
                Type.Array(Type.String({ pattern: NAME_PATTERN }), { maxItems: 64 }),
              ]),
            ),
          }),
        },
      },
      ({ query: { since, device } }, reply) => {
        const asked = device === undefined ? undefined : new Set(typeof device === 'string' ? [device] : device);
        for (const name of asked ?? []) lab.bench.device(name);
        if (streams.size >= AT_ONCE)
          throw new LabError('EBUSY', `${streams.size} recordings run already; ${AT_ONCE} may at once`);
        const stream = Readable.from(liveRecording(lab, { since, devices: asked, signal: end.signal }), {
          objectMode: false,
        });
        streams.add(stream);
        stream.once('close', () => streams.delete(stream));
        return reply.type('application/x-pcapng').send(stream);
      },
    );
  };
