/** The state of the traffic table: which records, folded how, following the bus or standing still. */
import type { Predicate } from '../filter/compile.ts';
import type { Sheet } from '../filter/sheets.ts';
import type { TraceRing } from '../store/trace-ring.ts';
import type { Burst, Window } from './burst.ts';
import { Fold } from './fold.ts';
import { frozen, type Records } from './records.ts';
import { type Opened, type Rows, rowsOf, toggled } from './rows.ts';

export interface ViewOptions {
  readonly ring: TraceRing;
  readonly sheetOf: (device: string) => Sheet | undefined;
  /** Calls back once before the next picture is drawn; returns the way to call it off. */
  readonly nextFrame: (draw: () => void) => () => void;
  /** Nothing comes any more: what is looked at needs no copy. */
  readonly still?: boolean;
}

/**
 * Capture goes on whatever the view does: `held` keeps a copy of the ring, so that what is looked at is neither
 * overwritten nor moved.
 */
export class TrafficView {
  readonly #options: ViewOptions;
  readonly #listeners = new Set<() => void>();
  #records: Records;
  #test: Predicate = () => true;
  #fold: Fold;
  #opened: Opened = new Set();
  #rows: Rows;
  #version = 0;
  #held = false;
  #epoch: number;
  #callOff: (() => void) | undefined;
  #stop: (() => void) | undefined;

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#records = options.ring;
    this.#epoch = options.ring.epoch;
    this.#fold = this.#folded();
    this.#rows = rowsOf(this.#fold, this.#opened);
  }

  get version(): number {
    return this.#version;
  }
  get rows(): Rows {
    return this.#rows;
  }
  get records(): Records {
    return this.#records;
  }
  get fold(): Fold {
    return this.#fold;
  }
  get opened(): Opened {
    return this.#opened;
  }
  get held(): boolean {
    return this.#held;
  }
  /** Records that came while the view stood still. */
  get waiting(): number {
    return this.#held ? Math.max(0, this.#options.ring.end - this.#records.end) : 0;
  }

  /** Begins to follow the ring; the returned function ends it. */
  start(): () => void {
    this.#stop = this.#options.ring.subscribe(() => this.#arrived());
    this.#arrived();
    return () => {
      this.#stop?.();
      this.#callOff?.();
      this.#callOff = undefined;
    };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  setTest(test: Predicate): void {
    this.#test = test;
    this.#refold();
    this.#changed();
  }

  /** Stands still on what the ring holds now. */
  hold(): void {
    if (this.#held) return;
    this.#fold.feed(this.#options.ring);
    this.#records = this.#options.still === true ? this.#options.ring : frozen(this.#options.ring);
    this.#held = true;
    this.#changed();
  }

  /** Goes on with the bus, from where it stopped. */
  follow(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#records = this.#options.ring;
    this.#fold.feed(this.#records);
    this.#changed();
  }

  toggle(entry: Burst | Window): void {
    this.#opened = toggled(this.#opened, entry);
    this.#changed();
  }

  #arrived(): void {
    if (this.#callOff !== undefined) return;
    this.#callOff = this.#options.nextFrame(() => {
      this.#callOff = undefined;
      if (this.#options.ring.epoch !== this.#epoch) this.#beginAnew();
      if (this.#held) return;
      this.#fold.feed(this.#records);
      this.#changed();
    });
  }

  /** Another lab session: the positions and names of the old one mean nothing now. */
  #beginAnew(): void {
    this.#epoch = this.#options.ring.epoch;
    this.#held = false;
    this.#records = this.#options.ring;
    this.#refold();
    this.#changed();
  }

  #refold(): void {
    this.#opened = new Set();
    this.#fold = this.#folded();
  }

  #folded(): Fold {
    const fold = new Fold({ test: this.#test, sheetOf: this.#options.sheetOf }, this.#records.begin);
    fold.feed(this.#records);
    return fold;
  }

  #changed(): void {
    this.#rows = rowsOf(this.#fold, this.#opened);
    this.#version++;
    for (const listener of this.#listeners) listener();
  }
}
