/** High-resolution timers, with the rules of the kernel's hrtimer. */
import type { Clock, Deadline } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';

/** What a callback answers: queue the timer again at its (forwarded) expiry, or leave it. */
export type HrTimerRestart = 'restart' | 'norestart';
/** `rel`: from now; `abs`: at this time of the clock. */
export type HrTimerMode = 'rel' | 'abs';

/** The callback is like an interrupt: synchronous and short. What talks to a bus goes into a work item. */
export class HrTimer {
  readonly #clock: Clock;
  readonly #callback: (timer: HrTimer) => HrTimerRestart;
  readonly #broken: (reason: string) => void;
  #deadline: Deadline | undefined;
  #expires = 0;
  #running = false;
  #stopped = false;

  constructor(clock: Clock, callback: (timer: HrTimer) => HrTimerRestart, broken: (reason: string) => void = () => {}) {
    this.#clock = clock;
    this.#callback = callback;
    this.#broken = broken;
  }

  /** When it fires or last fired: nanoseconds since the lab began. */
  get expires(): number {
    return this.#expires;
  }

  /** Queued, or its callback runs. */
  get active(): boolean {
    return this.#deadline !== undefined || this.#running;
  }

  /** Nanoseconds until it fires; 0 or less when it is due or was never started. */
  get remaining(): number {
    return this.#expires - this.#clock.now();
  }

  /** Starts it; a queued timer is moved to the new expiry, so it fires once. */
  start(ns: number, mode: HrTimerMode = 'rel'): void {
    if (!Number.isFinite(ns)) throw new LabError('EINVAL', `a timer was started at ${ns} ns`);
    this.#expires = mode === 'abs' ? ns : this.#clock.now() + Math.max(0, ns);
    this.#stopped = false;
    this.#enqueue();
  }

  /** Takes it out of the queue, from its own callback too; true when it was active. */
  cancel(): boolean {
    const wasActive = this.active;
    this.#deadline?.cancel();
    this.#deadline = undefined;
    this.#stopped = true;
    return wasActive;
  }

  /** Moves the expiry on by whole intervals until it lies after `now`; returns how many it took. */
  forward(now: number, intervalNs: number): number {
    if (!(intervalNs >= 1))
      throw new LabError('EINVAL', `a timer cannot be forwarded by ${intervalNs} ns; 1 ns or more`);
    if (this.#deadline !== undefined) throw new LabError('EBUSY', 'a queued timer cannot be forwarded; start it anew');
    if (this.#expires > now) return 0;
    const overruns = Math.floor((now - this.#expires) / intervalNs) + 1;
    this.#expires += overruns * intervalNs;
    return overruns;
  }

  /** `forward` from the clock's own time. */
  forwardNow(intervalNs: number): number {
    return this.forward(this.#clock.now(), intervalNs);
  }

  #enqueue(): void {
    this.#deadline?.cancel();
    this.#deadline = this.#clock.after(this.#expires - this.#clock.now(), () => this.#fire());
  }

  #fire(): void {
    this.#deadline = undefined;
    this.#running = true;
    const fired = this.#expires;
    let answer: HrTimerRestart = 'norestart';
    try {
      answer = this.#callback(this);
    } catch (thrown) {
      this.#broken(`the timer callback failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    } finally {
      this.#running = false;
    }
    // The callback may have started or cancelled the timer itself; that wins over its answer.
    if (answer === 'norestart' || this.#stopped || this.#deadline !== undefined) return;
    if (this.#expires <= fired) {
      this.#broken('a timer asked to be restarted without being forwarded; it is stopped, else it would fire for ever');
      return;
    }
    this.#enqueue();
  }
}
