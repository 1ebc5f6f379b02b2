/** The bandwidth limit: a budget of bytes for each 20 ms, as null_blk has it, or a bucket with debt under strict. */
import { NULL_BLK } from '#datasheets/null-blk.ts';

const TICK_NS = 1e9 / NULL_BLK.throttleTicksPerSecond;
const MIB = 2 ** 20;

export class Throttle {
  readonly #strict: boolean;
  #mbps = 0;
  #left = 0;
  /** Linux: a request was refused in this tick, and all queues stand still until the next. */
  #stopped = false;
  /** Tick that `#left` belongs to; strict: time it was brought up to. */
  #at = 0;
  #origin = 0;

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  get on(): boolean {
    return this.#mbps > 0;
  }

  /** The last request was refused, and the time to try again has not come. */
  get refusing(): boolean {
    return this.on && (this.#strict ? this.#left < 0 : this.#stopped);
  }

  start(mbps: number, nowNs: number): void {
    this.#mbps = mbps;
    this.#origin = nowNs;
    this.#at = this.#strict ? nowNs : 0;
    this.#left = this.budgetBytes;
    this.#stopped = false;
  }

  /** Bytes of one tick. Source: null_blk main.c, mb_per_tick. */
  get budgetBytes(): number {
    return Math.floor(MIB / NULL_BLK.throttleTicksPerSecond) * this.#mbps;
  }

  /** Takes the bytes of a request from the budget; false: not now. */
  admit(bytes: number, nowNs: number): boolean {
    if (!this.on) return true;
    if (this.#strict) return this.#admitWithDebt(bytes, nowNs);
    const tick = Math.floor((nowNs - this.#origin) / TICK_NS);
    if (tick !== this.#at) {
      this.#at = tick;
      this.#left = this.budgetBytes;
      this.#stopped = false;
    }
    if (this.#stopped) return false;
    // the full size is taken even when it is not there: a request larger than a budget is never let through
    this.#left -= bytes;
    this.#stopped = this.#left < 0;
    return !this.#stopped;
  }

  /** When a refused request may try again. */
  retryAt(nowNs: number): number {
    if (this.#strict) {
      const perNs = (this.#mbps * MIB) / 1e9;
      return nowNs + Math.max(1, Math.ceil(-this.#left / perNs));
    }
    return this.#origin + (Math.floor((nowNs - this.#origin) / TICK_NS) + 1) * TICK_NS;
  }

  /** The budget fills steadily up to one tick's worth; a request is let in while it is not in debt. */
  #admitWithDebt(bytes: number, nowNs: number): boolean {
    const perNs = (this.#mbps * MIB) / 1e9;
    this.#left = Math.min(this.budgetBytes, this.#left + (nowNs - this.#at) * perNs);
    this.#at = nowNs;
    if (this.#left < 0) return false;
    this.#left -= bytes;
    return true;
  }

  /** Times are relative to `nowNs`. */
  snapshot(nowNs: number): readonly number[] {
    const at = this.#strict ? this.#at - nowNs : this.#at;
    return [this.#mbps, this.#left, this.#stopped ? 1 : 0, at, this.#origin - nowNs];
  }

  restore([mbps = 0, left = 0, stopped = 0, at = 0, origin = 0]: readonly number[], nowNs: number): void {
    this.#mbps = mbps;
    this.#left = left;
    this.#stopped = stopped === 1;
    this.#at = this.#strict ? at + nowNs : at;
    this.#origin = origin + nowNs;
  }
}
