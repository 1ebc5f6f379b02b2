/** How much of the datasheets some runs touched together, and what they never touched. */
import { DEVICE_KINDS, type DeviceKind } from '#server/bench-spec.ts';
import { CATEGORIES, type Category, sheetOf } from './sheet.ts';
import { merge, type Touched } from './touched.ts';

export const COVERAGE_FORMAT = 1;

export interface CategoryCoverage {
  readonly total: number;
  readonly touched: number;
  /** Two decimals, rounded down: 100 is all of it. */
  readonly percent: number;
  readonly never: readonly string[];
  readonly times: Readonly<Record<string, number>>;
}

export interface KindCoverage {
  readonly total: number;
  readonly touched: number;
  readonly percent: number;
  /** Without those the part has nothing of. */
  readonly categories: Readonly<Partial<Record<Category, CategoryCoverage>>>;
}

/** The JSON of `run --coverage FILE.json`. */
export interface Coverage {
  readonly ferrolab: 'coverage';
  readonly format: number;
  readonly scenarios: readonly string[];
  readonly total: number;
  readonly touched: number;
  readonly percent: number;
  readonly devices: Readonly<Partial<Record<DeviceKind, KindCoverage>>>;
}

/** Runs are added one after another. */
export class CoverageSum {
  readonly #touched = new Map<DeviceKind, Map<Category, Map<string, number>>>();
  readonly #scenarios = new Set<string>();

  add(scenario: string, touched: Touched): void {
    this.#scenarios.add(scenario);
    for (const [kind, counts] of touched) merge(this.#touched, kind, counts);
  }

  /** What another sum came to, as its file has it. */
  addCoverage({ scenarios, devices }: Coverage): void {
    for (const scenario of scenarios) this.#scenarios.add(scenario);
    for (const kind of DEVICE_KINDS) {
      const categories = devices[kind]?.categories;
      if (categories === undefined) continue;
      const counts = CATEGORIES.map(
        (category) => [category, new Map(Object.entries(categories[category]?.times ?? {}))] as const,
      );
      merge(this.#touched, kind, new Map(counts));
    }
  }

  /** Of the parts that were on the benches. */
  get coverage(): Coverage {
    const kinds = [...this.#touched].sort(([a], [b]) => (a < b ? -1 : 1));
    const devices = kinds.map(([kind, counts]) => [kind, kindCoverage(kind, counts)] as const);
    return {
      ferrolab: 'coverage',
      format: COVERAGE_FORMAT,
      scenarios: [...this.#scenarios],
      ...sum(devices.map(([, of]) => of)),
      devices: Object.fromEntries(devices),
    };
  }
}

/** What a run shows when it ends. */
export const coverageOf = (scenario: string, touched: Touched): Coverage => {
  const one = new CoverageSum();
  one.add(scenario, touched);
  return one.coverage;
};

const kindCoverage = (kind: DeviceKind, counts: ReadonlyMap<Category, ReadonlyMap<string, number>>): KindCoverage => {
  const sheet = sheetOf(kind);
  const categories = CATEGORIES.flatMap((category) => {
    const all = sheet[category];
    if (all.length === 0) return [];
    const seen = counts.get(category) ?? new Map<string, number>();
    const times = all.flatMap((name) => {
      const count = seen.get(name);
      return count === undefined ? [] : [[name, count] as const];
    });
    const never = all.filter((name) => !seen.has(name));
    const [total, touched] = [all.length, times.length];
    return [
      [
        category,
        { total, touched, percent: percent(touched, total), never, times: Object.fromEntries(times) },
      ] as const,
    ];
  });
  return { ...sum(categories.map(([, of]) => of)), categories: Object.fromEntries(categories) };
};

const sum = (parts: readonly { readonly total: number; readonly touched: number }[]) => {
  const total = parts.reduce((n, part) => n + part.total, 0);
  const touched = parts.reduce((n, part) => n + part.touched, 0);
  return { total, touched, percent: percent(touched, total) };
};

const percent = (touched: number, total: number): number =>
  total === 0 ? 100 : Math.floor((touched / total) * 10_000) / 100;
