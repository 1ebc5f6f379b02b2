/** The LASI pin, and who listens to it. */

type LineListener = (line: string, asserted: boolean) => void;

export class LasiPin {
  readonly #listeners = new Set<LineListener>();
  #asserted = false;

  get asserted(): boolean {
    return this.#asserted;
  }

  listen(listener: LineListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  drive(asserted: boolean): void {
    if (asserted === this.#asserted) return;
    this.#asserted = asserted;
    for (const listener of [...this.#listeners]) listener('lasi', asserted);
  }

  /** As it was when a snapshot was taken; nobody is told. */
  restore(asserted: boolean): void {
    this.#asserted = asserted;
  }
}
