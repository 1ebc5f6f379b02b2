/** Where a step over an instruction ends. */
import type { Cpu } from './cpu.ts';
import { INSTRUCTIONS } from './instructions.ts';

/** Asked before each instruction; true: here. */
export type Goal = (pc: number) => boolean;

/** True once the instruction PC stands at is done, with whatever it calls, and no interrupt that came between is left. */
export const afterThis = (cpu: Cpu): Goal => {
  const { pc, sp, inService } = cpu;
  const { mnemonic, bytes } = INSTRUCTIONS[cpu.readCode(pc)]!;
  const calls = mnemonic === 'LCALL' || mnemonic === 'ACALL';
  const back = (pc + bytes) & 0xffff;
  let begun = false;
  return (at) => {
    if (cpu.inService > inService) return false;
    if (!begun) {
      begun = at === pc;
      return false;
    }
    // A callee that drops its return address comes back further up.
    return !calls || (at === back && cpu.sp === sp) || cpu.sp < sp;
  };
};
