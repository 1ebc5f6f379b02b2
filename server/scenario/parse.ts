/** Reads a scenario from YAML and checks it against the datasheets: every mistake has a line, a column and a hint. */
import { basename } from 'node:path';
import { Check } from 'typebox/schema';
import { seconds } from '#bus/clock.ts';
import { unknownName } from '#bus/errors.ts';
import { SPEC_SCHEMAS } from '#server/bench-spec.ts';
import { parseDeeds } from './deeds.ts';
import { nanoseconds } from './durations.ts';
import type { Scenario, Start, Step } from './model.ts';
import { Resolver } from './resolve.ts';
import { ScenarioOutlineSchema, ScenarioSchema, type StepFile } from './schema.ts';
import { checkSnapshots } from './snapshot-names.ts';
import { type Path, readSource, type Source } from './source.ts';
import { strictClasses } from './strict-classes.ts';
import { checkStructure } from './structure.ts';

export interface ParseOptions {
  /** Names of loadable drivers; unchecked when not given. */
  readonly drivers?: readonly string[];
}

/** Used when a scenario says nothing of its own. */
const SEED = 1;
const LIMIT_NS = seconds(30);

/** Throws a LabError EINVAL `file:line:column: …` for anything that is no good scenario, and nothing else for any text. */
export const parseScenario = (yamlText: string, fileName: string, options: ParseOptions = {}): Scenario => {
  const source = readSource(yamlText, fileName);
  const file: unknown = source.value;
  if (!Check(ScenarioSchema, file)) throw mistake(source);
  for (const [device, spec] of Object.entries(file.bench))
    if (spec.driver !== undefined || spec.params !== undefined)
      throw source.error(['bench', device], `${device}: a scenario loads drivers by an insmod step, not in its bench`);
  const resolver = new Resolver(file.bench, source);
  return {
    name: basename(fileName).replace(/\.ya?ml$/, ''),
    title: file.title,
    teaches: file.teaches.trim().replace(/\s+/g, ' '),
    tags: file.tags ?? [],
    bench: file.bench,
    seed: file.seed ?? SEED,
    limitNs: file.limit === undefined ? LIMIT_NS : nanoseconds(file.limit),
    strict: strictClasses(file.strict),
    steps: checkSnapshots(
      file.steps.map((step, i) => parseStep(step, ['steps', i], source, resolver, options)),
      source,
    ),
    yaml: yamlText,
  };
};

/** What is wrong with a file that does not fit the schema; throws it where it is found. */
const mistake = (source: Source): Error => {
  checkStructure(ScenarioOutlineSchema, source);
  if (Check(ScenarioOutlineSchema, source.value))
    for (const [name, { device }] of Object.entries(source.value.bench))
      checkStructure(SPEC_SCHEMAS[device], source, ['bench', name]);
  return source.error([], 'this is no scenario');
};

/** One step alone: its names checked against what the resolver knows. */
export const parseStep = (
  step: StepFile,
  path: Path,
  source: Source,
  resolver: Resolver,
  options: ParseOptions,
): Step => {
  const start = parseStart(step, path, source, resolver);
  const deeds = parseDeeds(step, path, source, resolver);
  for (const deed of deeds) {
    if (deed.kind === 'insmod' && options.drivers !== undefined && !options.drivers.includes(deed.driver))
      throw source.error([...path, 'insmod', 'driver'], unknownName('driver', deed.driver, options.drivers).message);
    if (start.kind === 'on' && !['fault', 'clear', 'control', 'poke'].includes(deed.kind))
      throw source.error(
        [...path, 'on'],
        `${deed.kind} cannot happen inside an access; fault, clear, control, poke can`,
      );
  }
  return { start, title: step.title ?? null, deeds };
};

const parseStart = (step: StepFile, path: Path, source: Source, resolver: Resolver): Start => {
  const given = (['at', 'after', 'on'] as const).filter((name) => step[name] !== undefined);
  if (given.length > 1) throw source.error(path, `a step begins one way; here it has ${given.join(' and ')}`);
  if (step.on !== undefined) {
    const { device, register, request, op = 'write', nth = 1 } = step.on;
    resolver.part(device, [...path, 'on', 'device']);
    if ((register === undefined) === (request === undefined))
      throw source.error([...path, 'on'], "'on' takes a register, or the request of a block device");
    if (request !== undefined) return { kind: 'on', access: { device, request, nth } };
    if (register === undefined) throw source.error([...path, 'on'], "'on' lacks a register");
    const at = resolver.address(device, register, [...path, 'on', 'register']);
    return { kind: 'on', access: { device, at, op, nth } };
  }
  if (step.at !== undefined) return { kind: 'at', ns: nanoseconds(step.at) };
  return { kind: 'after', ns: step.after === undefined ? 0 : nanoseconds(step.after) };
};
