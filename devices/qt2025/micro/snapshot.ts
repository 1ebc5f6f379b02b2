/** SFR 80h, the strobe that freezes the receive monitors: bit 0 is busy, not a port latch. */

export const SNAPSHOT_SFR = 0x80;
/** Core clocks until the monitors are taken; our choice, the public firmware waits without a limit. */
const BUSY_CYCLES = 100;

export class SnapshotStrobe {
  readonly #now: () => number;
  #busyUntil = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  read(): number {
    return this.#now() < this.#busyUntil ? 1 : 0;
  }

  write(value: number): void {
    if ((value & 1) !== 0) this.#busyUntil = this.#now() + BUSY_CYCLES;
  }

  reset(): void {
    this.#busyUntil = 0;
  }
}
