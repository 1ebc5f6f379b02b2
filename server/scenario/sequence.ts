/** Expected sequences as a scenario writes them: `write OP_MODE 0038h`, `write SRAM x24576`, `read UC_STATUS STATUS=tracking`. */
import { BLOCK_OPS, type BlockOp } from '#bus/block.ts';
import { unknownName } from '#bus/errors.ts';
import { TRACE_OPS, type TraceOp } from '#bus/trace.ts';
import type { Bits, SequenceAccess, SequenceCondition, Values } from './model.ts';
import type { Resolver } from './resolve.ts';
import type { Path, Source } from './source.ts';

/** Every name checked against the datasheet of the device; EINVAL with the place otherwise. */
export const parseSequence = (
  entries: readonly string[],
  { device, besides = [] }: { readonly device?: string; readonly besides?: readonly string[] },
  path: Path,
  source: Source,
  resolver: Resolver,
): SequenceCondition => {
  const here = [...path, 'sequence'];
  if (device === undefined) throw source.error(here, "'sequence' lacks 'device'");
  const part = resolver.part(device, [...path, 'device']);
  const block = Object.keys(part.registers).length === 0;
  if (block && besides.length > 0)
    throw source.error([...path, 'besides'], `${device} has no registers; 'besides' takes registers and memory`);
  const wanted = entries.map((text, i) => {
    const at = [...here, i];
    return block ? request(text, at, source) : access(device, text, at, source, resolver);
  });
  const spans = besides.flatMap((name, i) => resolver.ranges(`${device}.${name}`, [...path, 'besides', i]).spans ?? []);
  return { kind: 'sequence', device, wanted, besides: spans };
};

const access = (device: string, given: string, path: Path, source: Source, resolver: Resolver): SequenceAccess => {
  const { words, count } = split(given);
  const [op, target, ...values] = words;
  if ((op !== 'read' && op !== 'write') || target === undefined)
    throw source.error(
      path,
      `'${given}' is no access; it takes \`read HW_REV\`, \`write OP_MODE 0038h\`, \`read UC_STATUS STATUS=tracking\` or \`write SRAM x24576\``,
    );
  const { spans } = resolver.ranges(`${device}.${target}`, path);
  const at = spans?.length === 1 && spans[0]?.[0] === spans[0]?.[1] ? spans[0]?.[0] : undefined;
  if (values.length > 0 && at === undefined)
    throw source.error(path, `${target} is memory; a value goes with a register, and \`x24576\` says how many`);
  const bits = values.length === 0 || at === undefined ? null : bitsOf(device, at, values, path, source, resolver);
  // one access of a register, one or more of memory, unless told
  return {
    op,
    text: given.trim(),
    spans,
    bits,
    sectors: null,
    request: null,
    count: count ?? (at === undefined ? null : 1),
  };
};

const HEX = /^(?:0x)?([0-9A-Fa-f]{1,8})h?$/;

const bitsOf = (
  device: string,
  at: number,
  values: readonly string[],
  path: Path,
  source: Source,
  resolver: Resolver,
): Bits => {
  const [first = ''] = values;
  const whole = HEX.exec(first);
  if (whole !== null && values.length === 1)
    return resolver.bits(device, at, Number.parseInt(whole[1] ?? '', 16), path);
  const fields: Record<string, unknown> = {};
  for (const word of values) {
    const [, name, value] = /^([A-Za-z0-9_]{1,40})=(\S{1,40})$/.exec(word) ?? [];
    if (name === undefined || value === undefined)
      throw source.error(path, `'${word}' is neither a value in hexadecimal as 0038h nor a field as RELEASE=1`);
    fields[name] = literal(value);
  }
  return resolver.bits(device, at, fields satisfies Values, path);
};

const literal = (word: string): string | number | boolean => {
  if (word === 'true' || word === 'false') return word === 'true';
  if (/^\d{1,9}$/.test(word)) return Number(word);
  return /^0x[0-9A-Fa-f]{1,8}$/.test(word) ? Number.parseInt(word.slice(2), 16) : word;
};

/** `write @4096+8`, `flush`, `zone_reset @4096`. */
const request = (given: string, path: Path, source: Source): SequenceAccess => {
  const { words, count } = split(given);
  const [asked = '', place, ...more] = words;
  const op = BLOCK_OPS.find((known) => known === asked);
  if (op === undefined) throw source.error(path, unknownName('request', asked.slice(0, 40), [...BLOCK_OPS]).message);
  const [, sector, sectors] = /^@(\d{1,14})(?:\+(\d{1,10}))?$/.exec(place ?? '') ?? [];
  if (more.length > 0 || (place !== undefined && sector === undefined))
    throw source.error(path, `'${given}' is no request; it takes \`write @4096+8\`, \`flush\` or \`read @0 x16\``);
  return {
    op: traceOp(op),
    text: given.trim(),
    spans: sector === undefined ? null : [[Number(sector), Number(sector)]],
    bits: null,
    sectors: sectors === undefined ? null : Number(sectors),
    request: op,
    count: count ?? 1,
  };
};

/** Operations on zones share a word. */
const traceOp = (op: BlockOp): TraceOp => TRACE_OPS.find((known) => known === op) ?? 'zone';

const split = (given: string): { readonly words: readonly string[]; readonly count: number | null } => {
  const words = given.trim().split(/\s+/);
  const [, times] = /^x(\d{1,7})$/.exec(words.at(-1) ?? '') ?? [];
  return times === undefined ? { words, count: null } : { words: words.slice(0, -1), count: Number(times) };
};
