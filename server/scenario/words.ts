/** Steps and conditions in words, by the names the datasheets print. */
import { printC45 } from '#datasheets/c45.ts';
import { decodeField } from '#regmap/codec.ts';
import { fieldMask, type Register } from '#regmap/declare.ts';
import { nameAt } from '#regmap/names.ts';
import { busDeedText } from './bus-deeds.ts';
import { drawText } from './draw.ts';
import { printTime } from './durations.ts';
import type { AccessPattern, Bits, Condition, Deed, IoDeed, RequestPattern, Scenario, Step, Values } from './model.ts';
import { PARTS } from './parts.ts';
import { screenText } from './screen-words.ts';

/** One line for a step: its own title, or what it does. */
export const stepTitle = (scenario: Scenario, step: Step): string =>
  step.title ?? step.deeds.map((deed) => deedText(scenario, deed)).join('; ');

/** The second line of a step: when it begins, and what it does if the title does not say so. */
export const stepDetail = (scenario: Scenario, step: Step): string => {
  const { start } = step;
  const parts: string[] = [];
  if (step.title !== null) parts.push(step.deeds.map((deed) => deedText(scenario, deed)).join('; '));
  if (start.kind === 'on') parts.push(`at ${patternText(scenario, start.access)}`);
  else if (start.kind === 'at') parts.push(`at ${printTime(start.ns)}`);
  else if (start.ns > 0) parts.push(`${printTime(start.ns)} later`);
  return parts.join(', ');
};

export const stepKind = (step: Step): 'action' | 'fault' | 'expect' => {
  const kind = step.deeds[0]?.kind;
  if (kind === 'expect' || kind === 'never') return 'expect';
  return FAULTS.has(kind) ? 'fault' : 'action';
};

const FAULTS: ReadonlySet<string | undefined> = new Set([
  'fault',
  'clear',
  'flip',
  'lose',
  'bus-fault',
  'clear-bus-fault',
]);

/** What an expectation asks for; null for anything else. */
export const expectedText = (scenario: Scenario, step: Step): string | null => {
  const [deed] = step.deeds;
  if (deed?.kind === 'expect')
    return `${conditionText(scenario, deed.that)}${deed.withinNs > 0 ? ` within ${printTime(deed.withinNs)}` : ''}`;
  return deed?.kind === 'never' ? `never ${conditionText(scenario, deed.that)} for ${printTime(deed.forNs)}` : null;
};

const deedText = (scenario: Scenario, deed: Deed): string => {
  switch (deed.kind) {
    case 'insmod':
      return ['insmod', deed.driver, deed.device, ...printValues(deed.params)].join(' ');
    case 'rmmod':
      return `rmmod ${deed.device}`;
    case 'fault':
      return [`${deed.device}: ${deed.name}`, ...printValues(deed.params)].join(' ');
    case 'clear':
      return `${deed.device}: clear ${deed.name ?? 'all faults'}`;
    case 'control':
      return [`${deed.device}: ${deed.name}`, ...printValues(deed.params)].join(' ');
    case 'poke':
    case 'write':
      return `${deed.kind} ${deed.device} ${bitsText(scenario, deed.device, deed.at, deed.bits)}`;
    case 'read':
      return `read ${deed.device} ${registerText(scenario, deed.device, deed.at)}`;
    case 'flip':
      return `${deed.access.device}: flip bit ${deed.bit} of ${patternText(scenario, deed.access)}`;
    case 'lose':
      return `${deed.access.device}: lose the address frame of ${patternText(scenario, deed.access)}`;
    case 'attr':
      return `${deed.device}: ${deed.name}=${deed.text}${deed.refused === null ? '' : `, refused with ${deed.refused}`}`;
    case 'io':
      return ioText(deed);
    case 'bus-fault':
    case 'clear-bus-fault':
    case 'break':
    case 'continue':
    case 'step':
      return busDeedText(deed);
    case 'draw':
      return drawText(deed);
    case 'keep':
      return `${deed.device}: keep the frame as ${deed.name}`;
    case 'snapshot':
      return `snapshot ${deed.name}`;
    case 'restore':
      return `restore ${deed.name}`;
    case 'wait':
      return `wait ${printTime(deed.ns)}`;
    case 'expect':
      return `expect ${conditionText(scenario, deed.that)}`;
    case 'never':
      return `never ${conditionText(scenario, deed.that)}`;
  }
};

