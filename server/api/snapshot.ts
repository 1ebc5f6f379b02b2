/** `/api/v1/snapshot`: the whole bench as a file, and back. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { LabError } from '#bus/errors.ts';
import type { LabContext } from '../context.ts';
import { restoreBench, takeBench } from '../snapshot/bench-snapshot.ts';
import { decodeSnapshot, encodeSnapshot, SNAPSHOT_FILE_BYTES } from '../snapshot/file.ts';
import { REQUESTER } from './schemas.ts';
import { bytes } from './views.ts';

const Restored = Type.Unsafe<{ readonly devices: readonly string[]; readonly takenAt: string }>(
  Type.Object({ devices: Type.Array(Type.String()), takenAt: Type.String() }),
);
const MEDIA_TYPE = 'application/octet-stream';

export const snapshotApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = { tags: ['snapshot'] };
    app.addContentTypeParser(
      MEDIA_TYPE,
      { parseAs: 'buffer', bodyLimit: SNAPSHOT_FILE_BYTES },
      async (_request: unknown, body: Buffer) => body,
    );

    app.get(
      '/snapshot',
      {
        schema: {
          ...schema,
          response: { 200: bytes(MEDIA_TYPE, 'A snapshot file') },
          summary: 'Every device of the bench with everything it keeps, as a file',
        },
      },
      (_request, reply) => reply.type(MEDIA_TYPE).send(encodeSnapshot(takeBench(lab, lab.view().version))),
    );

    app.post(
      '/snapshot',
      {
        bodyLimit: SNAPSHOT_FILE_BYTES,
        schema: {
          ...schema,
          summary: 'Puts the bench back to a snapshot file; all of it or nothing. Drivers stay attached',
          consumes: [MEDIA_TYPE],
          body: Type.Unknown({ description: 'A snapshot file' }),
          response: { 200: Restored },
        },
      },
      async ({ body }) => {
        if (!Buffer.isBuffer(body)) throw new LabError('EINVAL', `a snapshot is sent as ${MEDIA_TYPE}`);
        const snapshot = decodeSnapshot(body, 'the file');
        const devices = await restoreBench(lab, snapshot, REQUESTER);
        lab.log.add('notice', 'lab', `bench restored to ${snapshot.takenAt}: ${devices.join(', ')}`);
        return { devices, takenAt: snapshot.takenAt };
      },
    );
  };
