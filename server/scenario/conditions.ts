/** What an expectation looks for, read from its file form. */
import { closest } from '#regmap/names.ts';
import type { Condition, Values } from './model.ts';
import type { Resolver } from './resolve.ts';
import { CONDITIONS, type ConditionFile, type ConditionName } from './schema.ts';
import { BESIDE, parseScreenCondition } from './screen-conditions.ts';
import { parseSequence } from './sequence.ts';
import type { Path, Source } from './source.ts';

/** Which other words go with each kind; what is left over names fields of a register. */
const ALONGSIDE: Readonly<Record<ConditionName, readonly string[]>> = {
  driver: ['state', 'link', 'error'],
  register: ['value'],
  read: ['value'],
  log: [],
  accesses: ['device'],
  sequence: ['device', 'besides'],
  held: [],
  writes: ['count', 'at_least', 'at_most'],
  io: ['device', 'status'],
  attr: ['is'],
  ...BESIDE,
};

/** Exactly one kind of condition, with only the words that belong to it. */
export const parseCondition = (
  given: Omit<ConditionFile, 'within' | 'for'>,
  path: Path,
  source: Source,
  resolver: Resolver,
): Condition => {
  const named = CONDITIONS.filter((name) => given[name] !== undefined);
  const [name] = named;
  if (name === undefined) throw source.error(path, `this looks for nothing; it takes one of ${CONDITIONS.join(', ')}`);
  if (named.length > 1) throw source.error(path, `one look a step; here are ${named.join(' and ')}`);
  const others = Object.entries(given).filter(([word]) => word !== name && !ALONGSIDE[name].includes(word));
  const hasFields = name === 'register' || name === 'read';
  const [stray] = others;
  if (!hasFields && stray !== undefined) {
    const near = closest(stray[0], ALONGSIDE[name]);
    const hint = near === undefined ? `${ALONGSIDE[name].join(', ') || 'nothing'} does` : `did you mean '${near}'?`;
    throw source.error([...path, stray[0]], `'${stray[0]}' does not go with '${name}'; ${hint}`, 'key');
  }
  const here = [...path, name];
  const error = (message: string) => source.error(here, message);

  if (given.driver !== undefined) {
    resolver.part(given.driver, here);
    const { state = null, link = null, error: errno = null } = given;
    if (state === null && link === null && errno === null) throw error('a driver look takes state, link or error');
    return { kind: 'driver', device: given.driver, state, link, error: errno };
  }
  if (given.log !== undefined) return { kind: 'log', pattern: expression(given.log, error) };
  if (given.accesses !== undefined) {
    if (given.device === undefined) throw error("'accesses' lacks 'device'");
    const { device } = given;
    resolver.part(device, [...path, 'device']);
    const wanted = given.accesses.map((text, i) => resolver.access(device, text, [...here, i]));
    return { kind: 'accesses', device, wanted };
  }
  if (given.held !== undefined) return { kind: 'held', ...resolver.ranges(given.held, here) };
  if (given.sequence !== undefined) return parseSequence(given.sequence, given, path, source, resolver);
  if (given.writes !== undefined) {
    const { count, at_least: least, at_most: most } = given;
    if (count === undefined && least === undefined && most === undefined)
      throw error("'writes' takes count, at_least or at_most");
    const limits = { min: count ?? least ?? 0, max: count ?? most ?? Number.POSITIVE_INFINITY };
    return { kind: 'writes', ...resolver.ranges(given.writes, here), ...limits };
  }
  if (given.io !== undefined) {
    const device = given.device ?? resolver.ioDevice(given.io, here);
    resolver.part(device, [...path, 'device']);
    const { status = 'OK' } = given;
    return { kind: 'io', device, name: given.io, status: status === 'any' ? null : status };
  }
  if (given.attr !== undefined) {
    if (given.is === undefined) throw error("an attribute look takes 'is'");
    return { kind: 'attr', ...resolver.attribute(given.attr, here), text: attributeText(given.is) };
  }
  const screen = parseScreenCondition(given, path, source, resolver);
  if (screen !== undefined) return screen;
  const kind = given.register === undefined ? 'read' : 'register';
  const target = resolver.target(given.register ?? given.read ?? '', here);
  const fields: Values = Object.fromEntries(others);
  if (given.value !== undefined && others.length > 0) throw error('value or fields, not both');
  if (given.value === undefined && others.length === 0) throw error("a register look takes its fields, or 'value'");
  return { kind, ...target, bits: resolver.bits(target.device, target.at, given.value ?? fields, path) };
};

/** As configfs prints it: a flag is 0 or 1. */
export const attributeText = (given: string | number | boolean): string =>
  typeof given === 'boolean' ? String(Number(given)) : String(given);

const expression = (text: string, error: (message: string) => Error): RegExp => {
  try {
    return new RegExp(text, 'u');
  } catch (thrown) {
    throw error(thrown instanceof Error ? thrown.message : String(thrown));
  }
};
