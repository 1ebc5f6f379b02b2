/** Opcodes that change PC: jumps, calls, returns, compare and loop; and the two that do nothing. */
import { carry, setCarry } from './alu.ts';
import type { Cpu } from './cpu.ts';
import { leaveInterrupt } from './interrupts.ts';
import { fetch, forEach, type Operations, readAt, readRegister, writeRegister } from './operation.ts';

/** Takes a relative jump; a backward one may close a delay loop. */
export const jumpRelative = (c: Cpu, displacement: number): void => {
  const target = (c.pc + displacement - ((displacement & 0x80) << 1)) & 0xffff;
  c.pc = target;
  if (displacement < 0x80) return;
  const patience = c.loopPatience[target]!;
  if (patience === 0) {
    c.loopAt = target;
    c.reconsider();
  } else if (patience !== NEVER) c.loopPatience[target] = patience - 1;
};
const NEVER = 0xff;

const jumpIf =
  (holds: (c: Cpu) => boolean) =>
  (c: Cpu): void => {
    const displacement = fetch(c);
    if (holds(c)) jumpRelative(c, displacement);
  };

const compare = (c: Cpu, left: number, right: number): void => {
  const displacement = fetch(c);
  setCarry(c, left < right);
  if (left !== right) jumpRelative(c, displacement);
};

const fetchTarget = (c: Cpu): number => {
  const high = fetch(c);
  return (high << 8) | fetch(c);
};

const call = (c: Cpu, target: number): void => {
  c.push(c.pc & 0xff);
  c.push(c.pc >> 8);
  c.pc = target;
};

const comeBack = (c: Cpu): void => {
  const high = c.pop();
  c.pc = (high << 8) | c.pop();
};

/** The target of the eight AJMP and ACALL: bits 10:8 in the opcode, the rest of PC after the instruction. */
const near = (c: Cpu, page: number): number => {
  const low = fetch(c);
  return (c.pc & 0xf800) | (page << 8) | low;
};

export const BRANCHES: Operations = {
  0: () => undefined,
  // Not an instruction: one byte, no effect, and somebody should know.
  165: (c) => c.misstep(((c.pc - 1) & 0xffff) >= c.code.length ? 'outside-memory' : 'illegal-opcode'),
  ...forEach(8, (page) => ({
    [(page << 5) | 0x01]: (c) => {
      c.pc = near(c, page);
    },
    [(page << 5) | 0x11]: (c) => call(c, near(c, page)),
  })),
  2: (c) => {
    c.pc = fetchTarget(c);
  },
  18: (c) => call(c, fetchTarget(c)),
  34: comeBack,
  50: (c) => {
    comeBack(c);
    leaveInterrupt(c);
  },
  64: jumpIf((c) => carry(c) === 1),
  80: jumpIf((c) => carry(c) === 0),
  96: jumpIf((c) => c.a === 0),
  112: jumpIf((c) => c.a !== 0),
  115: (c) => {
    c.pc = (c.a + c.dptr) & 0xffff;
  },
  128: jumpIf(() => true),
  180: (c) => compare(c, c.a, fetch(c)),
  181: (c) => compare(c, c.a, c.readDirect(fetch(c))),
  ...forEach(2, (i) => ({ [0xb6 + i]: (c) => compare(c, readAt(c, i), fetch(c)) })),
  ...forEach(8, (n) => ({ [0xb8 + n]: (c) => compare(c, readRegister(c, n), fetch(c)) })),
  213: (c) => {
    const address = fetch(c);
    const displacement = fetch(c);
    const value = (c.readDirect(address) - 1) & 0xff;
    c.writeDirect(address, value);
    if (value !== 0) jumpRelative(c, displacement);
  },
  ...forEach(8, (n) => ({
    [0xd8 + n]: (c) => {
      const displacement = fetch(c);
      const value = (readRegister(c, n) - 1) & 0xff;
      writeRegister(c, n, value);
      if (value !== 0) jumpRelative(c, displacement);
    },
  })),
};
