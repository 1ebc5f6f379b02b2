/** What a step does, read from its file form. */
import { type BlockOp, SECTOR_BYTES } from '#bus/block.ts';
import { DISK_DATA_BYTES } from '#bus/disk-wire.ts';
import { fillPattern } from '#bus/pattern.ts';
import { breakDeed, busFaultDeed, placeNames } from './bus-deeds.ts';
import { attributeText, parseCondition } from './conditions.ts';
import { drawDeed } from './draw.ts';
import { nanoseconds } from './durations.ts';
import type { AccessPattern, Deed } from './model.ts';
import type { Resolver } from './resolve.ts';
import { DEEDS, type StepFile } from './schema.ts';
import type { Path, Source } from './source.ts';

/** Exactly one kind of deed a step, for each device it names. */
export const parseDeeds = (step: StepFile, path: Path, source: Source, resolver: Resolver): readonly Deed[] => {
  const named = DEEDS.filter((name) => step[name] !== undefined);
  const [name] = named;
  if (name === undefined) throw source.error(path, `this step does nothing; it takes one of ${DEEDS.join(', ')}`);
  if (named.length > 1) throw source.error(path, `a step does one thing; here are ${named.join(' and ')}`);
  const here = [...path, name];
  const each = <T>(of: Readonly<Record<string, T>>, deed: (device: string, value: T, at: Path) => readonly Deed[]) =>
    Object.entries(of).flatMap(([device, value]) => {
      resolver.part(device, [...here, device], 'key');
      return deed(device, value, [...here, device]);
    });

  if (step.insmod !== undefined) {
    const { driver, device, params = {} } = step.insmod;
    resolver.part(device, [...here, 'device']);
    return [{ kind: 'insmod', driver, device, params }];
  }
  if (step.rmmod !== undefined) {
    resolver.part(step.rmmod, here);
    return [{ kind: 'rmmod', device: step.rmmod }];
  }
  if (step.fault !== undefined)
    return each(step.fault, (device, given, at) => {
      const { name: fault, ...params } = typeof given === 'string' ? { name: given } : given;
      resolver.action(resolver.part(device, at).faults, 'fault', fault, params, at);
      return [{ kind: 'fault', device, name: fault, params }];
    });
  if (step.clear !== undefined)
    return each(step.clear, (device, given, at) => {
      if (given === 'all') return [{ kind: 'clear', device, name: null }];
      resolver.action(resolver.part(device, at).faults, 'fault', given, {}, at);
      return [{ kind: 'clear', device, name: given }];
    });
  if (step.control !== undefined)
    return each(step.control, (device, given, at) =>
      Object.entries(typeof given === 'string' ? { [given]: {} } : given).map(([control, params]) => {
        resolver.action(resolver.part(device, at).controls, 'control', control, params, at);
        return { kind: 'control', device, name: control, params };
      }),
    );
  if (step.poke !== undefined) return each(step.poke, registers('poke', resolver));
  if (step.write !== undefined) return each(step.write, registers('write', resolver));
  if (step.read !== undefined)
    return each(step.read, (device, register, at) => [
      { kind: 'read', device, at: resolver.address(device, register, at) },
    ]);
  if (step.flip !== undefined)
    return each(step.flip, (device, given, at) => [
      { kind: 'flip', access: pattern(device, given, resolver, at), bit: given.bit },
    ]);
  if (step.lose !== undefined)
    return each(step.lose, (device, given, at) => [{ kind: 'lose', access: pattern(device, given, resolver, at) }]);
  if (step.attr !== undefined)
    return each(step.attr, (device, given, at) =>
      Object.entries(given).map(([attribute, value]) => {
        resolver.attributeOf(device, attribute, [...at, attribute], 'key');
        const { set, refused } = typeof value === 'object' ? value : { set: value, refused: null };
        return { kind: 'attr', device, name: attribute, text: attributeText(set), refused };
      }),
    );
  if (step.io !== undefined) return each(step.io, (device, given, at) => [ioDeed(device, given, at, source, resolver)]);
  if (step.draw !== undefined)
    return each(step.draw, (device, given, at) => {
      resolver.display(device, at);
      if (given.as !== undefined) resolver.nameDraw(given.as, device, [...at, 'as']);
      return [drawDeed(device, given, at, source)];
    });
  if (step.keep !== undefined)
    return each(step.keep, (device, name, at) => {
      resolver.display(device, at);
      resolver.keepFrame(name, device, at);
      return [{ kind: 'keep', device, name }];
    });
  if (step['bus-fault'] !== undefined)
    return each(step['bus-fault'], (device, given, at) => [
      busFaultDeed(device, given, at, source, placeNames(resolver.bench, resolver, device, at)),
    ]);
  if (step['clear-bus-fault'] !== undefined) {
    const fault = step['clear-bus-fault'];
    return [{ kind: 'clear-bus-fault', name: fault === 'all' ? null : fault }];
  }
  if (step.break !== undefined)
    return each(step.break, (device, given, at) => [
      breakDeed(device, given, at, source, placeNames(resolver.bench, resolver, device, at)),
    ]);
  for (const verb of ['continue', 'step'] as const) {
    const device = step[verb];
    if (device === undefined) continue;
    resolver.part(device, here);
    return [{ kind: verb, device }];
  }
  if (step.snapshot !== undefined) return [{ kind: 'snapshot', name: step.snapshot }];
  if (step.restore !== undefined) return [{ kind: 'restore', name: step.restore }];
  if (step.wait !== undefined) return [{ kind: 'wait', ns: nanoseconds(step.wait) }];
  if (step.expect !== undefined) {
    const { within, ...that } = step.expect;
    const withinNs = within === undefined ? 0 : nanoseconds(within);
    return [{ kind: 'expect', that: parseCondition(that, here, source, resolver), withinNs }];
  }
  const { for: time, ...that } = step.never ?? {};
  if (time === undefined) throw source.error(here, "'never' lacks 'for': how long it must stay untrue, as 2s");
  return [{ kind: 'never', that: parseCondition(that, here, source, resolver), forNs: nanoseconds(time) }];
};

