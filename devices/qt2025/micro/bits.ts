/** Opcodes on single bits: CLR, SETB, CPL, MOV, ANL, ORL with C, and the jumps on a bit. */
import { carry, PSW, setCarry } from './alu.ts';
import { jumpRelative } from './branches.ts';
import type { Cpu } from './cpu.ts';
import { fetch, type Operations } from './operation.ts';

/** Bits 00h … 7Fh live in idata 20h … 2Fh, the others in every eighth special function register. */
const byteOf = (bit: number): number => (bit < 0x80 ? 0x20 + (bit >> 3) : bit & 0xf8);

const readBit = (c: Cpu, bit: number): number => (c.readDirect(byteOf(bit)) >> (bit & 7)) & 1;
const writeBit = (c: Cpu, bit: number, on: number): void => {
  const mask = 1 << (bit & 7);
  const address = byteOf(bit);
  const byte = c.readDirect(address);
  c.writeDirect(address, on ? byte | mask : byte & ~mask & 0xff);
};

/** Jump on a bit: address, then displacement. */
const jumpIf =
  (level: 0 | 1) =>
  (c: Cpu): void => {
    const bit = fetch(c);
    const displacement = fetch(c);
    if (readBit(c, bit) === level) jumpRelative(c, displacement);
  };

export const BITS: Operations = {
  16: (c) => {
    const bit = fetch(c);
    const displacement = fetch(c);
    if (!readBit(c, bit)) return;
    writeBit(c, bit, 0);
    jumpRelative(c, displacement);
  },
  32: jumpIf(1),
  48: jumpIf(0),
  114: (c) => setCarry(c, carry(c) | readBit(c, fetch(c))),
  130: (c) => setCarry(c, carry(c) & readBit(c, fetch(c))),
  160: (c) => setCarry(c, carry(c) | (readBit(c, fetch(c)) ^ 1)),
  176: (c) => setCarry(c, carry(c) & (readBit(c, fetch(c)) ^ 1)),
  146: (c) => writeBit(c, fetch(c), carry(c)),
  162: (c) => setCarry(c, readBit(c, fetch(c))),
  178: (c) => {
    const bit = fetch(c);
    writeBit(c, bit, readBit(c, bit) ^ 1);
  },
  179: (c) => {
    c.psw ^= PSW.CY;
  },
  194: (c) => writeBit(c, fetch(c), 0),
  195: (c) => setCarry(c, 0),
  210: (c) => writeBit(c, fetch(c), 1),
  211: (c) => setCarry(c, 1),
};
