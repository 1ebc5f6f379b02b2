/** Answers on their way: each has its time, and a fault may gather them and let them go out of order. */
import type { BlockCommand, BlockCompletion } from '#bus/block.ts';
import type { Clock } from '#bus/clock.ts';
import { Due } from './due.ts';
import type { Strikes } from './strikes.ts';

/** A command the device holds. */
export interface Work {
  readonly command: BlockCommand;
  readonly since: number;
  readonly answer: (completion: BlockCompletion) => void;
  /** Came over the bus: its tag is its own while it is here. */
  readonly tagged: boolean;
}

/** An answer, or the same once more. */
export interface Answer {
  readonly kind: 'answer' | 'again';
  readonly work: Work;
  readonly completion: BlockCompletion;
}
type Item = Answer | { readonly kind: 'release'; readonly serial: number };

export interface Timed {
  readonly item: Answer;
  readonly at: number;
}

export class Answers {
  readonly #clock: Clock;
  readonly #strikes: Strikes;
  readonly #give: (answer: Answer) => void;
  readonly #due: Due<Item>;
  /** Gathered to be given out of order. */
  #bag: Answer[] = [];
  #bagSerial = 0;

  constructor(clock: Clock, strikes: Strikes, give: (answer: Answer) => void) {
    this.#clock = clock;
    this.#strikes = strikes;
    this.#give = give;
    this.#due = new Due(clock, (item) => this.#fall(item));
  }

  give(answer: Answer, at: number): void {
    this.#due.push(answer, at);
  }

  /** Gives out what was gathered. */
  release(): void {
    this.#bagSerial++;
    const bag = this.#bag;
    this.#bag = [];
    if (bag.length > 0) for (const answer of this.#strikes.shuffle(bag)) this.#give(answer);
  }

  /** Gives out everything now. */
  drain(): void {
    for (const { item } of this.#due.drain()) if (item.kind === 'answer') this.#give(item);
    this.release();
  }

  /** All of it is lost. */
  drop(): void {
    this.#due.drain();
    this.#bag = [];
  }

  /** In order; what was gathered comes first. */
  get pending(): readonly Timed[] {
    const now = this.#clock.now();
    const due = this.#due.list().flatMap(({ item, at }) => (item.kind === 'release' ? [] : [{ item, at }]));
    return [...this.#bag.map((item) => ({ item, at: now })), ...due];
  }

  #fall(item: Item): void {
    const reorder = item.kind === 'answer' ? this.#strikes.reorder : undefined;
    if (item.kind === 'release') {
      if (item.serial === this.#bagSerial) this.release();
    } else if (reorder === undefined) this.#give(item);
    else {
      this.#bag.push(item);
      if (this.#bag.length >= reorder.window) this.release();
      else if (this.#bag.length === 1)
        this.#due.push({ kind: 'release', serial: this.#bagSerial }, this.#clock.now() + reorder.holdNs);
    }
  }
}
