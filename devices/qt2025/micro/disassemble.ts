/** Program memory as assembly text. */
import { INSTRUCTIONS, type Operand } from './instructions.ts';

export interface Line {
  readonly at: number;
  readonly bytes: readonly number[];
  /** `MOV R7,#12H`. */
  readonly text: string;
  /** Clock cycles. */
  readonly cycles: number;
  /** Where a jump or a call with a fixed target goes. */
  readonly target?: number;
}

export interface Naming {
  /** A name for a code address, from the program's map. */
  readonly label?: (at: number) => string | undefined;
}

/** One instruction; addresses wrap at the end of memory. */
export const disassemble = (code: Uint8Array, at: number, { label }: Naming = {}): Line => {
  const byteAt = (offset: number): number => code[(at + offset) & 0xffff] ?? 0;
  const { mnemonic, text, operands, bytes, cycles } = INSTRUCTIONS[byteAt(0) & 0xff]!;
  const next = (at + bytes) & 0xffff;
  const written = new Map<Operand, string>();
  let target: number | undefined;
  let offset = 1;
  for (const operand of operands) {
    const first = byteAt(offset);
    const word = (first << 8) | byteAt(offset + 1);
    if (isTarget(operand)) target = TARGETS[operand]({ first, word, next, opcode: byteAt(0) });
    const value = target !== undefined && isTarget(operand) ? (label?.(target) ?? hex(target, 4)) : undefined;
    written.set(
      operand,
      value ?? (operand === 'w' ? hex(word, 4) : operand === 'b' ? bitName(first) : nameOf(operand, first)),
    );
    offset += operand === 'w' || operand === 't' ? 2 : 1;
  }
  const filled = text.replace(/\{(\w)\}/g, (_, letter: string) => written.get(letter as Operand) ?? '');
  return {
    at,
    bytes: Array.from({ length: bytes }, (_, i) => byteAt(i)),
    text: `${mnemonic} ${filled}`.trimEnd(),
    cycles,
    ...(target === undefined ? {} : { target }),
  };
};

/** Consecutive instructions. */
export const listing = (code: Uint8Array, from: number, count: number, naming: Naming = {}): Line[] => {
  const lines: Line[] = [];
  for (let at = from & 0xffff; lines.length < count; ) {
    const line = disassemble(code, at, naming);
    lines.push(line);
    at = (at + line.bytes.length) & 0xffff;
  }
  return lines;
};

type TargetOperand = 'r' | 'p' | 't';
interface TargetBytes {
  readonly first: number;
  readonly word: number;
  readonly next: number;
  readonly opcode: number;
}
const TARGETS: Readonly<Record<TargetOperand, (bytes: TargetBytes) => number>> = {
  r: ({ first, next }) => (next + first - ((first & 0x80) << 1)) & 0xffff,
  p: ({ first, next, opcode }) => (next & 0xf800) | ((opcode & 0xe0) << 3) | first,
  t: ({ word }) => word,
};
const isTarget = (operand: Operand): operand is TargetOperand => operand in TARGETS;

/** Names a reader expects. Source: Intel MCS-51; 93h, F4h to F7h by analysis of the public firmware, named by us. */
const NAMES: Readonly<Record<number, string>> = {
  128: 'SNAPSHOT',
  129: 'SP',
  130: 'DPL',
  131: 'DPH',
  136: 'TCON',
  137: 'TMOD',
  138: 'TL0',
  139: 'TL1',
  140: 'TH0',
  141: 'TH1',
  147: 'DPX',
  160: 'P2',
  168: 'IE',
  184: 'IP',
  208: 'PSW',
  224: 'ACC',
  240: 'B',
  244: 'I2C_ADDRESS',
  245: 'I2C_COMMAND',
  246: 'I2C_BYTE',
  247: 'I2C_DIVIDER',
};

/** A number as an assembler of the 8051 reads it: a leading letter takes a zero. */
const hex = (value: number, digits: number): string => {
  const text = value.toString(16).toUpperCase().padStart(digits, '0');
  return `${/^[A-F]/.test(text) ? '0' : ''}${text}H`;
};
const nameOf = (operand: Operand, byte: number): string =>
  (operand === 'd' || operand === 's' ? NAMES[byte] : undefined) ?? hex(byte, 2);
const bitName = (bit: number): string => {
  const byte = bit < 0x80 ? 0x20 + (bit >> 3) : bit & 0xf8;
  return `${nameOf('d', byte)}.${bit & 7}`;
};
