/** A breakpoint in a test: time passes until an access is held, the test looks, and lets it go. */
import type { Instruments } from '#bus/filters/instruments.ts';
import type { HeldView } from '#bus/filters/views.ts';
import type { WithinOptions } from './lab.ts';

export interface BreakpointOptions {
  /** `break` holds each access that fits, `run-until` the next one only. */
  readonly verb?: 'break' | 'run-until';
  /** Only this one of those that fit. */
  readonly nth?: number;
  /** A held access goes on by itself after this long, in lab time. */
  readonly limitMs?: number;
}

interface Waiting {
  until(condition: () => boolean, options: WithinOptions): Promise<void>;
}

export class LabBreakpoint {
  readonly id: number;
  readonly device: string;
  readonly when: string;
  readonly #instruments: Instruments;
  readonly #lab: Waiting;

  constructor(id: number, device: string, when: string, instruments: Instruments, lab: Waiting) {
    this.id = id;
    this.device = device;
    this.when = when;
    this.#instruments = instruments;
    this.#lab = lab;
  }

  /** The access it holds, undefined when it holds none: address, old and new value, decoded. */
  get held(): HeldView | undefined {
    return this.#instruments.held.find(({ breakpoint }) => breakpoint === this.id);
  }

  /** Accesses it has held so far. */
  get hits(): number {
    return this.#instruments.breakpoints.find(({ id }) => id === this.id)?.hits ?? 0;
  }

  /** Lets time pass until an access is held. */
  async hit(withinMs = 10_000): Promise<HeldView> {
    let found = this.held;
    await this.#lab.until(
      () => {
        found = this.held;
        return found !== undefined;
      },
      { withinMs, what: `an access of ${this.device} to be held at '${this.when}'` },
    );
    if (found === undefined) throw new TypeError('held, and nothing is held'); // `until` has rejected before
    return found;
  }

  /** Lets it go; it takes effect as time passes. */
  continue(): void {
    this.#instruments.continue(this.device);
  }

  /** Lets it go, and holds the next access of the device. */
  step(): void {
    this.#instruments.step(this.device);
  }

  /** Takes the breakpoint away; what it holds goes on. */
  remove(): void {
    if (this.#instruments.breakpoints.some(({ id }) => id === this.id)) this.#instruments.removeBreakpoint(this.id);
  }
}
