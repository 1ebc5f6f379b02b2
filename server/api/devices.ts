/** `/api/v1/devices`: devices, their faults and controls, their memory. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { CatalogueView, DeviceView } from '#bus/api.ts';
import type { ActiveFault } from '#bus/device.ts';
import { LabError, unknownName } from '#bus/errors.ts';
import { addressOf } from '#regmap/names.ts';
import type { LabContext } from '../context.ts';
import { DeviceParam, REQUESTER, Settings } from './schemas.ts';
import { ActiveFaults, Catalogue, Device, list, Memory } from './views.ts';

const MEMORY_LIMIT = 65_536;

const NamedParam = Type.Object({ ...DeviceParam.properties, name: Type.String({ minLength: 1, maxLength: 64 }) });

export const devicesApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = { tags: ['devices'] };
    const faultsOf = (device: string): readonly ActiveFault[] => lab.bench.device(device).device.activeFaults;

    app.get(
      '/devices',
      {
        schema: {
          ...schema,
          response: { 200: list(Device) },
          summary: 'Every device, those of other labs on the same broker too',
        },
      },
      (): readonly DeviceView[] => lab.views.all(),
    );

    app.get(
      '/devices/:device',
      { schema: { ...schema, response: { 200: Device }, summary: 'One device', params: DeviceParam } },
      ({ params }): DeviceView => lab.views.one(params.device),
    );

    app.get(
      '/devices/:device/catalogue',
      {
        schema: {
          ...schema,
          response: { 200: Catalogue },
          summary: 'Faults and controls it offers, with their parameters',
          params: DeviceParam,
        },
      },
      ({ params }): CatalogueView => {
        const { faults, controls } = lab.bench.device(params.device).device;
        return { faults, controls };
      },
    );

    app.get(
      '/devices/:device/faults',
      { schema: { ...schema, response: { 200: ActiveFaults }, summary: 'Faults that are on', params: DeviceParam } },
      ({ params }) => faultsOf(params.device),
    );

    app.post(
      '/devices/:device/faults',
      {
        schema: {
          ...schema,
          response: { 200: ActiveFaults },
          summary: 'Switches a fault on, or changes its parameters',
          params: DeviceParam,
          body: Type.Object(
            { name: Type.String({ minLength: 1, maxLength: 64 }), params: Type.Optional(Settings) },
            { additionalProperties: false },
          ),
        },
      },
      ({ params, body }) => {
        const device = lab.bench.device(params.device);
        known('fault', body.name, device.device.faults);
        device.fault(body.name, body.params ?? {}, REQUESTER);
        return faultsOf(params.device);
      },
    );

    app.delete(
      '/devices/:device/faults',
      {
        schema: {
          ...schema,
          response: { 200: ActiveFaults },
          summary: 'Switches every fault off',
          params: DeviceParam,
        },
      },
      ({ params }) => {
        lab.bench.device(params.device).clear(undefined, REQUESTER);
        return faultsOf(params.device);
      },
    );

    app.delete(
      '/devices/:device/faults/:name',
      { schema: { ...schema, response: { 200: ActiveFaults }, summary: 'Switches one fault off', params: NamedParam } },
      ({ params }) => {
        const device = lab.bench.device(params.device);
        known('fault', params.name, device.device.faults);
        device.clear(params.name, REQUESTER);
        return faultsOf(params.device);
      },
    );

    app.post(
      '/devices/:device/controls/:name',
      {
        schema: {
          ...schema,
          response: { 200: Device },
          summary: 'Does what a person could do: pull the module, change the light, cycle the power',
          params: NamedParam,
          body: Settings,
        },
      },
      ({ params, body }): DeviceView => {
        const device = lab.bench.device(params.device);
        known('control', params.name, device.device.controls);
        device.control(params.name, body, REQUESTER);
        return lab.views.one(params.device);
      },
    );

    app.get(
      '/devices/:device/memory',
      {
        schema: {
          ...schema,
          response: { 200: Memory },
          summary: 'A run of addresses by the silicon’s side, no side effects',
          params: DeviceParam,
          querystring: Type.Object({
            at: Type.String({ minLength: 1, maxLength: 64, description: 'First address, as `3.D000h` or a register' }),
            length: Type.Integer({ minimum: 1, maximum: MEMORY_LIMIT, default: 256 }),
          }),
        },
      },
      ({ params, query }) => {
        const { device } = lab.bench.device(params.device);
        const at = addressOf(device.registers, query.at);
        if (at === undefined)
          throw new LabError(
            'EINVAL',
            `'${query.at}' is no address; it is written as 3.D000h, 1.8007 or a register name`,
          );
        return { at, values: Array.from({ length: query.length }, (_, i) => device.peek(at + i)) };
      },
    );
  };

const known = (what: string, name: string, catalogue: object): void => {
  if (!Object.hasOwn(catalogue, name)) throw unknownName(what, name, Object.keys(catalogue));
};
