/** Between a register's raw number and its named fields. */
import { type Field, type Fields, fieldMask, fieldMax, type Pokes, type Register, type Values } from './declare.ts';

/** Named fields of a raw value. */
export const decode = <R extends Register>(register: R, raw: number): Values<R> => {
  const values: Record<string, unknown> = {};
  for (const [name, field] of entriesOf(register.fields)) values[name] = decodeField(field, raw);
  return values as Values<R>; // the loop fills exactly the keys of the table
};

/** The fields of a register as a list, made once: a model decodes the same few registers at every access. */
const entriesOf = (fields: Fields): readonly (readonly [string, Field])[] => {
  const known = ENTRIES.get(fields);
  if (known !== undefined) return known;
  const entries = Object.entries(fields);
  ENTRIES.set(fields, entries);
  return entries;
};
const ENTRIES = new WeakMap<Fields, readonly (readonly [string, Field])[]>();

/** A raw value from named fields, starting from `base`. Throws a RangeError for an unknown field or a value too wide. */
export const encode = <R extends Register>(register: R, values: Pokes<R>, base = 0): number => {
  const fields: Fields = register.fields;
  let raw = base;
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) throw new RangeError(`no field ${name}; there are ${Object.keys(fields).join(', ')}`);
    raw = ((raw & ~fieldMask(field)) | (encodeField(name, field, value) << field.lo)) >>> 0;
  }
  return raw;
};

/** One decoded field: boolean, name or number. */
export const decodeField = (field: Field, raw: number): boolean | string | number => {
  const code = ((raw & fieldMask(field)) >>> field.lo) >>> 0;
  if (field.boolean) return code === 1;
  for (const [name, number] of Object.entries(field.names ?? {})) if (number === code) return name;
  return code;
};

/** The code of one field for a boolean, a name or a number. */
export const encodeField = (name: string, field: Field, value: unknown): number => {
  const code = typeof value === 'string' ? codeOf(field, value) : Number(value);
  if (code === undefined)
    throw new RangeError(
      `${name} has no value '${String(value)}'; it takes ${Object.keys(field.names ?? {}).join(', ') || 'a number'}`,
    );
  if (!Number.isInteger(code) || code < 0 || code > fieldMax(field))
    throw new RangeError(`${name} is ${String(value)}, it takes 0 to ${fieldMax(field)}`);
  return code;
};

const codeOf = ({ names = {} }: Field, word: string): number | undefined =>
  Object.hasOwn(names, word) ? names[word] : undefined;

/**
 * What an access means, in words: only the fields that differ from `old` when it is given, else every field that is not 0 or has a
 * name for 0. */
export const describe = (register: Register, raw: number, old?: number): string => {
  const parts: string[] = [];
  for (const [name, field] of Object.entries(register.fields)) {
    const now = word(field, raw);
    if (old === undefined) {
      if ((raw & fieldMask(field)) !== 0 || typeof decodeField(field, raw) === 'string')
        parts.push(field.boolean ? name : `${name} ${now}`);
    } else if (((raw ^ old) & fieldMask(field)) !== 0) parts.push(`${name} ${word(field, old)} → ${now}`);
  }
  return parts.join(', ');
};

const word = (field: Field, raw: number): string => {
  const value = decodeField(field, raw);
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'string') return value;
  return fieldMax(field) > 9 ? `${value.toString(16).toUpperCase()}h` : String(value);
};
