/** Vblanks for hardware that has none to tell of: a timer at the mode's rate, its stamps exact multiples (drm_vblank_helper.c). */
import type { Clock } from '#bus/clock.ts';
import type { HrTimer, HrTimerRestart } from '../kernel/hrtimer.ts';
import type { Vblank, VblankHardware } from './vblank.ts';

export class VblankTimer implements VblankHardware {
  readonly #clock: Clock;
  readonly #timer: HrTimer;
  readonly #vblank: Vblank;
  #baseNs = 0;
  #periodNs = 0;

  constructor(
    kernel: { readonly clock: Clock; hrtimer(callback: (timer: HrTimer) => HrTimerRestart): HrTimer },
    vblank: Vblank,
  ) {
    this.#clock = kernel.clock;
    this.#vblank = vblank;
    this.#timer = kernel.hrtimer((timer) => {
      timer.forwardNow(this.#periodNs);
      this.#vblank.handle(this.#stamp());
      return this.#running ? 'restart' : 'norestart';
    });
  }

  #running = false;

  /** The picture begins now. */
  restart(periodNs: number): void {
    this.#baseNs = this.#clock.now();
    this.#periodNs = periodNs;
  }

  async enable(): Promise<void> {
    this.#running = true;
    if (!this.#timer.active) this.#timer.start(this.#stamp().timeNs + this.#periodNs - this.#clock.now());
  }

  async disable(): Promise<void> {
    this.#running = false;
  }

  async query() {
    return this.#stamp();
  }

  /** The last multiple of the period, however late it is. */
  #stamp() {
    const count = Math.floor((this.#clock.now() - this.#baseNs) / this.#periodNs);
    return { count, timeNs: this.#baseNs + count * this.#periodNs };
  }
}
