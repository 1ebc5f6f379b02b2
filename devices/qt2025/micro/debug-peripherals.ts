/** What surrounds the core, with breakpoints on XDATA and on registers of the chip in front of it. */
import { c45 } from '#datasheets/c45.ts';
import type { Peripherals } from './cpu.ts';
import { GATEWAY } from './gateway.ts';

export interface ProgramAccess {
  readonly op: 'read' | 'write';
  readonly space: 'xdata' | 'register';
  readonly at: number;
  readonly value: number;
}

/** Passes every access on and tells of those with MOVX. */
export class WatchedPeripherals implements Peripherals {
  readonly beneath: Peripherals;
  readonly #seen: (access: ProgramAccess) => void;
  /** The high byte of the next register write. */
  #high: number;

  constructor(beneath: Peripherals, seen: (access: ProgramAccess) => void) {
    this.beneath = beneath;
    this.#seen = seen;
    this.#high = beneath.readXdata(0, GATEWAY.writeHigh);
  }

  get sfrs(): readonly number[] {
    return this.beneath.sfrs;
  }

  get dueAt(): number {
    return this.beneath.dueAt;
  }

  due(): void {
    this.beneath.due();
  }

  readSfr(address: number): number {
    return this.beneath.readSfr(address);
  }

  writeSfr(address: number, value: number): void {
    this.beneath.writeSfr(address, value);
  }

  readXdata(page: number, address: number): number {
    const low = this.beneath.readXdata(page, address);
    if (page === 0) this.#seen({ op: 'read', space: 'xdata', at: address, value: low });
    else {
      const high = this.beneath.readXdata(0, GATEWAY.readHigh);
      this.#seen({ op: 'read', space: 'register', at: c45(page, address), value: (high << 8) | low });
    }
    return low;
  }

  writeXdata(page: number, address: number, value: number): void {
    this.beneath.writeXdata(page, address, value);
    if (page === 0) {
      if (address === GATEWAY.writeHigh) this.#high = value;
      this.#seen({ op: 'write', space: 'xdata', at: address, value });
    } else this.#seen({ op: 'write', space: 'register', at: c45(page, address), value: (this.#high << 8) | value });
  }
}
