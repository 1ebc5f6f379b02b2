/** Kernel spellings of numbers and flags, and their errnos. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ATTRIBUTE_TEXT_LIMIT, type AttributeType, parseAttribute } from './attributes.ts';

const reads = (type: AttributeType, written: string): string => {
  const parsed = parseAttribute(type, written);
  return parsed.ok ? parsed.text : parsed.errno;
};

test.each([
  ['uint', '12', '12'],
  ['uint', '0x1F', '31'],
  ['uint', '0X1f\n', '31'],
  ['uint', '010', '8'],
  ['uint', '0', '0'],
  ['uint', '00', '0'],
  ['uint', '+7', '7'],
  ['uint', '4294967295', '4294967295'],
  ['uint', '4294967296', 'ERANGE'],
  ['uint', '-1', 'EINVAL'],
  ['uint', '08', 'EINVAL'],
  ['uint', '0x', 'EINVAL'],
  ['uint', '', 'EINVAL'],
  ['uint', ' 1', 'EINVAL'],
  ['uint', '1 ', 'EINVAL'],
  ['uint', '1\n\n', 'EINVAL'],
  ['uint', '1.5', 'EINVAL'],
  ['uint', '1e3', 'EINVAL'],
  ['int', '-1', '-1'],
  ['int', '-0x10', '-16'],
  ['int', '-2147483648', '-2147483648'],
  ['int', '2147483648', 'ERANGE'],
  ['int', '-2147483649', 'ERANGE'],
  ['ulong', '18446744073709551615', '18446744073709551615'],
  ['ulong', '18446744073709551616', 'ERANGE'],
  ['ulong', '01777777777777777777777', '18446744073709551615'],
  ['bool', '1', '1'],
  ['bool', 'y', '1'],
  ['bool', 'Yes', '1'],
  ['bool', 'true', '1'],
  ['bool', 'on', '1'],
  ['bool', 'ON\n', '1'],
  ['bool', '0', '0'],
  ['bool', 'n', '0'],
  ['bool', 'off', '0'],
  ['bool', 'False', '0'],
  ['bool', 'o', 'EINVAL'],
  ['bool', '2', 'EINVAL'],
  ['bool', '', 'EINVAL'],
  ['u32', '12', '12'],
  ['u32', ' +12\n', '12'],
  ['u32', '0x10', 'EINVAL'],
  ['u32', '010', '10'],
  ['u32', '4294967296', 'EINVAL'],
  ['u32', '-1', 'EINVAL'],
  ['u64', '18446744073709551615', '18446744073709551615'],
  ['u64', '18446744073709551616', 'EINVAL'],
  ['text', '+1-2\n', '+1-2'],
] as const)('%s takes %j as %s', (type, written, expected) => {
  expect(reads(type, written)).toBe(expected);
});

test('a write longer than a page is refused', () => {
  expect(reads('uint', '0'.repeat(ATTRIBUTE_TEXT_LIMIT))).toBe('0');
  expect(reads('uint', '0'.repeat(ATTRIBUTE_TEXT_LIMIT + 1))).toBe('EINVAL');
});

test('any text is taken or refused, and what is taken reads back as itself', () => {
  const types = fc.constantFrom<AttributeType>('int', 'uint', 'ulong', 'bool', 'u32', 'u64', 'text');
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[+-]?(0x)?[0-9a-f]{1,22}\n?$/));
  fc.assert(
    fc.property(types, text, (type, written) => {
      const parsed = parseAttribute(type, written);
      if (!parsed.ok) return ['EINVAL', 'ERANGE'].includes(parsed.errno) && parsed.why.length > 0;
      return type === 'text' || reads(type, parsed.text) === parsed.text;
    }),
  );
});

test('decimal, hex and octal of one number are the same value', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (n) => {
      const spelled = [n.toString(), `0x${n.toString(16)}`, `0${n.toString(8)}`];
      return spelled.every((written) => reads('ulong', written) === n.toString());
    }),
  );
});
