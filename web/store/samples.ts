/** Readings of each device over the last ten minutes, twice a second: what sparklines and charts draw. */

export const SAMPLE_MS = 500;
const KEPT = (10 * 60_000) / SAMPLE_MS;

export interface Series {
  /** Lab seconds. */
  readonly time: readonly number[];
  /** One list a reading, as long as `time`; NaN where there was nothing to read. */
  readonly readings: Readonly<Record<string, readonly number[]>>;
}

export class Samples {
  readonly #series = new Map<string, { time: number[]; readings: Record<string, number[]> }>();
  readonly #listeners = new Set<() => void>();
  #version = 0;

  /** Counts up with each round of readings. */
  get version(): number {
    return this.#version;
  }

  add(device: string, seconds: number, readings: Readonly<Record<string, number | null>>): void {
    const series = this.#series.get(device) ?? { time: [], readings: {} };
    this.#series.set(device, series);
    const length = series.time.push(seconds);
    for (const [name, value] of Object.entries(readings)) {
      series.readings[name] ??= Array.from({ length: length - 1 }, () => Number.NaN);
      series.readings[name].push(value ?? Number.NaN);
    }
    for (const list of Object.values(series.readings)) while (list.length < length) list.push(Number.NaN);
    if (length > KEPT * 1.25) {
      series.time.splice(0, length - KEPT);
      for (const list of Object.values(series.readings)) list.splice(0, length - KEPT);
    }
  }

  /** Tells everyone that a round of readings is complete. */
  publish(): void {
    this.#version++;
    for (const listener of this.#listeners) listener();
  }

  of(device: string): Series {
    return this.#series.get(device) ?? NO_SERIES;
  }

  reset(): void {
    this.#series.clear();
    this.publish();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };
}

const NO_SERIES: Series = { time: [], readings: {} };
