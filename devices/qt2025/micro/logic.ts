/** Logic opcodes on bytes: ANL, ORL, XRL, CLR, CPL, rotates, SWAP. */
import { carry, setCarry } from './alu.ts';
import { bySource, fetch, type Operations } from './operation.ts';

/** A with a source, and the two forms that write back to a direct address: row+2 from A, row+3 from an immediate. */
const combine = (row: number, of: (a: number, b: number) => number): Operations => ({
  ...bySource(row, (c, value) => {
    c.a = of(c.a, value);
  }),
  [row + 2]: (c) => {
    const address = fetch(c);
    c.writeDirect(address, of(c.readDirect(address), c.a));
  },
  [row + 3]: (c) => {
    const address = fetch(c);
    const value = fetch(c);
    c.writeDirect(address, of(c.readDirect(address), value));
  },
});

export const LOGIC: Operations = {
  ...combine(0x40, (a, b) => a | b),
  ...combine(0x50, (a, b) => a & b),
  ...combine(0x60, (a, b) => a ^ b),
  3: (c) => {
    c.a = (c.a >> 1) | ((c.a << 7) & 0x80);
  },
  19: (c) => {
    const low = c.a & 1;
    c.a = (c.a >> 1) | (carry(c) << 7);
    setCarry(c, low);
  },
  35: (c) => {
    c.a = ((c.a << 1) & 0xff) | (c.a >> 7);
  },
  51: (c) => {
    const high = c.a & 0x80;
    c.a = ((c.a << 1) & 0xff) | carry(c);
    setCarry(c, high);
  },
  196: (c) => {
    c.a = ((c.a << 4) & 0xf0) | (c.a >> 4);
  },
  228: (c) => {
    c.a = 0;
  },
  244: (c) => {
    c.a ^= 0xff;
  },
};
