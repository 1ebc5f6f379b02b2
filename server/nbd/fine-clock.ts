/** Lab time to the microsecond: what falls due soon is waited out by looking, not by a timer that counts milliseconds. */
import type { Clock } from '#bus/clock.ts';
import { SteeredClock } from '#bus/steered-clock.ts';

/** A timer is a millisecond late, so the last stretch is looked at; it costs a core for that long, while anything is due. */
const LAST_STRETCH_NS = 2e6;

/** Where a clock stood and how fast it goes, by the clock that all threads of this process share. */
export interface ClockMark {
  /** Lab seconds a wall second; 0 for one that stands. */
  readonly rate: number;
  readonly at: number;
  readonly on: bigint;
}

/** The best of a few looks: one may be interrupted between the two clocks. */
export const markOf = (clock: Clock): ClockMark => {
  let best = { width: 1n << 62n, at: 0, on: 0n };
  for (let i = 0; i < 5; i++) {
    const before = process.hrtime.bigint();
    const at = clock.now();
    const after = process.hrtime.bigint();
    if (after - before < best.width) best = { width: after - before, at, on: (before + after) / 2n };
  }
  return { rate: clock.rate ?? 1, at: best.at, on: best.on };
};

/** Follows a clock of another thread. Deadlines are met within a few microseconds of a free core. */
export class FineClock extends SteeredClock {
  constructor(mark: ClockMark) {
    // the thread ends when its lab does, not when its last deadline is over
    super({ lookNs: LAST_STRETCH_NS, earlyNs: LAST_STRETCH_NS, keepsAlive: false });
    this.follow(mark);
  }

  follow({ rate, at, on }: ClockMark): void {
    if (rate === 0) this.hold(at);
    else this.run(rate, at + Number(process.hrtime.bigint() - on) * rate);
  }
}
