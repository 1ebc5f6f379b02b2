/** What lies at each address of the chip: a register, a cell of memory, or nothing; and what is there, without side effects. */
import type { TraceOutcome } from '#bus/trace.ts';
import { type QT2025, QT2025_KEPT } from '#datasheets/qt2025.ts';
import type { RegisterFile } from '#regmap/file.ts';
import type { Memory } from './memory.ts';

export class AddressMap {
  readonly #regs: RegisterFile<typeof QT2025>;
  readonly #memory: Memory;

  constructor(regs: RegisterFile<typeof QT2025>, memory: Memory) {
    this.#regs = regs;
    this.#memory = memory;
  }

  /** What an access there does. */
  outcome(at: number, op: 'read' | 'write'): TraceOutcome {
    if (this.#regs.has(at)) {
      if (op === 'read') return 'ok';
      return QT2025_KEPT.has(at) ? 'kept' : this.#regs.writable(at) ? 'ok' : 'ignored';
    }
    const cell = this.#memory.cell(at);
    if (cell === undefined) return 'unmodelled';
    return op === 'write' && cell.kind === 'dom' ? 'ignored' : 'ok';
  }

  /** A byte of memory; 0 where there is none. */
  byte(at: number): number {
    const cell = this.#memory.cell(at);
    return cell?.bytes[cell.index] ?? 0;
  }

  /** The level, whatever is latched. */
  level(at: number): number {
    return this.#regs.has(at) ? this.#regs.level(at) : this.byte(at);
  }

  /** What the next bus read would return. */
  look(at: number): number {
    return this.#regs.has(at) ? this.#regs.look(at) : this.byte(at);
  }
}
