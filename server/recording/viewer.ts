/** The dashboard for recordings and no lab: the built pages, and the files by number. */
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
  /** One is shown as it is, two side by side. */
  readonly files: readonly ServedFile[];
}

export interface ServedFile {
  /** What it is called; each has another name. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const HOST = '127.0.0.1';

/** `url` opens the page with the recordings in it. */
export const startViewer = async ({
  port,
  webRoot,
  files,
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
  app.get(`${API}/opened`, () => files.map(({ name }) => name));
  for (const [nth, { bytes }] of files.entries())
    app.get(`${API}/opened/${nth}`, (_, reply) =>
      reply.type('application/x-pcapng').send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
    );
  await serveDashboard(app, webRoot);
  try {
    const address = await app.listen({ host: HOST, port });
    return { url: `${address}${pathOf(files)}`, close: () => app.close() };
  } catch (error) {
    await app.close();
    throw asLabError(error, 'EADDRINUSE');
  }
};

const pathOf = ([first, second]: readonly ServedFile[]): string => {
  if (first === undefined) return '/traffic';
  if (second === undefined) return `/traffic?opened=${encodeURIComponent(first.name)}`;
  return `/diff?${new URLSearchParams({ a: first.name, b: second.name })}`;
};
