/** The 256 opcodes as data: text, operands, clock cycles. Source: Intel MCS-51 opcode map; Dallas High-Speed Microcontroller User's Guide for cycles. */

/**
 * Operands in the text, one byte each: `d` direct address, `s` direct source (comes first in memory), `i` immediate, `b` bit,
 * `r` relative target, `p` 11-bit target; two bytes: `w` 16-bit immediate, `t` 16-bit target.
 */
export type Operand = 'd' | 's' | 'i' | 'b' | 'r' | 'p' | 'w' | 't';

export interface Instruction {
  readonly mnemonic: string;
  /** Operands as written, letters of `Operand` in braces: `A,#{i}`. */
  readonly text: string;
  /** In the order of the bytes after the opcode. */
  readonly operands: readonly Operand[];
  readonly bytes: number;
  readonly cycles: number;
}

/** Rows of eight columns: x0 … x7 of each row of the opcode map; x8 … xF is the form with R0 … R7. */
const COLUMNS: readonly (readonly string[])[] = [
  ['NOP', 'AJMP {p}', 'LJMP {t}', 'RR A', 'INC A', 'INC {d}'],
  ['JBC {b},{r}', 'ACALL {p}', 'LCALL {t}', 'RRC A', 'DEC A', 'DEC {d}'],
  ['JB {b},{r}', 'AJMP {p}', 'RET', 'RL A', 'ADD A,#{i}', 'ADD A,{d}'],
  ['JNB {b},{r}', 'ACALL {p}', 'RETI', 'RLC A', 'ADDC A,#{i}', 'ADDC A,{d}'],
  ['JC {r}', 'AJMP {p}', 'ORL {d},A', 'ORL {d},#{i}', 'ORL A,#{i}', 'ORL A,{d}'],
  ['JNC {r}', 'ACALL {p}', 'ANL {d},A', 'ANL {d},#{i}', 'ANL A,#{i}', 'ANL A,{d}'],
  ['JZ {r}', 'AJMP {p}', 'XRL {d},A', 'XRL {d},#{i}', 'XRL A,#{i}', 'XRL A,{d}'],
  ['JNZ {r}', 'ACALL {p}', 'ORL C,{b}', 'JMP @A+DPTR', 'MOV A,#{i}', 'MOV {d},#{i}'],
  ['SJMP {r}', 'AJMP {p}', 'ANL C,{b}', 'MOVC A,@A+PC', 'DIV AB', 'MOV {d},{s}'],
  ['MOV DPTR,#{w}', 'ACALL {p}', 'MOV {b},C', 'MOVC A,@A+DPTR', 'SUBB A,#{i}', 'SUBB A,{d}'],
  ['ORL C,/{b}', 'AJMP {p}', 'MOV C,{b}', 'INC DPTR', 'MUL AB', 'DB 0A5H'],
  ['ANL C,/{b}', 'ACALL {p}', 'CPL {b}', 'CPL C', 'CJNE A,#{i},{r}', 'CJNE A,{d},{r}'],
  ['PUSH {d}', 'AJMP {p}', 'CLR {b}', 'CLR C', 'SWAP A', 'XCH A,{d}'],
  ['POP {d}', 'ACALL {p}', 'SETB {b}', 'SETB C', 'DA A', 'DJNZ {d},{r}'],
  ['MOVX A,@DPTR', 'AJMP {p}', 'MOVX A,@R0', 'MOVX A,@R1', 'CLR A', 'MOV A,{d}'],
  ['MOVX @DPTR,A', 'ACALL {p}', 'MOVX @R0,A', 'MOVX @R1,A', 'CPL A', 'MOV {d},A'],
];
/** x6, x7 with @R0, @R1 and x8 … xF with R0 … R7, `*` for the register. */
const REGISTER_FORMS: readonly string[] = [
  'INC *',
  'DEC *',
  'ADD A,*',
  'ADDC A,*',
  'ORL A,*',
  'ANL A,*',
  'XRL A,*',
  'MOV *,#{i}',
  'MOV {d},*',
  'SUBB A,*',
  'MOV *,{d}',
  'CJNE *,#{i},{r}',
  'XCH A,*',
  'DJNZ *,{r}',
  'MOV A,*',
  'MOV *,A',
];
/** D6h and D7h are not DJNZ. */
const DIGIT_EXCHANGE = 'XCHD A,*';

/** Clock cycles, one digit an opcode, a row of sixteen each. */
const CYCLE_ROWS: readonly string[] = [
  '1341121111111111',
  '4341121111111111',
  '4341221111111111',
  '4341221111111111',
  '3323221111111111',
  '3323221111111111',
  '3323221111111111',
  '3323232222222222',
  '3323532222222222',
  '3323221111111111',
  '2323512222222222',
  '2321444444444444',
  '2321121111111111',
  '2321141133333333',
  '2322121111111111',
  '2322121111111111',
];

const BYTES: Readonly<Record<Operand, number>> = { d: 1, s: 1, i: 1, b: 1, r: 1, p: 1, w: 2, t: 2 };

const operandsOf = (text: string): readonly Operand[] => {
  const found = [...text.matchAll(/\{(\w)\}/g)].map(([, letter]) => letter as Operand);
  return found.includes('s') ? ['s', 'd'] : found;
};

const instruction = (opcode: number): Instruction => {
  const row = opcode >> 4;
  const column = opcode & 0xf;
  const form = row === 0xd && column < 8 ? DIGIT_EXCHANGE : REGISTER_FORMS[row]!;
  const register = column < 8 ? `@R${column & 1}` : `R${column & 7}`;
  const line = column < 6 ? COLUMNS[row]![column]! : form.replace('*', register);
  const [mnemonic = line, text = ''] = line.split(' ');
  const operands = operandsOf(text);
  const bytes = 1 + operands.reduce((sum, operand) => sum + BYTES[operand], 0);
  return { mnemonic, text, operands, bytes, cycles: Number(CYCLE_ROWS[row]![column]) };
};

export const INSTRUCTIONS: readonly Instruction[] = Array.from({ length: 0x100 }, (_, opcode) => instruction(opcode));
export const CYCLES: Uint8Array = Uint8Array.from(INSTRUCTIONS, ({ cycles }) => cycles);
