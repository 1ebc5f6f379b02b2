/** The dashboard for one recording and no lab: the built pages, and the file under one address. */
import helmet from '@fastify/helmet';
import Fastify from 'fastify';
import { API } from '#bus/api.ts';
import { asLabError } from '#bus/errors.ts';
import { serveDashboard } from '../api/dashboard.ts';
import { checkOrigin } from '../guard.ts';
import { sendProblem } from '../problem.ts';

export interface ViewerOptions {
  readonly port: number;
  readonly webRoot: string;
  /** What the file is called. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const HOST = '127.0.0.1';

/** `url` opens the page with the recording in it. */
export const startViewer = async ({
  port,
  webRoot,
  name,
  bytes,
}: ViewerOptions): Promise<{ readonly url: string; close(): Promise<void> }> => {
  const app = Fastify({ forceCloseConnections: true });
  app.addHook('onRequest', async (request, reply) => {
    const navigation = request.method === 'GET' && request.headers['sec-fetch-mode'] === 'navigate';
    try {
      checkOrigin(request.headers, { host: HOST }, navigation);
    } catch (error) {
      return sendProblem(reply, 403, 'EACCES', asLabError(error).message);
    }
  });
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: false,
  });
  app.get(`${API}/opened`, (_, reply) =>
    reply.type('application/x-pcapng').send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
  );
  await serveDashboard(app, webRoot);
  try {
    const address = await app.listen({ host: HOST, port });
    return { url: `${address}/traffic?opened=${encodeURIComponent(name)}`, close: () => app.close() };
  } catch (error) {
    await app.close();
    throw asLabError(error, 'EADDRINUSE');
  }
};
