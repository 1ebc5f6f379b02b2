/** Vertical blanks on the lab's clock: counted when somebody looks, a deadline only while somebody waits. */
import type { Timeline } from '../timeline.ts';

export interface Blank {
  /** Vertical blanks since power on. */
  readonly count: number;
  /** When the last one began, in the device's own time; an exact multiple of the period after the mode set. */
  readonly at: number;
}

export interface VblankSnapshot {
  readonly base: number;
  readonly origin: number;
  readonly periodNs: number;
  readonly running: boolean;
}

/** The counter jumps over what was missed, and never goes back. */
export class Vblank {
  readonly #time: Timeline;
  readonly #began: (blank: Blank) => void;
  readonly #wanted: () => boolean;
  #base = 0;
  #origin = 0;
  #periodNs = 0;
  #running = false;

  /** `began` is called for each vertical blank while `wanted` says so. */
  constructor(time: Timeline, wanted: () => boolean, began: (blank: Blank) => void) {
    this.#time = time;
    this.#wanted = wanted;
    this.#began = began;
    time.on(DUE, () => this.#fire());
    time.on(EARLY, () => this.#early());
  }

  get running(): boolean {
    return this.#running;
  }
  get periodNs(): number {
    return this.#periodNs;
  }

  last(): Blank {
    if (!this.#running) return { count: this.#base, at: this.#origin };
    const passed = Math.floor((this.#time.now() - this.#origin) / this.#periodNs);
    return { count: this.#base + passed, at: this.#origin + passed * this.#periodNs };
  }

  /** From now on, every `periodNs`. */
  start(periodNs: number): void {
    this.#base = this.last().count;
    this.#origin = this.#time.now();
    this.#periodNs = periodNs;
    this.#running = true;
    this.update();
  }

  stop(): void {
    const { count, at } = this.last();
    this.#base = count;
    this.#origin = at;
    this.#running = false;
    this.update();
  }

  /** Somebody began or ceased to wait. */
  update(): void {
    if (!this.#running || !this.#wanted()) {
      this.#time.cancel(DUE);
      this.#time.cancel(EARLY);
      return;
    }
    this.#time.set(DUE, this.last().at + this.#periodNs - this.#time.now());
  }

  /** The next one as soon as `leastNs` have passed since the last: a variable refresh rate. */
  hasten(leastNs: number): void {
    if (this.#running) this.#time.set(EARLY, this.last().at + leastNs - this.#time.now());
  }

  snapshot(): VblankSnapshot {
    return { base: this.#base, origin: this.#origin, periodNs: this.#periodNs, running: this.#running };
  }

  restore({ base, origin, periodNs, running }: VblankSnapshot): void {
    this.#base = base;
    this.#origin = origin;
    this.#periodNs = periodNs;
    this.#running = running;
  }

  #fire(): void {
    this.#time.cancel(EARLY);
    const blank = this.last();
    this.update(); // armed again before it is handled, as vkms: handling may take long
    this.#began(blank);
  }

  #early(): void {
    this.#base = this.last().count + 1;
    this.#origin = this.#time.now();
    this.update();
    this.#began(this.last());
  }
}

const DUE = 'vblank';
const EARLY = 'vblank-early';