const CARRIES: readonly BlockOp[] = ['write', 'zone_append'];

const ioDeed = (
  device: string,
  given: NonNullable<StepFile['io']>[string],
  path: Path,
  source: Source,
  resolver: Resolver,
): Deed => {
  const { op, sector = 0, sectors = 0, pattern = null, count = 1, depth = 1, status = 'OK', as = null } = given;
  if (pattern !== null && op !== 'read' && !CARRIES.includes(op))
    throw source.error([...path, 'pattern'], `${op} carries no data; read, write and zone_append take a pattern`);
  if ((op === 'read' || CARRIES.includes(op)) && (sectors < 1 || sectors > MAX_DATA_SECTORS))
    throw source.error([...path, 'sectors'], `${op} of ${sectors} sectors; it takes 1 to ${MAX_DATA_SECTORS}`);
  try {
    if (pattern !== null) fillPattern(pattern, 0, 1);
  } catch (error) {
    throw source.error([...path, 'pattern'], error instanceof Error ? error.message : String(error));
  }
  if (as !== null) resolver.nameIo(as, device, [...path, 'as']);
  return {
    kind: 'io',
    device,
    bio: {
      op,
      sector,
      sectors,
      ...(given.fua === true ? { fua: true } : {}),
      ...(given.preflush === true ? { preflush: true } : {}),
      ...(given.no_unmap === true ? { noUnmap: true } : {}),
      ...(given.polled === true ? { polled: true } : {}),
    },
    pattern: pattern ?? (CARRIES.includes(op) ? 'sector' : null),
    status: status === 'any' ? null : status,
    count,
    depth,
    as,
  };
};

/** What one message of the bus carries: the same limit in virtual time. */
const MAX_DATA_SECTORS = Math.floor(DISK_DATA_BYTES / SECTOR_BYTES);

type RegisterValues = Readonly<Record<string, number | Readonly<Record<string, unknown>>>>;

const registers =
  (kind: 'poke' | 'write', resolver: Resolver) =>
  (device: string, given: RegisterValues, path: Path): readonly Deed[] =>
    Object.entries(given).map(([register, value]) => {
      const at = resolver.address(device, register, [...path, register], 'key');
      return { kind, device, at, bits: resolver.bits(device, at, value, [...path, register]) };
    });

interface GivenAccess {
  readonly register: string;
  readonly op?: 'read' | 'write';
  readonly nth?: number;
}

const pattern = (device: string, given: GivenAccess, resolver: Resolver, path: Path): AccessPattern => {
  resolver.managed(device, path);
  const at = resolver.address(device, given.register, [...path, 'register']);
  return { device, at, op: given.op ?? 'write', nth: given.nth ?? 1 };
};
