/** Timer 0 and TCON: counts are derived from the cycle counter when somebody looks. Source: Intel MCS-51, timer/counters. */
import type { Cpu } from './cpu.ts';

/** Bits of TCON. */
export const TCON = { IT0: 0x01, IE0: 0x02, IT1: 0x04, IE1: 0x08, TR0: 0x10, TF0: 0x20, TR1: 0x40, TF1: 0x80 } as const;
/** Bits of TMOD: mode and C/T of timer 0; its gate input and its count input are not wired, a running timer counts cycles. */
const MODE = 0x03;
const COUNTS_PIN = 0x04;

/** Clock cycles a count, the classic prescaler of Dallas cores. Source: analysis of the public firmware, tick of 0.96 ms. */
export const CYCLES_PER_COUNT = 12;

/** Values of the two halves at one moment, and how they move on. */
interface Mode {
  /** Counts until the overflow of TL0's counter. */
  left(low: number, high: number): number;
  /** Both halves after this many counts. */
  after(counts: number, low: number, high: number): readonly [low: number, high: number];
}

const MODES: readonly Mode[] = [
  {
    // 13 bits: TL0 gives the lower five; its upper three are not part of the counter.
    left: (low, high) => 0x2000 - ((high << 5) | (low & 0x1f)),
    after: (counts, low, high) => {
      const value = ((high << 5) | (low & 0x1f)) + counts;
      return [(low & 0xe0) | (value & 0x1f), (value >> 5) & 0xff];
    },
  },
  {
    left: (low, high) => 0x10000 - ((high << 8) | low),
    after: (counts, low, high) => {
      const value = ((high << 8) | low) + counts;
      return [value & 0xff, (value >> 8) & 0xff];
    },
  },
  {
    // 8 bits, TH0 is what TL0 is loaded with at an overflow.
    left: (low) => 0x100 - low,
    after: (counts, low, high) => {
      const past = low + counts - 0x100;
      return [past < 0 ? low + counts : high + (past % (0x100 - high)), high];
    },
  },
  {
    // Two counters of 8 bits; TH0 is driven by TR1 and is moved by the timer itself.
    left: (low) => 0x100 - low,
    after: (counts, low, high) => [(low + counts) & 0xff, high],
  },
];

export class Timer0 {
  readonly #cpu: Cpu;
  tcon = 0;
  tmod = 0;
  /** Cycle of the next overflow, TL0's or in mode 3 also TH0's; Infinity when nothing runs. */
  overflowAt = Number.POSITIVE_INFINITY;
  #low = 0;
  #high = 0;
  /** The count of the prescaler, cycles over 12, at which the halves had these values. */
  #since = 0;
  #lowOverflowAt = Number.POSITIVE_INFINITY;
  #highOverflowAt = Number.POSITIVE_INFINITY;

  constructor(cpu: Cpu) {
    this.#cpu = cpu;
  }

  reset(): void {
    this.tcon = this.tmod = this.#low = this.#high = 0;
    this.#since = prescaled(this.#cpu.now());
    this.#plan();
  }

  low(): number {
    this.#settle();
    return this.#low;
  }

  high(): number {
    this.#settle();
    return this.#high;
  }

  writeLow(value: number): void {
    this.#change(() => {
      this.#low = value;
    });
  }

  writeHigh(value: number): void {
    this.#change(() => {
      this.#high = value;
    });
  }

  writeTmod(value: number): void {
    this.#change(() => {
      this.tmod = value;
    });
  }

  writeTcon(value: number): void {
    this.#change(() => {
      this.tcon = value;
    });
  }

  /** The hardware sets a request flag. */
  raise(flag: number): void {
    this.tcon |= flag;
    this.#cpu.reconsider();
  }

  /** The hardware clears a request flag. */
  clear(flag: number): void {
    this.tcon &= ~flag;
  }

  /** The cycle counter passed `overflowAt`. */
  overflow(now: number): void {
    if (now >= this.overflowAt) this.#settle();
  }

  snapshot(): readonly number[] {
    this.#settle();
    return [this.tcon, this.tmod, this.#low, this.#high];
  }

  restore([tcon = 0, tmod = 0, low = 0, high = 0]: readonly number[]): void {
    this.tcon = tcon;
    this.tmod = tmod;
    this.#low = low;
    this.#high = high;
    this.#since = prescaled(this.#cpu.now());
    this.#plan();
  }

  #change(write: () => void): void {
    this.#settle();
    write();
    this.#plan();
    this.#cpu.reconsiderBefore(this.overflowAt);
    this.#cpu.reconsiderInterrupts();
  }

  /** Brings the halves and the flags up to now. */
  #settle(): void {
    const cycle = this.#cpu.now();
    const counts = prescaled(cycle) - this.#since;
    if (counts === 0) return;
    this.#since += counts;
    if (this.#lowRuns()) [this.#low, this.#high] = this.#mode().after(counts, this.#low, this.#high);
    if (this.#highRuns()) this.#high = (this.#high + counts) & 0xff;
    if (cycle < this.overflowAt) return;
    if (cycle >= this.#lowOverflowAt) this.tcon |= TCON.TF0;
    if (cycle >= this.#highOverflowAt) this.tcon |= TCON.TF1;
    this.#plan();
  }

  #plan(): void {
    const at = (counts: number): number => (this.#since + counts) * CYCLES_PER_COUNT;
    this.#lowOverflowAt = this.#lowRuns() ? at(this.#mode().left(this.#low, this.#high)) : Number.POSITIVE_INFINITY;
    this.#highOverflowAt = this.#highRuns() ? at(0x100 - this.#high) : Number.POSITIVE_INFINITY;
    this.overflowAt = Math.min(this.#lowOverflowAt, this.#highOverflowAt);
  }

  #mode(): Mode {
    return MODES[this.tmod & MODE]!;
  }

  #lowRuns(): boolean {
    return (this.tcon & TCON.TR0) !== 0 && (this.tmod & COUNTS_PIN) === 0;
  }

  #highRuns(): boolean {
    return (this.tmod & MODE) === 3 && (this.tcon & TCON.TR1) !== 0;
  }
}

const prescaled = (cycles: number): number => Math.floor(cycles / CYCLES_PER_COUNT);
