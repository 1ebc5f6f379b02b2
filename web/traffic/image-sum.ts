/** The sum of a program image as its bytes are written: the image's own 16-bit rule, and what it says of itself. */

export interface ImageLayout {
  /** Where the big-endian sum and length stand. */
  readonly sumAt: number;
  readonly lengthAt: number;
}

export interface SumVerdict {
  readonly sum: number;
  /** What the image says its sum is; null when that was not written yet. */
  readonly said: number | null;
  /** Null: the upload has not reached the length that the image says. */
  readonly good: boolean | null;
}

/** Sum of bytes 0 to length-1 without the two of the sum itself. Source: datasheets/qt2025.ts, QT2025_IMAGE. */
export class ImageSum {
  readonly #layout: ImageLayout;
  #next = 0;
  #sum = 0;
  #said = 0;
  #length = 0;

  constructor(layout: ImageLayout) {
    this.#layout = layout;
  }

  /** Takes bytes in order from 0; a byte out of order makes the sum unknown for good. */
  add(offset: number, byte: number): void {
    const { sumAt, lengthAt } = this.#layout;
    if (offset !== this.#next) {
      this.#next = Number.NaN;
      return;
    }
    this.#next++;
    if (offset === sumAt || offset === sumAt + 1) this.#said = (this.#said << 8) | byte;
    if (offset === lengthAt || offset === lengthAt + 1) this.#length = (this.#length << 8) | byte;
    const isSum = offset === sumAt || offset === sumAt + 1;
    const inside = offset < lengthAt + 2 || offset < this.#length;
    if (!isSum && inside) this.#sum = (this.#sum + byte) & 0xffff;
  }

  /** Null when bytes were missing, so that no sum can be told. */
  get verdict(): SumVerdict | null {
    if (Number.isNaN(this.#next) || this.#next === 0) return null;
    const { sumAt, lengthAt } = this.#layout;
    const said = this.#next >= sumAt + 2 ? this.#said : null;
    const whole = this.#next >= lengthAt + 2 && this.#length > lengthAt && this.#next >= this.#length;
    return { sum: this.#sum, said, good: said !== null && whole ? said === this.#sum : null };
  }
}
