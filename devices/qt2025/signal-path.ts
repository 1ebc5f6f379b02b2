/** The signal path as it is now, and everything the hardware drives from it whenever something that bears on it has changed. */
import type { QT2025 } from '#datasheets/qt2025.ts';
import type { RegisterFile } from '#regmap/file.ts';
import type { Cage } from './cage.ts';
import type { Conditions } from './conditions.ts';
import type { ErrorCounters } from './errors.ts';
import type { LasiPin } from './lasi-pin.ts';
import type { LinkRegisters } from './link-registers.ts';
import { type PathState, pathState } from './path.ts';

export interface SignalPathParts {
  readonly regs: RegisterFile<typeof QT2025>;
  readonly conditions: Conditions;
  readonly cage: Cage;
  readonly errors: ErrorCounters;
  readonly links: LinkRegisters;
  readonly pin: LasiPin;
  /** The 8051 looks at it; it may answer at once with other settings. */
  readonly followed: () => void;
}

export class SignalPath {
  readonly #parts: SignalPathParts;
  #state: PathState;
  #settling = false;
  #unsettled = false;

  constructor(parts: SignalPathParts) {
    this.#parts = parts;
    this.#state = this.#compute();
  }

  /** As it was settled last. */
  get state(): PathState {
    return this.#state;
  }

  /** As it would be if it were settled this moment. */
  get latest(): PathState {
    return this.#unsettled ? this.#compute() : this.#state;
  }

  /** Recomputes the path and drives what hangs on it; once more when the 8051 answers at once. */
  settle(): void {
    this.#unsettled = true;
    if (this.#settling) return;
    this.#settling = true;
    const { regs, conditions, cage, errors, links, followed } = this.#parts;
    try {
      while (this.#unsettled) {
        this.#unsettled = false;
        this.#state = this.#compute();
        errors.rates(this.#state, () => void regs.peek('BASER_STAT2'));
        links.drive(this.#state, conditions.alarms(cage, this.#state));
        followed();
      }
    } finally {
      this.#settling = false;
    }
    this.updatePin();
  }

  /** A read may have cleared what held the pin. */
  updatePin(): void {
    const { links, pin } = this.#parts;
    pin.drive(links.lasi);
  }

  /** What it is computed from was restored; what hangs on it was too. */
  restored(): void {
    this.#state = this.#compute();
  }

  #compute(): PathState {
    const { conditions, cage } = this.#parts;
    return pathState(conditions.path(cage));
  }
}
