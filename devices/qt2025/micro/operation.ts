/** What an opcode does, and how it reaches its operands. */
import type { Cpu } from './cpu.ts';

/** Runs with PC behind the opcode; fetches its own operands. */
export type Operation = (c: Cpu) => void;
export type Operations = Readonly<Record<number, Operation>>;

/** The next byte of the program. */
export const fetch = (c: Cpu): number => {
  const byte = c.readCode(c.pc);
  c.pc = (c.pc + 1) & 0xffff;
  return byte;
};

/** Rn of the selected bank, n = 0 … 7. */
export const readRegister = (c: Cpu, n: number): number => c.idata[(c.bank + n) & 0x1f]!;
export const writeRegister = (c: Cpu, n: number, value: number): void => {
  c.idata[(c.bank + n) & 0x1f] = value;
};

/** The byte R0 or R1 points to. */
export const readAt = (c: Cpu, i: number): number => c.idata[readRegister(c, i) & 0xff]!;
export const writeAt = (c: Cpu, i: number, value: number): void => {
  c.idata[readRegister(c, i) & 0xff] = value;
};

/** One operation for each of the four ways to name a source: row+4 immediate, +5 direct, +6 indirect, +8 register. */
export const bySource = (row: number, operate: (c: Cpu, value: number) => void): Operations => ({
  [row + 4]: (c) => operate(c, fetch(c)),
  ...byPlace(row, operate),
});

/** The same without the immediate. */
export const byPlace = (row: number, operate: (c: Cpu, value: number) => void): Operations => ({
  [row + 5]: (c) => operate(c, c.readDirect(fetch(c))),
  ...forEach(2, (i) => ({ [row + 6 + i]: (c) => operate(c, readAt(c, i)) })),
  ...forEach(8, (n) => ({ [row + 8 + n]: (c) => operate(c, readRegister(c, n)) })),
});

/** Operations for each register number below `count`. */
export const forEach = (count: number, of: (n: number) => Operations): Operations =>
  Object.assign({}, ...Array.from({ length: count }, (_, n) => of(n)));
