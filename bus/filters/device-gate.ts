/** The gate of one device: every fault and breakpoint that means something to it, in the order they were added. */
import type { AccessBreakpoint } from './breakpoint.ts';
import type { BusFault, Fire } from './bus-fault.ts';
import type { Gate } from './gate.ts';
import { Ruling } from './ruling.ts';
import type { Selection } from './selection.ts';
import type { Touch } from './touch.ts';

export interface DeviceGateOptions {
  readonly faults: readonly (readonly [BusFault, Selection])[];
  readonly breakpoints: readonly (readonly [AccessBreakpoint, Selection])[];
  /** True once for the access after a step. */
  readonly takeStep: () => boolean;
  readonly hold: (touch: Touch, breakpoint: AccessBreakpoint | null) => Promise<void>;
  /** A breakpoint that does not hold was hit. */
  readonly passed: (touch: Touch, breakpoint: AccessBreakpoint) => void;
  readonly fire: (touch: Touch) => Fire;
}

export class DeviceGate implements Gate {
  readonly #of: DeviceGateOptions;

  constructor(of: DeviceGateOptions) {
    this.#of = of;
  }

  hold(touch: Touch): Promise<void> | undefined {
    const { breakpoints, takeStep, hold, passed } = this.#of;
    // an answer is no access: a step goes to the next request
    let by: AccessBreakpoint | null | undefined = touch.op !== 'done' && takeStep() ? null : undefined;
    for (const [breakpoint, fits] of breakpoints) {
      if (!breakpoint.on || !fits(touch) || !breakpoint.hit()) continue;
      if (!breakpoint.holds) passed(touch, breakpoint);
      else by ??= breakpoint;
    }
    return by === undefined ? undefined : hold(touch, by);
  }

  rule(touch: Touch): Ruling | undefined {
    const { faults } = this.#of;
    if (faults.length === 0) return undefined;
    const fire = this.#of.fire(touch);
    const ruling = new Ruling();
    let acted = false;
    const noted: Fire = (text, old, value) => {
      acted = true;
      fire(text, old, value);
    };
    for (const [fault, fits] of faults) fault.rule(touch, fits, ruling, noted);
    return acted || ruling.fate !== 'pass' || ruling.changes.length > 0 ? ruling : undefined;
  }
}
