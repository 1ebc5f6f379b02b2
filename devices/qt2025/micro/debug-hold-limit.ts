/** Lets a halted core go when nobody has commanded it for a while: somebody may have forgotten it. */
import { type Clock, type Deadline, seconds } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';

export const HOLD_LIMIT_S = { usual: 600, least: 1, most: 86_400 } as const;

export class HoldLimit {
  readonly #clock: Clock;
  readonly #letGo: () => void;
  #limitS: number = HOLD_LIMIT_S.usual;
  #endsAt: number | undefined;
  #deadline: Deadline | undefined;

  constructor(clock: Clock, letGo: () => void) {
    this.#clock = clock;
    this.#letGo = letGo;
  }

  get seconds(): number {
    return this.#limitS;
  }

  set seconds(limitS: number) {
    const { least, most } = HOLD_LIMIT_S;
    if (!(limitS >= least && limitS <= most))
      throw new LabError('EINVAL', `a limit of ${limitS} s; ${least} to ${most} s are allowed`);
    this.#limitS = limitS;
    if (this.#deadline !== undefined) this.arm();
  }

  /** Nanoseconds since the lab began; undefined while nothing is halted. */
  get endsAt(): number | undefined {
    return this.#endsAt;
  }

  /** From now on, afresh. */
  arm(): void {
    this.cancel();
    this.#endsAt = this.#clock.now() + seconds(this.#limitS);
    this.#deadline = this.#clock.after(seconds(this.#limitS), this.#letGo);
  }

  cancel(): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
    this.#endsAt = undefined;
  }
}
