/** Steps that put faults on the bus and hold accesses: read from their file form, carried out, taken away at the end. */
import { asLabError, unknownName } from '#bus/errors.ts';
import { BUS_FAULTS } from '#bus/filters/effects.ts';
import type { Instruments } from '#bus/filters/instruments.ts';
import type { ScheduleSpec } from '#bus/filters/schedule.ts';
import { readSelection } from '#bus/filters/selection.ts';
import type { PlaceNames } from '#bus/filters/touch.ts';
import type { BreakpointSpec, BusFaultSpec } from '#bus/filters/views.ts';
import { settle } from '#regmap/params.ts';
import type { BenchSpec } from '#server/bench-spec.ts';
import { PORTS } from '#server/device-kinds.ts';
import { nanoseconds } from './durations.ts';
import type { Resolver } from './resolve.ts';
import type { Path, Source } from './source.ts';

export type BusDeed =
  | { readonly kind: 'bus-fault'; readonly spec: BusFaultSpec }
  /** Null: all. */
  | { readonly kind: 'clear-bus-fault'; readonly name: string | null }
  | { readonly kind: 'break'; readonly spec: BreakpointSpec }
  | { readonly kind: 'continue' | 'step'; readonly device: string };

interface Timed {
  readonly nth?: number;
  readonly every?: number;
  readonly probability?: number;
  readonly times?: number;
  readonly after?: string;
  readonly for?: string;
}
interface GivenFault extends Timed {
  readonly effect: BusFaultSpec['effect'];
  readonly when?: string;
  readonly name?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly seed?: number;
}
type GivenBreak =
  | string
  | (Timed & { readonly when: string; readonly verb?: BreakpointSpec['verb']; readonly limit?: string });

/** Names and selections are checked here, so that a mistake has its line. */
export const busFaultDeed = (
  device: string,
  given: GivenFault,
  path: Path,
  source: Source,
  place: PlaceNames,
): BusDeed => {
  const { effect, when, name: asked, params, seed } = given;
  try {
    settle(BUS_FAULTS[effect].params, params ?? {});
  } catch (error) {
    throw source.error([...path, 'params'], `bus fault ${effect}: ${asLabError(error).message}`);
  }
  if ((effect === 'lost-address' || effect === 'turnaround') && place.port !== 'mdio')
    throw source.error([...path, 'effect'], `${device} is on a ${place.port} bus; ${effect} is an error of MDIO`);
  if (when !== undefined) checkSelection(when, [...path, 'when'], source, place);
  return {
    kind: 'bus-fault',
    spec: {
      effect,
      device,
      ...(asked === undefined ? {} : { name: asked }),
      ...(when === undefined ? {} : { when }),
      ...(params === undefined ? {} : { params }),
      ...(seed === undefined ? {} : { seed }),
      ...scheduleOf(given, path, source),
    },
  };
};

export const breakDeed = (
  device: string,
  given: GivenBreak,
  path: Path,
  source: Source,
  place: PlaceNames,
): BusDeed => {
  const { when, verb, limit, ...timed } = typeof given === 'string' ? { when: given } : given;
  checkSelection(when, typeof given === 'string' ? path : [...path, 'when'], source, place);
  return {
    kind: 'break',
    spec: {
      device,
      when,
      ...(verb === undefined ? {} : { verb }),
      ...(limit === undefined ? {} : { limitMs: nanoseconds(limit) / 1e6 }),
      ...scheduleOf(timed, path, source),
    },
  };
};

/** What names mean at a device of the bench. */
export const placeNames = (bench: BenchSpec, resolver: Resolver, device: string, path: Path): PlaceNames => {
  const { registers, spans } = resolver.part(device, path);
  const kind = bench[device]?.device;
  const port = kind === undefined ? undefined : PORTS[kind][0];
  return { port: port ?? 'mdio', registers, spans };
};

const checkSelection = (when: string, path: Path, source: Source, place: PlaceNames): void => {
  try {
    readSelection(when, place);
  } catch (error) {
    throw source.error(path, asLabError(error).message);
  }
};

const scheduleOf = (given: Timed, path: Path, source: Source): ScheduleSpec => {
  const { after, for: lasting, nth, every, probability, times } = given;
  if (nth !== undefined && every !== undefined)
    throw source.error([...path, 'every'], 'nth and every were both given; one of them says which accesses are meant');
  return {
    ...(nth === undefined ? {} : { nth }),
    ...(every === undefined ? {} : { every }),
    ...(probability === undefined ? {} : { probability }),
    ...(times === undefined ? {} : { times }),
    ...(after === undefined ? {} : { afterMs: nanoseconds(after) / 1e6 }),
    ...(lasting === undefined ? {} : { forMs: nanoseconds(lasting) / 1e6 }),
  };
};

/** What one run has put in front of its devices. */
export class RunInstruments {
  readonly #instruments: Instruments;
  readonly #faults = new Set<string>();
  readonly #breakpoints = new Set<number>();

  constructor(instruments: Instruments) {
    this.#instruments = instruments;
  }

  /** Returns what is waited for, where the deed waits: a hit. */
  do(deed: BusDeed): (() => boolean) | undefined {
    const instruments = this.#instruments;
    switch (deed.kind) {
      case 'bus-fault':
        this.#faults.add(instruments.addFault(deed.spec).name);
        return undefined;
      case 'clear-bus-fault':
        this.#clear(deed.name);
        return undefined;
      case 'break': {
        const { id, verb } = instruments.addBreakpoint(deed.spec);
        this.#breakpoints.add(id);
        if (verb !== 'wait-for') return undefined;
        return () => (instruments.breakpoints.find((one) => one.id === id)?.hits ?? 1) > 0;
      }
      case 'continue':
      case 'step':
        instruments[deed.kind](deed.device);
        return undefined;
    }
  }

  /** Takes all of it away; what is held goes on. */
  end(): void {
    this.#clear(null);
    for (const id of this.#breakpoints)
      if (this.#instruments.breakpoints.some((one) => one.id === id)) this.#instruments.removeBreakpoint(id);
    this.#breakpoints.clear();
  }

  #clear(asked: string | null): void {
    if (asked !== null && !this.#faults.has(asked)) throw unknownName('bus fault', asked, [...this.#faults]);
    for (const one of asked === null ? [...this.#faults] : [asked]) {
      if (this.#instruments.faults.some(({ name: known }) => known === one)) this.#instruments.removeFault(one);
      this.#faults.delete(one);
    }
  }
}

/** One line for such a step. */
export const busDeedText = (deed: BusDeed): string => {
  switch (deed.kind) {
    case 'bus-fault': {
      const { device, effect, when, params = {} } = deed.spec;
      const given = Object.entries(params).map(([key, value]) => `${key}=${String(value)}`);
      return [`${device}: ${effect}`, ...given, when === undefined ? 'of every access' : `of ${when}`].join(' ');
    }
    case 'clear-bus-fault':
      return `clear ${deed.name ?? 'every bus fault'}`;
    case 'break':
      return `${deed.spec.device}: ${deed.spec.verb ?? 'break'} ${deed.spec.when}`;
    case 'continue':
    case 'step':
      return `${deed.kind} ${deed.device}`;
  }
};
