/** `/api/v1/devices/:device/io`: reads and writes the disk that the driver of a device offers. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { BLOCK_OPS, SECTOR_BYTES } from '#bus/block.ts';
import type { BlockBus } from '#bus/block-bus.ts';
import { LabError } from '#bus/errors.ts';
import { fillPattern, mismatch } from '#bus/pattern.ts';
import type { LabContext } from '../context.ts';
import { DeviceParam } from './schemas.ts';
import { DiskRequests, DiskResult } from './views.ts';

/** A read that came back whole in the answer. */
const MAX_SECTORS = 2040;
const CARRIES = ['write', 'zone_append'];

export const diskApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const blockOf = (name: string): BlockBus => {
      const { buses, device } = lab.bench.device(name);
      if (buses.block !== undefined) return buses.block;
      throw new LabError('EOPNOTSUPP', `${name} is a ${device.kind}, which takes no block requests`);
    };
    const requests = ({ counters, traceEvery }: BlockBus) => ({ ...counters, traceEvery });
    const schema = { tags: ['devices'], params: DeviceParam };

    app.get(
      '/devices/:device/requests',
      {
        schema: {
          ...schema,
          response: { 200: DiskRequests },
          summary: 'Requests over the bus, counted exactly, and how many of them the trace records',
        },
      },
      ({ params }) => requests(blockOf(params.device)),
    );

    app.patch(
      '/devices/:device/requests',
      {
        schema: {
          ...schema,
          response: { 200: DiskRequests },
          summary: 'Records one request in so many from now on; failed and refused ones always. Noted in the trace',
          body: Type.Object(
            { traceEvery: Type.Integer({ minimum: 1, maximum: 1e9 }) },
            { additionalProperties: false },
          ),
        },
      },
      ({ params, body }) => {
        const bus = blockOf(params.device);
        bus.traceEvery = body.traceEvery;
        return requests(bus);
      },
    );

    app.post(
      '/devices/:device/io',
      {
        schema: {
          ...schema,
          summary: "One request to the driver's disk; answers when the driver has ended it, with its status",
          response: { 200: DiskResult },
          body: Type.Object(
            {
              op: Type.Enum([...BLOCK_OPS]),
              sector: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 43, description: '0 unless told' })),
              sectors: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 31, description: '0 unless told' })),
              pattern: Type.Optional(
                Type.String({
                  maxLength: 140,
                  description: 'What is written, or must be read: 5a, deadbeef, sector:7',
                }),
              ),
              fua: Type.Optional(Type.Boolean()),
              preflush: Type.Optional(Type.Boolean()),
              noUnmap: Type.Optional(Type.Boolean()),
              polled: Type.Optional(Type.Boolean()),
            },
            { additionalProperties: false },
          ),
        },
      },
      async ({ params, body }) => {
        lab.bench.device(params.device);
        const { pattern, sector: first = 0, sectors = 0, ...rest } = body;
        const bio = { ...rest, sector: first, sectors };
        const carries = CARRIES.includes(bio.op);
        if ((carries || bio.op === 'read') && bio.sectors > MAX_SECTORS)
          throw new LabError('EINVAL', `${bio.op} of ${bio.sectors} sectors; at most ${MAX_SECTORS} at once`);
        if (pattern !== undefined && !carries && bio.op !== 'read')
          throw new LabError('EINVAL', `${bio.op} carries no data; read, write and zone_append take a pattern`);
        if (pattern !== undefined) fillPattern(pattern, 0, 1); // says what is wrong before anything happens
        const began = performance.now();
        const { status, sector, data } = await lab.io(params.device, {
          ...bio,
          ...(carries ? { data: fillPattern(pattern ?? 'sector', bio.sector, bio.sectors) } : {}),
        });
        const ms = Math.round((performance.now() - began) * 1000) / 1000;
        const read = bio.op === 'read' && data !== undefined ? data.subarray(0, bio.sectors * SECTOR_BYTES) : data;
        return {
          status,
          ms,
          ...(sector === undefined ? {} : { sector }),
          ...(read === undefined ? {} : { data: Buffer.from(read).toString('base64') }),
          ...(read === undefined || pattern === undefined ? {} : { differsAt: mismatch(pattern, bio.sector, read) }),
        };
      },
    );
  };
