/** `/api/v1/filters`: bus faults in front of the devices, listed, added, switched and taken away. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { unknownName } from '#bus/errors.ts';
import { BUS_FAULT_KINDS, BUS_FAULTS, type BusFaultKind } from '#bus/filters/effects.ts';
import type { BusFaultView } from '#bus/filters/views.ts';
import type { LabContext } from '../context.ts';
import { BusFault, FaultName, NewFault } from './instrument-schemas.ts';
import { list } from './views.ts';

const Named = Type.Object({ name: FaultName });

export const filtersApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = { tags: ['instruments'] };
    const { instruments } = lab;

    app.get(
      '/filters',
      {
        schema: {
          ...schema,
          response: { 200: list(BusFault) },
          summary: 'Bus faults, with how often each fitted and fired',
        },
      },
      (): readonly BusFaultView[] => instruments.faults,
    );

    app.get(
      '/filters/catalogue',
      {
        schema: {
          ...schema,
          response: { 200: Type.Record(Type.String(), Type.Unknown()) },
          summary: 'What bus faults there are, with their parameters',
        },
      },
      () => BUS_FAULTS,
    );

    app.post(
      '/filters',
      {
        schema: {
          ...schema,
          response: { 200: BusFault },
          summary: 'Puts a bus fault in front of one device, or of each that its selection means something to',
          body: NewFault,
        },
      },
      ({ body: { effect, ...rest } }): BusFaultView => instruments.addFault({ ...rest, effect: kindOf(effect) }),
    );

    app.patch(
      '/filters/:name',
      {
        schema: {
          ...schema,
          response: { 200: BusFault },
          summary: 'Switches a bus fault on or off; its counts stay',
          params: Named,
          body: Type.Object({ on: Type.Boolean() }, { additionalProperties: false }),
        },
      },
      ({ params, body }): BusFaultView => instruments.switchFault(params.name, body.on),
    );

    app.delete(
      '/filters/:name',
      { schema: { ...schema, response: { 200: list(BusFault) }, summary: 'Takes a bus fault away', params: Named } },
      ({ params }): readonly BusFaultView[] => {
        instruments.removeFault(params.name);
        return instruments.faults;
      },
    );

    app.delete(
      '/filters',
      { schema: { ...schema, response: { 200: list(BusFault) }, summary: 'Takes every bus fault away' } },
      (): readonly BusFaultView[] => {
        for (const { name } of instruments.faults) instruments.removeFault(name);
        return instruments.faults;
      },
    );
  };

const kindOf = (effect: string): BusFaultKind => {
  const kind = BUS_FAULT_KINDS.find((known) => known === effect);
  if (kind === undefined) throw unknownName('bus fault', effect, BUS_FAULT_KINDS, 'EINVAL');
  return kind;
};
