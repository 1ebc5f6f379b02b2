/** An assembler for the few 8051 instructions our firmware needs: mnemonics as functions, labels patched at the end. */

/** A byte, a label's 16-bit address, or a label's distance from the next instruction. */
type Piece = number | { readonly address: string } | { readonly distance: string };

export class Assembler {
  readonly #bytes: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #patches: { readonly at: number; readonly to: Exclude<Piece, number> }[] = [];
  #at = 0;

  /** Goes on at another address. */
  org(address: number): void {
    this.#at = address;
  }

  label(name: string): void {
    if (this.#labels.has(name)) throw new RangeError(`label ${name} stands twice`);
    this.#labels.set(name, this.#at);
  }

  emit(...pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      if (typeof piece === 'number') this.#put(piece);
      else {
        this.#patches.push({ at: this.#at, to: piece });
        this.#put(0);
        if ('address' in piece) this.#put(0);
      }
    }
  }

  /** The program from address 0, gaps zero. */
  build(): Uint8Array {
    for (const { at, to } of this.#patches) {
      const name = 'address' in to ? to.address : to.distance;
      const target = this.#labels.get(name);
      if (target === undefined) throw new RangeError(`no label ${name}`);
      if ('address' in to) {
        this.#bytes[at] = target >> 8;
        this.#bytes[at + 1] = target & 0xff;
      } else {
        const distance = target - (at + 1); // a relative jump's distance is its last byte
        if (distance < -128 || distance > 127)
          throw new RangeError(`${name} is ${distance} bytes away, a jump takes 127`);
        this.#bytes[at] = distance & 0xff;
      }
    }
    return Uint8Array.from(this.#bytes, (byte) => byte ?? 0);
  }

  #put(byte: number): void {
    if (this.#bytes[this.#at] !== undefined) throw new RangeError(`address ${this.#at.toString(16)}h is written twice`);
    this.#bytes[this.#at++] = byte & 0xff;
  }
}
