/** The kernel's fault injection: one attribute group and its decision. Source: Linux lib/fault-inject.c, should_fail. */
import { LabError } from '#bus/errors.ts';
import type { Random } from '#bus/random.ts';

/** Limit of the module parameter. Source: null_blk main.c. */
const STRING_LIMIT = 80;

export const INJECTOR_FIELDS = ['probability', 'interval', 'space', 'times', 'verbose'] as const;
export type InjectorField = (typeof INJECTOR_FIELDS)[number];

export class Injector {
  readonly #name: string;
  readonly #random: Random;
  readonly #values: Record<InjectorField, number> = { probability: 0, interval: 1, space: 0, times: 1, verbose: 0 };
  #events = 0;
  #hits = 0;

  constructor(name: string, random: Random) {
    this.#name = name;
    this.#random = random;
  }

  /** Nothing can be hit. */
  get idle(): boolean {
    return this.#values.probability === 0 || this.#values.times === 0;
  }
  get hits(): number {
    return this.#hits;
  }
  get verbose(): boolean {
    return this.#values.verbose > 0;
  }

  get(field: InjectorField): number {
    return this.#values[field];
  }

  set(field: InjectorField, value: number): void {
    this.#values[field] = value;
  }

  /** `<interval>,<probability>,<space>,<times>`; what follows the four is not looked at, as in Linux. */
  parse(text: string): void {
    const trimmed = text.trim();
    if (trimmed === '') {
      this.#values.probability = 0;
      return;
    }
    const numbers = /^(-?\d{1,10}),(-?\d{1,10}),(-?\d{1,10}),(-?\d{1,10})/.exec(trimmed)?.slice(1).map(Number);
    if (text.length > STRING_LIMIT || numbers === undefined)
      throw new LabError(
        'EINVAL',
        `${this.#name} is ${JSON.stringify(text.slice(0, STRING_LIMIT))}; it takes four whole numbers, <interval>,<probability>,<space>,<times>, at most ${STRING_LIMIT} characters`,
      );
    const [interval = 1, probability = 0, space = 0, times = 1] = numbers;
    Object.assign(this.#values, { interval, probability, space, times, verbose: 0 });
  }

  /** As the string has it; empty when off. */
  get text(): string {
    const { interval, probability, space, times } = this.#values;
    return probability === 0 ? '' : `${interval},${probability},${space},${times}`;
  }

  /** One event: is it a hit? The order of the questions is the kernel's. */
  strikes(): boolean {
    const values = this.#values;
    if (values.probability <= 0 || values.times === 0) return false;
    if (values.space > 0) {
      values.space--;
      return false;
    }
    if (values.interval > 1) {
      this.#events++;
      if (this.#events % values.interval !== 0) return false;
    }
    if (values.probability <= this.#random.below(100)) return false;
    if (values.times !== -1) values.times--;
    this.#hits++;
    return true;
  }

  snapshot(): Readonly<Record<InjectorField | 'events' | 'hits' | 'random', number>> {
    return { ...this.#values, events: this.#events, hits: this.#hits, random: this.#random.state };
  }

  restore({ events, hits, random, ...values }: ReturnType<Injector['snapshot']>): void {
    Object.assign(this.#values, values);
    this.#events = events;
    this.#hits = hits;
    this.#random.state = random;
  }
}
