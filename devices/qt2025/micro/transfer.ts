/** Opcodes that move bytes: MOV, MOVC, MOVX, PUSH, POP, XCH, XCHD. */
import type { Cpu } from './cpu.ts';
import { byPlace, fetch, forEach, type Operations, readAt, readRegister, writeAt, writeRegister } from './operation.ts';
import { SFR } from './sfr.ts';

/** A place named by register n or by @Ri. */
interface Place {
  readonly column: number;
  read(c: Cpu): number;
  write(c: Cpu, value: number): void;
}
const PLACES: readonly Place[] = [
  ...[0, 1].map((i) => ({
    column: 6 + i,
    read: (c: Cpu) => readAt(c, i),
    write: (c: Cpu, value: number) => writeAt(c, i, value),
  })),
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => ({
    column: 8 + n,
    read: (c: Cpu) => readRegister(c, n),
    write: (c: Cpu, value: number) => writeRegister(c, n, value),
  })),
];
const forPlaces = (of: (place: Place) => Operations): Operations => Object.assign({}, ...PLACES.map(of));

/** P2 gives the upper address byte for MOVX through R0 and R1. */
const pagedBy = (c: Cpu, i: number): number => (c.readDirect(SFR.P2) << 8) | readRegister(c, i);
const PAGE_BITS = 0x7f;

export const TRANSFER: Operations = {
  116: (c) => {
    c.a = fetch(c);
  },
  ...byPlace(0xe0, (c, value) => {
    c.a = value;
  }),
  117: (c) => {
    const address = fetch(c);
    c.writeDirect(address, fetch(c));
  },
  133: (c) => {
    const from = c.readDirect(fetch(c));
    c.writeDirect(fetch(c), from);
  },
  245: (c) => c.writeDirect(fetch(c), c.a),
  ...forPlaces(({ column, read, write }) => ({
    [0x70 + column]: (c) => write(c, fetch(c)),
    [0x80 + column]: (c) => c.writeDirect(fetch(c), read(c)),
    [0xa0 + column]: (c) => write(c, c.readDirect(fetch(c))),
    [0xc0 + column]: (c) => {
      const { a } = c;
      c.a = read(c);
      write(c, a);
    },
    [0xf0 + column]: (c) => write(c, c.a),
  })),
  197: (c) => {
    const address = fetch(c);
    const { a } = c;
    c.a = c.readDirect(address);
    c.writeDirect(address, a);
  },
  ...forEach(2, (i) => ({
    [0xd6 + i]: (c) => {
      const memory = readAt(c, i);
      writeAt(c, i, (memory & 0xf0) | (c.a & 0x0f));
      c.a = (c.a & 0xf0) | (memory & 0x0f);
    },
    [0xe2 + i]: (c) => {
      c.a = c.peripherals.readXdata(0, pagedBy(c, i));
    },
    [0xf2 + i]: (c) => c.peripherals.writeXdata(0, pagedBy(c, i), c.a),
  })),
  144: (c) => {
    const high = fetch(c);
    c.dptr = (high << 8) | fetch(c);
  },
  131: (c) => {
    c.a = c.readCode((c.a + c.pc) & 0xffff);
  },
  147: (c) => {
    c.a = c.readCode((c.a + c.dptr) & 0xffff);
  },
  224: (c) => {
    c.a = c.peripherals.readXdata(c.dpx & PAGE_BITS, c.dptr);
  },
  240: (c) => c.peripherals.writeXdata(c.dpx & PAGE_BITS, c.dptr, c.a),
  // SP moves before the operand is read and before POP writes it: PUSH SP and POP SP see that.
  192: (c) => {
    const address = fetch(c);
    c.push(address === SFR.SP ? (c.sp + 1) & 0xff : c.readDirect(address));
  },
  208: (c) => c.writeDirect(fetch(c), c.pop()),
};
