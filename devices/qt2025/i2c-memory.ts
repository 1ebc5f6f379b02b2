/** A memory on the I2C bus: a word address of one or two bytes, reads that count on, writes within a page. */

export interface I2cMemoryOptions {
  /** Bytes of a word address; the memory has 256 bytes or 65,536. */
  readonly wordBytes: 1 | 2;
  /** The byte there; undefined: nobody answers. */
  readonly read: (address: number) => number | undefined;
  /** Takes a byte to keep; memories that are write-protected acknowledge and forget. */
  readonly write?: (address: number, byte: number) => void;
  /** A page that a write does not leave; 1 to 65,536, a power of two. */
  readonly pageBytes?: number;
  /** A write has ended with STOP. */
  readonly written?: () => void;
}

export class I2cMemory {
  readonly #options: I2cMemoryOptions;
  readonly #size: number;
  #word = 0;
  /** Bytes of the word address still to come. */
  #left = 0;
  #wrote = false;

  constructor(options: I2cMemoryOptions) {
    this.#options = options;
    this.#size = 0x100 ** options.wordBytes;
  }

  address(reading: boolean): boolean {
    this.#left = reading ? 0 : this.#options.wordBytes;
    return this.#options.read(this.#word) !== undefined;
  }

  put(byte: number): void {
    const { write, pageBytes = this.#size } = this.#options;
    if (this.#left > 0) {
      this.#word = ((this.#word << 8) | byte) & (this.#size - 1);
      this.#left--;
      return;
    }
    write?.(this.#word, byte);
    this.#wrote = true;
    const page = this.#word & ~(pageBytes - 1);
    this.#word = page | ((this.#word + 1) & (pageBytes - 1));
  }

  take(): number | undefined {
    const byte = this.#options.read(this.#word);
    this.#word = (this.#word + 1) & (this.#size - 1);
    return byte;
  }

  stop(): void {
    if (this.#wrote) this.#options.written?.();
    this.#wrote = false;
  }

  snapshot(): readonly number[] {
    return [this.#word, this.#left, this.#wrote ? 1 : 0];
  }

  restore([word = 0, left = 0, wrote = 0]: readonly number[]): void {
    this.#word = word;
    this.#left = left;
    this.#wrote = wrote === 1;
  }
}
