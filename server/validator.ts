/** Checks what a request carries against its TypeBox schema and says in words what is wrong with it. */
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { LabError } from '#bus/errors.ts';

/** Addresses are text, so there `"5"` is taken for 5; a body must be of the right type. A missing body is an empty one. */
export const validator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema);
  return (given: unknown) => {
    const value: unknown = httpPart === 'body' ? (given ?? {}) : Value.Convert(schema, Value.Default(schema, given));
    if (compiled.Check(value)) return { value };
    return { error: new LabError('EINVAL', complaint(httpPart ?? 'request', compiled.Errors(value))) };
  };
};

interface Mistake {
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

/** `body.name must be …`: the first mistake, with what is allowed there. */
const complaint = (part: string, mistakes: readonly Mistake[]): string => {
  // of a choice between schemas the outermost mistake only says that none fits
  const first = mistakes.find(({ message }) => !/schema/.test(message)) ?? mistakes[0];
  const place = [part, ...(first?.instancePath ?? '').split('/').filter(Boolean)].join('.');
  const params: { allowedValues?: unknown; additionalProperties?: unknown } = first?.params ?? {};
  const names = [params.allowedValues, params.additionalProperties].find(Array.isArray);
  return `${place} ${first?.message ?? 'is not valid'}${names === undefined ? '' : `: ${names.join(', ')}`}`;
};
