/** All 256 operations by opcode. */
import { ARITHMETIC } from './arithmetic.ts';
import { BITS } from './bits.ts';
import { BRANCHES } from './branches.ts';
import { LOGIC } from './logic.ts';
import type { Operation } from './operation.ts';
import { TRANSFER } from './transfer.ts';

const GROUPS = [ARITHMETIC, LOGIC, TRANSFER, BITS, BRANCHES];

export const OPERATIONS: readonly Operation[] = Array.from({ length: 0x100 }, (_, opcode) => {
  const [operation, other] = GROUPS.flatMap((group) => group[opcode] ?? []);
  const name = opcode.toString(16).padStart(2, '0');
  if (operation === undefined) throw new RangeError(`opcode ${name}h is in no group`);
  if (other !== undefined) throw new RangeError(`opcode ${name}h is in two groups`);
  return operation;
});
