/** The dashboard: the built bundle, its page for every address that is none of the API's. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { sendProblem } from '../problem.ts';

/** Registered on the root instance, because it answers what no other route does. */
export const serveDashboard = async (app: FastifyInstance, webRoot: string | undefined): Promise<void> => {
  const built = webRoot !== undefined && existsSync(join(webRoot, 'index.html'));
  if (built)
    await app.register(fastifyStatic, {
      root: webRoot,
      wildcard: false,
      setHeaders: (reply, path) =>
        void reply.header(
          'cache-control',
          path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
        ),
    });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const page = request.method === 'GET' && !path.startsWith('/api/') && !/\.[a-z0-9]+$/i.test(path);
    if (!page)
      return sendProblem(reply, 404, 'ENOENT', `there is no ${request.method} ${path}; /api/docs lists what there is`);
    if (built) return reply.sendFile('index.html');
    return reply
      .code(404)
      .type('text/plain; charset=utf-8')
      .send('The dashboard is not built: run `npm run build`, then reload. The API is described at /api/docs\n');
  });
};
