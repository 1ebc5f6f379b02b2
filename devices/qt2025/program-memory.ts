/** Program memory as it is written: by the host through its two windows, by the boot ROM, and with what is wrong with it. */
import { c45, Mmd } from '#datasheets/c45.ts';
import { QT2025_SRAM } from '#datasheets/qt2025.ts';
import type { QT2025_FAULTS } from '#datasheets/qt2025-catalogue.ts';
import type { FaultBoard } from '../fault-board.ts';

interface Flip {
  readonly at: number;
  readonly mask: number;
}

const [FIRST, SECOND] = QT2025_SRAM;
const END = SECOND.offset + SECOND.length;

export class ProgramMemory {
  readonly #sram: Uint8Array;
  readonly #faults: FaultBoard<typeof QT2025_FAULTS>;
  /** A cell whose bits come out wrong: memory holds what was stored with these bits turned. */
  #flip: Flip | undefined;

  constructor(sram: Uint8Array, faults: FaultBoard<typeof QT2025_FAULTS>) {
    this.#sram = sram;
    this.#faults = faults;
  }

  /** Where a write on the bus ends up: with a wrong split, not where it was sent. */
  landing(at: number): number {
    const split = this.#faults.params('window-split')?.at;
    if (split === undefined) return at;
    const window = QT2025_SRAM.find((each) => at >= each.at && at < each.at + each.length);
    if (window === undefined) return at;
    const n = at - window.at + window.offset;
    return n < split ? c45(Mmd.PCS, FIRST_REGISTER + n) : SECOND.at + n - split;
  }

  /** A byte arrives; false when it does not. */
  store(index: number, byte: number): boolean {
    if (index >= (this.#faults.params('truncated-image')?.bytes ?? END)) return false;
    this.#sram[index] = byte ^ (this.#flip?.at === index ? this.#flip.mask : 0);
    return true;
  }

  /** Power was away. */
  clear(): void {
    for (let i = 0; i < this.#sram.length; i++) this.#sram[i] = this.#flip?.at === i ? this.#flip.mask : 0;
  }

  /** The corrupt-byte fault went on, off, or to another cell. */
  corrupt(): void {
    this.#turn();
    this.#flip = this.#corrupt();
    this.#turn();
  }

  /** Memory and faults are those of a snapshot. */
  restored(): void {
    this.#flip = this.#corrupt();
  }

  #corrupt(): Flip | undefined {
    return this.#faults.params('corrupt-byte');
  }

  #turn(): void {
    if (this.#flip !== undefined) this.#sram[this.#flip.at]! ^= this.#flip.mask;
  }
}

/** Register of the first window. */
const FIRST_REGISTER = FIRST.at & 0xffff;
