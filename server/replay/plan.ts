/** When a device's drivers were loaded and with what, and what was asked of them, as far as a recording says it. */

import { BLOCK_OPS } from '#bus/block.ts';
import type { Bio } from '#bus/disk.ts';
import { LabError } from '#bus/errors.ts';
import { FILTER_REQUESTER } from '#bus/filters/gate-of.ts';
import { BREAKPOINT_REQUESTER } from '#bus/filters/holds.ts';
import { ACCESS_OPS, FIRMWARE_REQUESTER, unpackTag } from '#bus/trace.ts';
import { type RecordedSection, recordAt } from '#recording/decode.ts';
import { isEvent, type RecordedScenario } from '#recording/format.ts';
import type { Deed, DrawDeed, IoDeed, Scenario, Step } from '../scenario/model.ts';
import { isLabRequester } from '../scenario/recording.ts';

export interface When {
  readonly atNs: number;
  readonly after: number;
}
export interface Load {
  readonly kind: 'load';
  readonly driver: string;
  readonly params: Readonly<Record<string, unknown>>;
}
/** Nanoseconds since the lab began, and how many records came before it. */
export type Planned = When &
  (
    | Load
    | { readonly kind: 'unload' }
    | { readonly kind: 'io'; readonly deed: IoDeed }
    | { readonly kind: 'draw'; readonly deed: DrawDeed }
    | { readonly kind: 'bio'; readonly bio: Bio }
  );

export interface Plan {
  readonly device: string;
  /** How its drivers are named in the trace. */
  readonly drivers: ReadonlySet<string>;
  readonly deeds: readonly Planned[];
}

/** Devices whose drivers made accesses, in the order of the bench. */
export const plansOf = (section: RecordedSection, parse: (scenario: RecordedScenario) => Scenario): readonly Plan[] => {
  const given = section.header.scenario ?? scenarioOf(section);
  const scenario = given === null ? undefined : parse(given);
  return section.devices.flatMap(({ name }): Plan[] => {
    const { drivers, firstNs } = driversOf(section, name);
    const deeds = scenario === undefined ? [] : fromScenario(section, scenario, name);
    const loads = deeds.flatMap((deed) => (deed.kind === 'load' ? [deed.driver] : []));
    if (drivers.size === 0 && loads.length === 0) return [];
    if (section.header.mode === 'virtual' && loads.length > 0)
      return [{ device: name, drivers: new Set([...drivers, ...loads]), deeds }];
    return [{ device: name, drivers, deeds: fromLab(section, name, drivers, firstNs, deeds) }];
  });
};

const NO_DRIVERS: ReadonlySet<string> = new Set([FIRMWARE_REQUESTER, FILTER_REQUESTER, BREAKPOINT_REQUESTER]);

const driversOf = (section: RecordedSection, device: string) => {
  const { names, count } = section;
  const drivers = new Set<string>();
  let firstNs: number | undefined;
  for (let i = 0; i < count; i++) {
    const { op, requester, device: nth, time } = recordAt(section, i);
    const who = names.requesters[requester] ?? '';
    if (names.devices[nth] !== device || !ACCESS_OPS.has(op) || isLabRequester(who) || NO_DRIVERS.has(who)) continue;
    drivers.add(who);
    firstNs ??= time;
  }
  return { drivers, firstNs: firstNs ?? 0 };
};

/** Of a live run; the first of a stretch counts. */
const scenarioOf = ({ events }: RecordedSection): RecordedScenario | null => {
  for (const { event } of events) if (isEvent(event, 'scenario')) return event.scenario;
  return null;
};

/** Steps by the time they began, which a run in virtual time has in its events. */
const fromScenario = (section: RecordedSection, scenario: Scenario, device: string): readonly Planned[] => {
  const [running, done] = [new Map<number, When>(), new Map<number, When>()];
  for (const { event, after } of section.events) {
    if (!isEvent(event, 'step')) continue;
    const when = { atNs: event.time, after };
    if (event.state === 'running') running.set(event.index, when);
    else if (event.state === 'done' || event.state === 'failed') done.set(event.index, when);
  }
  return scenario.steps.flatMap((step, index): Planned[] => {
    const when = startOf(step, running.get(index), done.get(index));
    if (when === undefined && section.header.mode === 'virtual') return []; // it was never reached
    return step.deeds.flatMap((deed) => plannedOf(deed, device, when ?? { atNs: 0, after: 0 }));
  });
};

const startOf = ({ start }: Step, running: When | undefined, done: When | undefined): When | undefined => {
  if (running === undefined) return undefined;
  if (start.kind === 'on') return done;
  const { atNs, after } = running;
  return { atNs: start.kind === 'at' ? Math.max(atNs, start.ns) : atNs + start.ns, after };
};

const plannedOf = (deed: Deed, device: string, when: When): readonly Planned[] => {
  if (!('device' in deed) || deed.device !== device) return [];
  switch (deed.kind) {
    case 'insmod':
      return [{ kind: 'load', driver: deed.driver, params: deed.params, ...when }];
    case 'rmmod':
      return [{ kind: 'unload', ...when }];
    case 'io':
      return [{ kind: 'io', deed, ...when }];
    case 'draw':
      return [{ kind: 'draw', deed, ...when }];
    default:
      return [];
  }
};

/** A live lab tells no more than what its bench says and what came over the bus: the driver begins with its first access. */
const fromLab = (
  section: RecordedSection,
  device: string,
  drivers: ReadonlySet<string>,
  firstNs: number,
  deeds: readonly Planned[],
): readonly Planned[] => {
  const [driver] = drivers;
  if (driver === undefined) return [];
  if (drivers.size > 1)
    throw new LabError(
      'EINVAL',
      `${device} had ${drivers.size} drivers in real time (${[...drivers].join(', ')}); when each came is not in the recording`,
    );
  const asked = deeds.find((deed) => deed.kind === 'load' && deed.driver === driver);
  const params = asked?.kind === 'load' ? asked.params : benchParams(section.header.bench[device]);
  return [{ kind: 'load', driver, params, atNs: firstNs, after: 0 }, ...bios(section, device, driver)];
};

const benchParams = (spec: unknown): Readonly<Record<string, unknown>> => {
  const params = isObject(spec) ? spec.params : undefined;
  return isObject(params) ? params : {};
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const FUA = 0x80;
const NO_UNMAP = 0x40;
const OP_MASK = 0x0f;

/** What was asked of the disk is not recorded, what the driver asked of its device is: each request as work of its own. */
const bios = (section: RecordedSection, device: string, driver: string): readonly Planned[] => {
  const { names, devices, count } = section;
  if (!devices.some(({ name, port }) => name === device && port === 'block')) return [];
  const found: Planned[] = [];
  for (let i = 0; i < count; i++) {
    const { op, at, aux, value, old, time, device: nth, requester } = recordAt(section, i);
    if (!ACCESS_OPS.has(op) || names.devices[nth] !== device || names.requesters[requester] !== driver) continue;
    const { detail } = unpackTag(old);
    const bio: Bio = {
      op: BLOCK_OPS[detail & OP_MASK] ?? 'flush',
      sector: aux * 2 ** 32 + at,
      sectors: value,
      ...((detail & FUA) === 0 ? {} : { fua: true }),
      ...((detail & NO_UNMAP) === 0 ? {} : { noUnmap: true }),
    };
    found.push({ kind: 'bio', bio, atNs: time, after: 0 });
  }
  return found;
};
