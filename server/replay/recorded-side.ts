/** A driver against the answers of a recording: the next access it makes must be the next that was recorded. */
import { LabError } from '#bus/errors.ts';
import type { TraceOp } from '#bus/trace.ts';
import type { DriverSide, Exchange, OwnWord } from './exchanges.ts';

/** What a driver does now, as far as a trace would tell it. */
export interface Asked {
  readonly op: TraceOp;
  readonly at: number;
  /** What is written; bytes of a span; sectors of a request. Of a register read nothing. */
  readonly value: number | null;
  /** A span's checksum and name; a request's kind and flags, and the upper bits of its sector. Null: whatever. */
  readonly more: number | null;
  readonly text: string;
}

export interface Divergence {
  /** What was recorded at this place; null: nothing more. */
  readonly expected: Exchange | null;
  /** What the driver did; null: nothing, though there was time. */
  readonly actual: Asked | null;
  /** Nanoseconds since the lab began. */
  readonly time: number;
}

export interface RecordedSideOptions {
  readonly side: DriverSide;
  /** A recorded access as a driver would make it. */
  readonly askedOf: (exchange: Exchange) => Asked;
  readonly now: () => number;
  /** Reads may be more or fewer than were recorded. */
  readonly tolerateReads: boolean;
  /** Nothing tells what came after the last access: the driver may have been unloaded. */
  readonly openEnd: boolean;
  readonly told: (word: OwnWord) => void;
}

export class RecordedSide {
  readonly #options: RecordedSideOptions;
  readonly #exchanges: readonly Exchange[];
  /** The last answer to a read of each place, for reads that were not recorded. */
  readonly #seen = new Map<string, Exchange>();
  #next = 0;
  #word = 0;
  #telling = false;
  divergence: Divergence | undefined;
  extraReads = 0;
  skippedReads = 0;

  constructor(options: RecordedSideOptions) {
    this.#options = options;
    this.#exchanges = options.side.exchanges;
  }

  /** Accesses that were made as recorded. */
  get matched(): number {
    return this.#next - this.skippedReads;
  }

  get over(): boolean {
    return this.#next >= this.#exchanges.length;
  }

  /** The next that is expected. */
  get expected(): Exchange | undefined {
    return this.#exchanges[this.#next];
  }

  /** True where it is what comes next. */
  isNext(asked: Asked): boolean {
    return this.#isNext(asked, this.expected);
  }

  /** The recorded counterpart of what the driver does; throws when there is none, and from then on. */
  take(asked: Asked): Exchange {
    if (this.divergence === undefined) {
      const found = this.#match(asked);
      if (found !== undefined) return found;
      if (this.over && this.#options.openEnd) throw new LabError('ECANCELED', 'the recording has no more accesses');
      this.divergence = { expected: this.expected ?? null, actual: asked, time: this.#options.now() };
    }
    throw new LabError('ECANCELED', 'the driver does something else than was recorded: there is no answer');
  }

  /** The next word of the device that is not told yet, once what came before it has been. */
  get nextWord(): OwnWord | undefined {
    const word = this.#options.side.own[this.#word];
    return word !== undefined && word.after <= this.#next ? word : undefined;
  }

  /** Tells what the device said by now, in order. */
  tell(): void {
    for (let word = this.nextWord; word !== undefined; word = this.nextWord) {
      if (word.record.time > this.#options.now()) return;
      this.#word++;
      this.#options.told(word);
    }
  }

  #match(asked: Asked): Exchange | undefined {
    // what the device said before this access came before it
    if (!this.#telling && !this.#isNext(asked, this.expected)) {
      this.#telling = true;
      this.tell();
      this.#telling = false;
    }
    const expected = this.expected;
    if (this.#isNext(asked, expected)) return this.#took(expected);
    if (!this.#options.tolerateReads) return undefined;
    let ahead = this.#next;
    while (isRead(this.#exchanges[ahead]) && !this.#isNext(asked, this.#exchanges[ahead])) ahead++;
    const later = this.#exchanges[ahead];
    if (this.#isNext(asked, later)) {
      this.skippedReads += ahead - this.#next;
      for (const skipped of this.#exchanges.slice(this.#next, ahead)) this.#remember(skipped);
      this.#next = ahead;
      return this.#took(later);
    }
    const before = asked.op === 'read' ? this.#seen.get(keyOf(asked)) : undefined;
    if (before !== undefined) this.extraReads++;
    return before;
  }

  #isNext(asked: Asked, exchange: Exchange | undefined): exchange is Exchange {
    if (exchange === undefined) return false;
    const was = this.#options.askedOf(exchange);
    return (
      was.op === asked.op &&
      was.at === asked.at &&
      was.value === asked.value &&
      was.text === asked.text &&
      (was.more === null || asked.more === null || was.more === asked.more)
    );
  }

  #took(exchange: Exchange): Exchange {
    this.#next++;
    this.#remember(exchange);
    return exchange;
  }

  #remember(exchange: Exchange): void {
    if (exchange.op === 'read') this.#seen.set(keyOf(exchange), exchange);
  }
}

const keyOf = ({ op, at }: { readonly op: TraceOp; readonly at: number }): string => `${op} ${at}`;
const isRead = (exchange: Exchange | undefined): boolean => exchange?.op === 'read';
