/** The two 32-bit one-shot timers at XDATA 4010h to 401Bh: they count up and set a request flag of the core when they overflow. */

/** Core clocks a count: 125 MHz / 8 = 15.6 MHz. Source: analysis of the public firmware, section 3.4. */
export const CYCLES_PER_COUNT = 8;
const RANGE = 2 ** 32;

export class OneShot {
  readonly #now: () => number;
  /** As written, little endian; they take effect at the next load. */
  readonly #bytes = new Uint8Array(4);
  #held = false;
  #value = 0;
  #since = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Cycle of the overflow; Infinity while held. */
  get dueAt(): number {
    return this.#held ? Number.POSITIVE_INFINITY : this.#since + (RANGE - this.#value) * CYCLES_PER_COUNT;
  }

  /** The overflow was noticed: on from zero. */
  expire(): void {
    this.#since = this.dueAt;
    this.#value = 0;
  }

  write(index: number, value: number): void {
    this.#bytes[index & 3] = value;
  }

  /** The load/hold bit in 4054h: 1 stops, 1 to 0 loads the bytes and starts. */
  hold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    if (held) return;
    this.#value = this.#bytes.reduceRight((value, byte) => value * 0x100 + byte, 0);
    this.#since = this.#now();
  }

  reset(): void {
    this.#bytes.fill(0);
    this.#held = false;
    this.#value = 0;
    this.#since = this.#now();
  }

  /** Bytes, held, value, cycles since it had that value. */
  snapshot(): readonly number[] {
    return [...this.#bytes, this.#held ? 1 : 0, this.#value, this.#now() - this.#since];
  }

  restore([a = 0, b = 0, c = 0, d = 0, held = 0, value = 0, ago = 0]: readonly number[]): void {
    this.#bytes.set([a, b, c, d]);
    this.#held = held === 1;
    this.#value = value;
    this.#since = this.#now() - ago;
  }
}
