/** Arithmetic of the 8051 and the flags it leaves. Source: Intel MCS-51 Programmer's Guide, instruction definitions. */
import type { Cpu } from './cpu.ts';

/** Bits of PSW. */
export const PSW = { CY: 0x80, AC: 0x40, F0: 0x20, RS: 0x18, OV: 0x04, UD: 0x02, P: 0x01 } as const;
const ARITHMETIC = PSW.CY | PSW.AC | PSW.OV;

/** Parity of a byte: 1 when the number of ones is odd. */
export const parity = (value: number): number => {
  const folded = value ^ (value >> 4);
  return (0x6996 >> (folded & 0xf)) & 1;
};

export const carry = (c: Cpu): number => c.psw >> 7;

export const setCarry = (c: Cpu, on: boolean | number): void => {
  c.psw = on ? c.psw | PSW.CY : c.psw & ~PSW.CY;
};

export const add = (c: Cpu, value: number, carryIn: number): void => {
  const { a } = c;
  const sum = a + value + carryIn;
  c.psw =
    (c.psw & ~ARITHMETIC) |
    ((sum & 0x100) >> 1) | // CY
    (((a ^ value ^ sum) & 0x10) << 2) | // AC
    ((~(a ^ value) & (a ^ sum) & 0x80) >> 5); // OV
  c.a = sum & 0xff;
};

export const subtract = (c: Cpu, value: number): void => {
  const { a } = c;
  const difference = a - value - carry(c);
  c.psw =
    (c.psw & ~ARITHMETIC) |
    ((difference & 0x100) >> 1) |
    (((a ^ value ^ difference) & 0x10) << 2) |
    (((a ^ value) & (a ^ difference) & 0x80) >> 5);
  c.a = difference & 0xff;
};

export const multiply = (c: Cpu): void => {
  const product = c.a * c.b;
  c.a = product & 0xff;
  c.b = product >> 8;
  c.psw = (c.psw & ~(PSW.CY | PSW.OV)) | (product > 0xff ? PSW.OV : 0);
};

/** By zero the quotient and the remainder are undefined: they stay as they are here, our choice. */
export const divide = (c: Cpu): void => {
  const { a, b } = c;
  c.psw = (c.psw & ~(PSW.CY | PSW.OV)) | (b === 0 ? PSW.OV : 0);
  if (b === 0) return;
  c.a = Math.trunc(a / b);
  c.b = a % b;
};

/** DA A: may set CY, never clears it. */
export const decimalAdjust = (c: Cpu): void => {
  let sum = c.a;
  if ((sum & 0xf) > 9 || (c.psw & PSW.AC) !== 0) sum += 6;
  if (sum > 0xff) c.psw |= PSW.CY;
  if ((sum & 0x1f0) > 0x90 || (c.psw & PSW.CY) !== 0) sum += 0x60;
  if (sum > 0xff) c.psw |= PSW.CY;
  c.a = sum & 0xff;
};
