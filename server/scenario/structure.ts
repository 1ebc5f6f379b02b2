/** Checks plain values against a TypeBox schema, and words the first mistake for the person who made it. */
import type { TSchema } from 'typebox';
import { Errors } from 'typebox/schema';
import { closest } from '#regmap/names.ts';
import type { Path, Source } from './source.ts';

/** Throws the source's EINVAL for the first thing that does not fit; `at` is where in the source the schema's value stands. */
export const checkStructure = (schema: TSchema, source: Source, at: Path = []): void => {
  const [, errors] = Errors(schema, valueAt(source.value, at));
  const pathOf = (pointer: string): Path => [...at, ...partsOf(pointer)];
  const misnamed = errors.find(({ keyword }) => keyword === 'additionalProperties');
  if (misnamed !== undefined) {
    const key = listed(misnamed.params, 'additionalProperties')[0] ?? '';
    const known = Object.keys(schemaAt(schema, misnamed.schemaPath).properties ?? {});
    const near = closest(key, known);
    const hint = near === undefined ? `; there is ${known.join(', ')}` : `; did you mean '${near}'?`;
    throw source.error([...pathOf(misnamed.instancePath), key], `'${key.slice(0, 60)}' is unknown here${hint}`, 'key');
  }
  const [first] = errors;
  if (first === undefined) return;
  // Of a choice that fits in no way, speak of the choice, not of its first branch.
  const choice = errors.find((error) => error.keyword === 'anyOf' && first.schemaPath.startsWith(error.schemaPath));
  const error = choice ?? first;
  const path = pathOf(error.instancePath);
  if (error.keyword === 'required') {
    const missing = listed(error.params, 'requiredProperties').map((name) => `'${name}'`);
    throw source.error(path, `${named(path)} lacks ${missing.join(' and ')}`);
  }
  const takes = schemaAt(schema, error.schemaPath);
  const value = valueAt(source.value, path);
  const near = typeof value === 'string' ? closest(value, takes.enum?.map(String) ?? []) : undefined;
  const allowed = takes.enum?.join(', ') ?? takes.description;
  const words = allowed === undefined ? `it ${error.message}` : `it takes: ${allowed}`;
  const hint = near === undefined ? words : `did you mean '${near}'?`;
  throw source.error(path, `${named(path)} is ${print(value)}; ${hint}`);
};

const named = (path: Path): string => (path.length === 0 ? 'the scenario' : path.join('.'));

const print = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

const partsOf = (pointer: string): Path =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined),
    value,
  );

interface Described {
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: object;
}

/** The subschema an error speaks of: `#/properties/steps/items`. */
const schemaAt = (schema: TSchema, pointer: string): Described => {
  const found = valueAt(schema, partsOf(pointer.replace(/^#/, '')));
  return typeof found === 'object' && found !== null ? found : {};
};

const listed = (params: object, name: string): readonly string[] => {
  const list: unknown = Reflect.get(params, name);
  return Array.isArray(list) ? list.map(String) : [];
};
