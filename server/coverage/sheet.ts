/** What there is to touch of a part: every register, field, operation, transition, fault, control and attribute of its datasheet. */
import { BLOCK_OPS, BLOCK_STATUSES } from '#bus/block.ts';
import type { Access, Field, Register } from '#regmap/declare.ts';
import type { DeviceKind } from '#server/bench-spec.ts';
import { PORTS } from '#server/device-kinds.ts';
import { PARTS } from '#server/scenario/parts.ts';

export const CATEGORIES = [
  'registers',
  'fields',
  'operations',
  'transitions',
  'faults',
  'controls',
  'attributes',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** Names of everything, by category; a category that a part has nothing of is empty. */
export type Sheet = Readonly<Record<Category, readonly string[]>>;

/** The names of one part; made once. */
export const sheetOf = (kind: DeviceKind): Sheet => {
  const known = SHEETS.get(kind);
  if (known !== undefined) return known;
  const { registers, spans, faults, controls, attributes } = PARTS[kind];
  const declared = Object.entries(registers);
  const memories = [...new Set(spans.map(({ name }) => name))];
  const block = PORTS[kind].includes('block');
  const sheet: Sheet = {
    registers: declared.map(([name]) => name),
    fields: declared.flatMap(([name, { fields }]) => Object.keys(fields).map((field) => `${name}.${field}`)),
    operations: [
      ...declared.flatMap(([name, register]) => [`read ${name}`, ...(writable(register) ? [`write ${name}`] : [])]),
      ...memories.flatMap((name) => [`read ${name}`, `write ${name}`]),
      ...(block ? [...BLOCK_OPS, ...BLOCK_STATUSES.map((status) => `answer ${status}`)] : []),
    ],
    transitions: declared.flatMap(([name, { fields }]) =>
      Object.entries(fields).flatMap(([field, of]) => transitionsOf(`${name}.${field}`, of)),
    ),
    faults: Object.keys(faults),
    controls: Object.keys(controls),
    attributes: Object.keys(attributes),
  };
  SHEETS.set(kind, sheet);
  return sheet;
};
const SHEETS = new Map<DeviceKind, Sheet>();

/** A flag rises and falls; a field with names enters each of them. Numbers have no transitions. */
const transitionsOf = (field: string, { boolean, names }: Field): readonly string[] => {
  if (boolean) return [rise(field), fall(field)];
  return Object.keys(names ?? {}).map((value) => enter(field, value));
};

export const rise = (field: string): string => `${field} 0 → 1`;
export const fall = (field: string): string => `${field} 1 → 0`;
export const enter = (field: string, value: string): string => `${field} = ${value}`;

const READ_ONLY: ReadonlySet<Access> = new Set(['ro', 'll', 'lh', 'nr']);

/** A register of which nothing is known takes what it is given. */
const writable = ({ fields }: Register): boolean => {
  const all = Object.values(fields);
  return all.length === 0 || all.some(({ access }) => !READ_ONLY.has(access));
};
