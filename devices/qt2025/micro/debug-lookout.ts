/** What the core is watched for: puts exactly as much in its way as is wanted now, and nothing at all when nothing is. */
import type { Cpu } from './cpu.ts';
import { type ProgramAccess, WatchedPeripherals } from './debug-peripherals.ts';
import type { Watch } from './debug-watch.ts';

export interface Lookouts {
  /** Asked before an instruction at a marked address, or before every one; true: the core leaves it. */
  readonly meets: () => boolean;
  /** The program has made an access with MOVX. */
  readonly saw: (access: ProgramAccess) => void;
}

export interface Wanted {
  /** Code addresses to stop before. */
  readonly code: readonly number[];
  /** Every instruction is of interest. */
  readonly closely: boolean;
  /** So are accesses. */
  readonly accesses: boolean;
}

export class Lookout implements Watch {
  readonly marks = new Uint8Array(0x10000);
  closely = false;
  spent: Float64Array | undefined;
  readonly #cpu: Cpu;
  readonly #told: Lookouts;
  /** Addresses with a mark. */
  #marked: readonly number[] = [];

  constructor(cpu: Cpu, told: Lookouts) {
    this.#cpu = cpu;
    this.#told = told;
  }

  meets(): boolean {
    return this.#told.meets();
  }

  want({ code, closely, accesses }: Wanted): void {
    const cpu = this.#cpu;
    if (code.length !== this.#marked.length || code.some((at, i) => at !== this.#marked[i])) {
      for (const at of this.#marked) this.marks[at] = 0;
      for (const at of code) this.marks[at] = 1;
      this.#marked = code;
      cpu.forgetLoops();
    }
    this.closely = closely;
    cpu.watch = closely || code.length > 0 || this.spent !== undefined ? this : undefined;
    if (!accesses) {
      if (cpu.peripherals instanceof WatchedPeripherals) cpu.peripherals = cpu.peripherals.beneath;
    } else if (!(cpu.peripherals instanceof WatchedPeripherals))
      cpu.peripherals = new WatchedPeripherals(cpu.peripherals, this.#told.saw);
  }
}
