/** Assembly text of program memory. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { disassemble, listing } from './disassemble.ts';

const text = (...bytes: number[]): string => disassemble(Uint8Array.from(bytes), 0).text;

test('prints every kind of operand as an assembler writes it', () => {
  expect(text(0x02, 0x07, 0x0c)).toBe('LJMP 070CH');
  expect(text(0x75, 0x93, 0xfe)).toBe('MOV DPX,#0FEH');
  expect(text(0x85, 0x30, 0xf4)).toBe('MOV I2C_ADDRESS,30H');
  expect(text(0x10, 0x8b, 0xfd)).toBe('JBC TCON.3,0000H');
  expect(text(0x20, 0x0f, 0x02)).toBe('JB 21H.7,0005H');
  expect(text(0xa0, 0xd7)).toBe('ORL C,/PSW.7');
  expect(text(0xb6, 0x12, 0x10)).toBe('CJNE @R0,#12H,0013H');
  expect(text(0x90, 0xd7, 0xfd)).toBe('MOV DPTR,#0D7FDH');
  expect(text(0xd7)).toBe('XCHD A,@R1');
  expect(text(0xe1, 0x34)).toBe('AJMP 0734H');
  expect(text(0xa5)).toBe('DB 0A5H');
});

test('names targets from a map', () => {
  const label = (at: number): string | undefined => (at === 0x0005 ? '_main' : undefined);
  expect(disassemble(Uint8Array.of(0x80, 0x03), 0, { label })).toEqual({
    at: 0,
    bytes: [0x80, 0x03],
    text: 'SJMP _main',
    cycles: 3,
    target: 5,
  });
});

test('covers memory without gaps or overlaps, whatever is in it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (code) => {
      const lines = listing(code, 0, 20);
      lines
        .slice(1)
        .forEach((line, i) => void expect(line.at).toBe((lines[i]?.at ?? 0) + (lines[i]?.bytes.length ?? 0)));
      for (const line of lines) expect(line.text).not.toMatch(/[{}]|undefined/);
    }),
  );
});
