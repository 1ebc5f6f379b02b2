/** `/api/v1/lab`: what this lab is and where it stands. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { LabView } from '#bus/api.ts';
import type { LabContext } from '../context.ts';
import { Lab } from './views.ts';

export const labApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/lab',
      { schema: { tags: ['lab'], response: { 200: Lab }, summary: 'Name, session, clock, broker and capture' } },
      (): LabView => lab.view(),
    );
  };
