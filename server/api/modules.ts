/** `/api/v1/drivers` and `/api/v1/modules`: modinfo, lsmod, insmod, rmmod. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { DriverInfo, ModuleView } from '#bus/api.ts';
import { NAME_PATTERN } from '../bench-spec.ts';
import type { LabContext } from '../context.ts';
import { DeviceParam, Settings } from './schemas.ts';
import { Driver, list, Module } from './views.ts';

export const modulesApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = { tags: ['modules'] };

    app.get(
      '/drivers',
      { schema: { ...schema, response: { 200: list(Driver) }, summary: 'What could be loaded (modinfo)' } },
      (): Promise<readonly DriverInfo[]> => lab.modules.drivers(),
    );

    app.get(
      '/modules',
      { schema: { ...schema, response: { 200: list(Module) }, summary: 'What is loaded (lsmod)' } },
      (): readonly ModuleView[] => lab.modules.list(),
    );

    app.post(
      '/modules',
      {
        schema: {
          ...schema,
          response: { 201: Module },
          summary: 'Loads a driver in a process of its own; answers when it is live or has failed (insmod)',
          body: Type.Object(
            {
              driver: Type.String({
                minLength: 1,
                maxLength: 1024,
                description: 'Name, or path of a file of your own',
              }),
              device: Type.String({ pattern: NAME_PATTERN }),
              params: Type.Optional(Settings),
            },
            { additionalProperties: false },
          ),
        },
      },
      async ({ body }, reply): Promise<ModuleView> => {
        const module = await lab.modules.insmod(body);
        reply.code(201);
        return module;
      },
    );

    app.delete(
      '/modules/:device',
      {
        schema: {
          ...schema,
          response: { 200: list(Module) },
          summary: 'Unloads the driver of a device (rmmod)',
          params: DeviceParam,
        },
      },
      async ({ params }): Promise<readonly ModuleView[]> => {
        await lab.modules.rmmod(params.device);
        return lab.modules.list();
      },
    );
  };
