/** The decoded EDID for the OpenAPI document: what `bus/edid-view.ts` types, as a schema. */
import { Type } from 'typebox';
import type { EdidView } from '#bus/edid-view.ts';

const text = Type.String();
const count = Type.Integer({ minimum: 0 });
const object = <T extends Type.TProperties>(properties: T) => Type.Object(properties, { additionalProperties: false });
const orNull = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()]);
const pair = Type.Tuple([count, count]);
const edges = Type.Tuple([count, count, count, count], { description: 'Display, start and end of sync, total' });

export const EdidSchema = Type.Unsafe<EdidView>(
  object({
    hex: text,
    bytes: count,
    version: orNull(text),
    maker: text,
    product: count,
    serialNumber: count,
    made: text,
    name: text,
    serial: text,
    input: text,
    sizeMm: pair,
    gamma: orNull(Type.Number()),
    continuous: Type.Boolean(),
    range: orNull(object({ verticalHz: pair, horizontalKhz: pair, clockMhz: count })),
    timings: Type.Array(
      object({
        origin: Type.Enum(['detailed', 'CTA detailed', 'standard', 'established']),
        preferred: Type.Boolean(),
        width: count,
        height: count,
        refreshHz: Type.Number(),
        interlaced: Type.Boolean(),
        detail: orNull(object({ clockKhz: count, horizontal: edges, vertical: edges, sync: text })),
      }),
    ),
    blocks: Type.Array(object({ kind: text, remainder: count, holds: Type.Array(text) })),
    problems: Type.Array(text, { description: 'What is wrong with it' }),
  }),
);
