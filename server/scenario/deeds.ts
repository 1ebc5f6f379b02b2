/** What a step does, read from its file form. */
import { parseCondition } from './conditions.ts';
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

const pattern = (device: string, given: GivenAccess, resolver: Resolver, path: Path): AccessPattern => ({
  device,
  at: resolver.address(device, given.register, [...path, 'register']),
  op: given.op ?? 'write',
  nth: given.nth ?? 1,
});
