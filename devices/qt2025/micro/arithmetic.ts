/** Arithmetic opcodes: ADD, ADDC, SUBB, INC, DEC, MUL, DIV, DA. */
import { add, carry, decimalAdjust, divide, multiply, subtract } from './alu.ts';
import type { Cpu } from './cpu.ts';
import {
  bySource,
  fetch,
  forEach,
  type Operations,
  readAt,
  readRegister,
  writeAt,
  writeRegister,
} from './operation.ts';

/** INC at row 00h, DEC at row 10h: everything but DPTR. No flags. */
const count = (row: number, by: number): Operations => ({
  [row + 4]: (c) => {
    c.a = (c.a + by) & 0xff;
  },
  [row + 5]: (c) => {
    const address = fetch(c);
    c.writeDirect(address, (c.readDirect(address) + by) & 0xff);
  },
  ...forEach(2, (i) => ({ [row + 6 + i]: (c: Cpu) => writeAt(c, i, (readAt(c, i) + by) & 0xff) })),
  ...forEach(8, (n) => ({ [row + 8 + n]: (c: Cpu) => writeRegister(c, n, (readRegister(c, n) + by) & 0xff) })),
});

export const ARITHMETIC: Operations = {
  ...count(0x00, 1),
  ...count(0x10, -1),
  ...bySource(0x20, (c, value) => add(c, value, 0)),
  ...bySource(0x30, (c, value) => add(c, value, carry(c))),
  ...bySource(0x90, subtract),
  132: divide,
  163: (c) => {
    c.dptr = (c.dptr + 1) & 0xffff;
  },
  164: multiply,
  212: decimalAdjust,
};
