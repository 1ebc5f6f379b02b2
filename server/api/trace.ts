/** `/api/v1/trace`: what happened on the buses, decoded as JSON or packed as recorded. */
import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { RECORD_BYTES, type Trace, type TraceRecord, unpackRecord } from '#bus/trace.ts';
import { blockWords, spanWords, textOf } from '#bus/trace-words.ts';
import { printC45 } from '#datasheets/c45.ts';
import { describe } from '#regmap/codec.ts';
import { nameAt } from '#regmap/names.ts';
import { NAME_PATTERN } from '../bench-spec.ts';
import type { LabContext } from '../context.ts';
import { since } from './schemas.ts';
import { bytes, Names, TracePage } from './views.ts';

const PAGE = 10_000;

export const traceApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = { tags: ['trace'] };

    app.get(
      '/trace',
      {
        schema: {
          ...schema,
          response: { 200: TracePage },
          summary: 'Records after `since`, decoded; `next` is the `since` of the following page',
          querystring: Type.Object({
            since: since('sequence number'),
            limit: Type.Integer({ minimum: 1, maximum: PAGE, default: 1000 }),
            device: Type.Optional(Type.String({ pattern: NAME_PATTERN })),
          }),
        },
      },
      ({ query: { since: after, limit, device } }) => {
        if (device !== undefined) lab.bench.device(device);
        const { trace } = lab;
        const records: ReturnType<typeof decoded>[] = [];
        let next = Math.max(after, trace.first - 1);
        while (next < trace.last && records.length < limit) {
          const packed = trace.slice(next + 1, PAGE);
          for (let offset = 0; offset < packed.length && records.length < limit; offset += RECORD_BYTES) {
            const record = unpackRecord(packed, offset);
            next = record.seq;
            if (device === undefined || trace.names.devices[record.device] === device)
              records.push(decoded(lab, record));
          }
        }
        return { captured: trace.last, first: trace.first, gap: Math.max(0, trace.first - 1 - after), next, records };
      },
    );

    app.get(
      '/trace/names',
      { schema: { ...schema, response: { 200: Names }, summary: 'Names behind the indexes of packed records' } },
      () => lab.trace.names,
    );

    app.get(
      '/trace/raw',
      {
        schema: {
          ...schema,
          response: { 200: bytes('application/octet-stream', 'Records of 32 bytes') },
          summary: 'Records after `since` as recorded: 32 bytes each, little endian',
          querystring: Type.Object({
            since: since('sequence number'),
            limit: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 262_144 }),
          }),
        },
      },
      ({ query }, reply) =>
        reply
          .type('application/octet-stream')
          .send(Readable.from(packed(lab.trace, query.since, query.limit), { objectMode: false })),
    );
  };

/** Read from the ring as the reader takes it, so that a slow one costs no memory; what is overwritten meanwhile is missing. */
function* packed(trace: Trace, since: number, limit: number): Generator<Buffer> {
  const last = Math.min(trace.last, Math.max(since, trace.first - 1) + limit);
  for (let next = since + 1; next <= last; ) {
    const records = trace.slice(next, Math.min(PAGE, last - Math.max(next, trace.first) + 1));
    if (records.length === 0) return;
    next = unpackRecord(records, records.length - RECORD_BYTES).seq + 1;
    yield Buffer.from(records.buffer);
  }
}

/** A record with its names, its register and its meaning. */
export const decoded = (lab: Pick<LabContext, 'trace' | 'bench'>, record: TraceRecord) => {
  const { devices, requesters, texts } = lab.trace.names;
  const { seq, time, op, outcome, at, value, old, aux } = record;
  const device = devices[record.device] ?? '';
  const base = { seq, time, device, requester: requesters[record.requester] ?? '', op, outcome };
  const words =
    blockWords(record, lab.bench.devices.get(device)?.buses.block !== undefined) ?? spanWords(record, lab.trace.names);
  if (words !== undefined)
    return { ...base, at, value, old, decoded: words, ...(op === 'done' ? { latencyNs: aux } : {}) };
  const access = op === 'read' || op === 'write';
  if (!access && at === 0) return { ...base, text: textOf(record, lab.trace.names) };
  const table = lab.bench.devices.get(device)?.device.registers ?? {};
  const name = nameAt(table, at);
  const register = name === undefined ? undefined : table[name];
  return {
    ...base,
    at,
    address: printC45(at),
    register: name ?? null,
    value,
    old,
    decoded: register === undefined ? '' : describe(register, value, old),
    ...(access ? { wireNs: aux } : { text: texts[aux] ?? '' }),
  };
};
