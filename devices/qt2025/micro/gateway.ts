/** The program's way to MDIO registers: MOVX @DPTR with the MMD in SFR 93h, the high byte in XDATA cells of its own. */
import { c45, Mmd } from '#datasheets/c45.ts';

/** Where the other byte goes. Source: analysis of the public firmware, section 2. */
export const GATEWAY = { writeHigh: 0x4052, readHigh: 0x4053 } as const;
const PAGES: ReadonlySet<number> = new Set([Mmd.PMAPMD, Mmd.WIS, Mmd.PCS, Mmd.PHYXS]);

export interface GatewayRegisters {
  readRegister(at: number): number;
  writeRegister(at: number, value: number): void;
}

export interface GatewayAccess {
  readonly op: 'read' | 'write';
  readonly at: number;
  readonly value: number;
}

export class Gateway {
  readonly #registers: GatewayRegisters;
  readonly #seen: (access: GatewayAccess) => void;
  /** 4052h as written last; 4053h as latched by the last read. */
  #written = 0;
  #read = 0;

  constructor(registers: GatewayRegisters, seen: (access: GatewayAccess) => void) {
    this.#registers = registers;
    this.#seen = seen;
  }

  /** The low byte of a register; the high one stays in 4053h. Pages without an MMD read 0. */
  readPage(page: number, register: number): number {
    if (!PAGES.has(page)) return 0;
    const at = c45(page, register);
    const value = this.#registers.readRegister(at);
    this.#seen({ op: 'read', at, value });
    this.#read = value >> 8;
    return value & 0xff;
  }

  /** The 16-bit write happens here. */
  writePage(page: number, register: number, low: number): void {
    if (!PAGES.has(page)) return;
    const at = c45(page, register);
    const value = (this.#written << 8) | low;
    this.#seen({ op: 'write', at, value });
    this.#registers.writeRegister(at, value);
  }

  readHigh(address: number): number {
    return address === GATEWAY.readHigh ? this.#read : this.#written;
  }

  writeHigh(value: number): void {
    this.#written = value;
  }

  snapshot(): readonly number[] {
    return [this.#written, this.#read];
  }

  restore([written = 0, read = 0]: readonly number[]): void {
    this.#written = written;
    this.#read = read;
  }
}
