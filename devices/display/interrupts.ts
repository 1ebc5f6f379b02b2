/** The interrupt line: status and enable registers, and who listens. */
import { DISPLAY, DISPLAY_INTERRUPT } from '#datasheets/display.ts';
import type { DISPLAY_FAULTS } from '#datasheets/display-catalogue.ts';
import type { RegisterFile } from '#regmap/file.ts';
import type { FaultBoard } from '../fault-board.ts';

export type DisplayEvent = keyof typeof DISPLAY.INT_STATUS.fields;

export class Interrupts {
  readonly #regs: RegisterFile<typeof DISPLAY>;
  readonly #board: FaultBoard<typeof DISPLAY_FAULTS>;
  readonly #listeners = new Set<(line: string, asserted: boolean) => void>();
  #asserted = false;

  constructor(regs: RegisterFile<typeof DISPLAY>, board: FaultBoard<typeof DISPLAY_FAULTS>) {
    this.#regs = regs;
    this.#board = board;
  }

  get asserted(): boolean {
    return this.#asserted;
  }

  onChange(listener: (line: string, asserted: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  raise(event: DisplayEvent): void {
    this.#regs.poke('INT_STATUS', { [event]: true });
    this.update();
  }

  /** Status, enable or a fault changed. */
  update(): void {
    const pending = this.#regs.level(DISPLAY.INT_STATUS.at) & this.#regs.level(DISPLAY.INT_ENABLE.at);
    const asserted = pending !== 0 || this.#board.has('interrupt-stuck');
    if (asserted === this.#asserted) return;
    this.#asserted = asserted;
    this.#tell();
  }

  restore(asserted: boolean): void {
    this.#asserted = asserted;
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener(DISPLAY_INTERRUPT, this.#asserted);
  }
}