/** `nullb0: 16 writes of 8 sectors at 0, 4 at a time`. */
export const ioText = ({ device, bio, count, depth, as }: IoDeed): string => {
  const { op, sector, sectors } = bio;
  const many = count > 1 ? `${count} times ` : '';
  const where = op === 'flush' || op === 'zone_reset_all' ? '' : ` of ${sectors} sectors at ${sector}`;
  const flags = [bio.fua === true ? 'fua' : '', bio.preflush === true ? 'preflush' : ''].filter(Boolean).join(', ');
  const together = depth > 1 ? `, ${depth} at a time` : '';
  return `${device}: ${many}${op}${where}${flags && ` (${flags})`}${together}${as === null ? '' : ` as ${as}`}`;
};

const conditionText = (scenario: Scenario, that: Condition): string => {
  switch (that.kind) {
    case 'driver': {
      const words = [that.state, that.error, that.link === null ? null : `link ${that.link}`];
      return `the driver of ${that.device} ${words.filter((word) => word !== null).join(', ')}`;
    }
    case 'register':
      return `${that.device} ${bitsText(scenario, that.device, that.at, that.bits)}`;
    case 'read':
      return `the driver of ${that.device} to read ${bitsText(scenario, that.device, that.at, that.bits)}`;
    case 'log':
      return `a log line /${that.pattern.source}/`;
    case 'io':
      return `${that.name} to end${that.status === null ? '' : ` with ${that.status}`}`;
    case 'attr':
      return `${that.device} ${that.name} '${that.text}'`;
    case 'accesses':
      return `${that.wanted.length} accesses of ${that.device} in order`;
    case 'held': {
      const at = that.spans?.[0]?.[0];
      return `an access ${at === undefined ? `of ${that.device}` : `to ${registerText(scenario, that.device, at)}`} to be held`;
    }
    case 'sequence':
      return `exactly ${that.wanted.length} accesses of ${that.device} in order`;
    case 'frame':
    case 'vblanks':
    case 'draw':
    case 'frames':
    case 'missed':
    case 'panel':
    case 'finding':
      return screenText(that);
    case 'writes': {
      const count = that.min === that.max ? `${that.min}` : limits(that.min, that.max);
      return `${count} writes to ${that.device}`;
    }
  }
};

const limits = (min: number, max: number): string => {
  if (max === Number.POSITIVE_INFINITY) return `at least ${min}`;
  return min === 0 ? `at most ${max}` : `${min} to ${max}`;
};

const patternText = (scenario: Scenario, pattern: AccessPattern | RequestPattern): string => {
  const nth = pattern.nth === 1 ? '' : ` ${pattern.nth}`;
  if ('request' in pattern) return `${pattern.request}${nth} of ${pattern.device}`;
  return `${pattern.op}${nth} of ${registerText(scenario, pattern.device, pattern.at)}`;
};

const registerOf = (scenario: Scenario, device: string, at: number): readonly [string, Register | undefined] => {
  const spec = scenario.bench[device];
  const registers = spec === undefined ? {} : PARTS[spec.device].registers;
  const name = nameAt(registers, at);
  return [name ?? printC45(at), name === undefined ? undefined : registers[name]];
};

const registerText = (scenario: Scenario, device: string, at: number): string => registerOf(scenario, device, at)[0];

/** `PCS_STAT1 LSTATUS 0`, `3.9A2Ch = 0056h`. */
const bitsText = (scenario: Scenario, device: string, at: number, { mask, value }: Bits): string => {
  const [name, register] = registerOf(scenario, device, at);
  const fields = Object.entries(register?.fields ?? {}).filter(([, field]) => (fieldMask(field) & ~mask) === 0);
  const whole = register === undefined || mask === 2 ** register.width - 1;
  if (whole || fields.length === 0) return `${name} = ${value.toString(16).toUpperCase().padStart(4, '0')}h`;
  return `${name} ${fields.map(([field, of]) => `${field} ${print(decodeField(of, value))}`).join(', ')}`;
};

const print = (value: boolean | string | number): string => (typeof value === 'boolean' ? `${+value}` : `${value}`);

const printValues = (values: Values): string[] => Object.entries(values).map(([name, v]) => `${name}=${String(v)}`);
