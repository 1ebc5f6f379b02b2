/** `/api/v1/devices/:device/micro`: the debugger of the micro-controller inside a device. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import {
  type CellView,
  type CodeSymbol,
  type DisassemblyLine,
  MEMORY_SPACES,
  type MicroMemory,
  type MicroProfile,
  type MicroView,
} from '#bus/micro-view.ts';
import { listAround } from '#devices/qt2025/micro/debug-listing.ts';
import { MEMORY_SIZE, readCells, readMemory } from '#devices/qt2025/micro/debug-memory.ts';
import { SYMBOLS_LIMIT } from '#devices/qt2025/micro/debug-symbols.ts';
import type { LabContext } from '../context.ts';
import { MicroSessions } from '../micro-sessions.ts';
import { microControlApi } from './micro-control.ts';
import {
  Cells,
  CodePlace,
  Disassembly,
  MemoryJson,
  Micro,
  Place,
  Profile,
  MICRO_PATH as path,
  Symbols,
} from './micro-views.ts';
import { DeviceParam } from './schemas.ts';

const BYTES_LIMIT = 4096;
const LINES_LIMIT = 512;
const body = <T extends Type.TProperties>(properties: T) => Type.Object(properties, { additionalProperties: false });

export const microApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const sessions = new MicroSessions(lab);
    await app.register(microControlApi(sessions));
    const schema = { tags: ['micro'], params: DeviceParam };
    const answers = { ...schema, response: { 200: Micro } };

    app.get(
      path,
      { schema: { ...answers, summary: 'State, registers, breakpoints, speed of the micro-controller' } },
      ({ params }): MicroView => sessions.of(params.device).view(),
    );

    app.get(
      `${path}/disassembly`,
      {
        schema: {
          ...schema,
          response: { 200: Disassembly },
          summary: 'Program memory as assembly, by default around PC',
          querystring: Type.Object({
            at: Type.Optional(CodePlace),
            before: Type.Integer({ minimum: 0, maximum: 100, default: 0, description: 'Instructions before `at`' }),
            count: Type.Integer({ minimum: 1, maximum: LINES_LIMIT, default: 24 }),
          }),
        },
      },
      ({ params, query }): readonly DisassemblyLine[] => {
        const { micro, symbols } = sessions.of(params.device);
        micro.sync();
        const at = query.at === undefined ? micro.cpu.pc : symbols.address(query.at);
        return listAround(micro.cpu.code, at, symbols, query);
      },
    );

    app.get(
      `${path}/memory`,
      {
        schema: {
          ...schema,
          response: { 200: MemoryJson },
          summary: 'Bytes of one of its memories, no side effects',
          querystring: Type.Object({
            space: Type.Enum([...MEMORY_SPACES], { default: 'xdata' }),
            at: Type.Optional(Type.String({ ...Place, description: 'As people write it; default where it begins' })),
            length: Type.Optional(Type.Integer({ minimum: 1, maximum: BYTES_LIMIT, description: 'Default 256' })),
          }),
        },
      },
      ({ params, query: { space, ...asked } }): MicroMemory => {
        const session = sessions.of(params.device);
        const { micro } = session;
        micro.sync();
        const { from, to } = MEMORY_SIZE[space];
        const at = asked.at === undefined ? from : session.memoryAddress(space, asked.at);
        const length = asked.length ?? Math.max(1, Math.min(256, to + 1 - at));
        return { space, at, bytes: readMemory(micro.cpu, space, at, length) };
      },
    );

    app.get(
      `${path}/cells`,
      { schema: { ...schema, response: { 200: Cells }, summary: 'The named cells of XDATA, decoded' } },
      ({ params }): readonly CellView[] => {
        const { micro } = sessions.of(params.device);
        micro.sync();
        return readCells(micro.cpu);
      },
    );

    app.get(
      `${path}/profile`,
      {
        schema: {
          ...schema,
          response: { 200: Profile },
          summary: 'Where the time goes: cycles by symbol and by address',
          querystring: Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 1000, default: 20 }) }),
        },
      },
      ({ params, query }): MicroProfile => sessions.of(params.device).profile(query.limit),
    );

    app.put(
      `${path}/profile`,
      {
        schema: {
          ...schema,
          response: { 200: Profile },
          summary: 'Starts counting anew, or stops',
          body: body({ running: Type.Boolean() }),
        },
      },
      ({ params, body: { running } }): MicroProfile => {
        const session = sessions.of(params.device);
        if (running) session.debugger.startProfile();
        else session.debugger.stopProfile();
        return session.profile(20);
      },
    );

    app.get(
      `${path}/symbols`,
      { schema: { ...schema, response: { 200: Symbols }, summary: 'Names of code addresses' } },
      ({ params }): readonly CodeSymbol[] => sessions.of(params.device).symbols.symbols,
    );

    app.put(
      `${path}/symbols`,
      {
        bodyLimit: 2 * 1024 * 1024,
        schema: {
          ...schema,
          response: { 200: Symbols },
          summary: 'Takes these names instead of the map beside the image; an empty list goes back to that',
          body: body({
            file: Type.String({ maxLength: 255 }),
            symbols: Type.Array(
              body({
                name: Type.String({ minLength: 1, maxLength: 120 }),
                at: Type.Integer({ minimum: 0, maximum: 0xffff }),
              }),
              { maxItems: SYMBOLS_LIMIT },
            ),
          }),
        },
      },
      ({ params, body: given }): readonly CodeSymbol[] => {
        const session = sessions.of(params.device);
        session.giveSymbols(given.symbols.length === 0 ? undefined : given);
        return session.symbols.symbols;
      },
    );
  };
