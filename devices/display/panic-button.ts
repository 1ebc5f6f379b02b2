/** The panic button of the board, and the words that were typed beside it: bytes of a span for the driver to read. */
import { type DISPLAY, PANIC_TEXT_BYTES } from '#datasheets/display.ts';
import type { RegisterFile } from '#regmap/file.ts';
import type { Interrupts } from './interrupts.ts';

export class PanicButton {
  readonly memory = new Uint8Array(PANIC_TEXT_BYTES);
  readonly #regs: RegisterFile<typeof DISPLAY>;
  readonly #interrupts: Interrupts;
  #text = '';

  constructor(regs: RegisterFile<typeof DISPLAY>, interrupts: Interrupts) {
    this.#regs = regs;
    this.#interrupts = interrupts;
  }

  get text(): string {
    return this.#text;
  }

  /** Screens of a panic have ASCII only, in lines; anything else is a question mark. */
  press(text: string): void {
    this.type(text);
    this.#regs.poke('PANIC_TEXT', { BYTES: this.#text.length });
    this.#interrupts.raise('PANIC_BUTTON');
  }

  /** Puts the words there, and does not press. */
  type(text: string): void {
    this.#text = text.slice(0, PANIC_TEXT_BYTES).replaceAll(/[^\x20-\x7e\n]/g, '?');
    this.memory.fill(0);
    for (let i = 0; i < this.#text.length; i++) this.memory[i] = this.#text.charCodeAt(i);
  }
}
