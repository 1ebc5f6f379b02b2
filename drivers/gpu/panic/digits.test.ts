/** Digits: known answers of both encodings, and a round trip through a decoder written for the test. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DigitCode, DigitReader, digitLimit } from './digits.ts';

const digitsOf = (code: DigitCode, bytes: Uint8Array, length = bytes.length): string => {
  const reader = new DigitReader();
  reader.begin(code, bytes, length);
  let digits = '';
  for (let digit = reader.next(); digit >= 0; digit = reader.next()) digits += digit;
  return digits;
};

/** `z`: numbers of 56 bits, little endian. */
const bytesOfChunks = (digits: string): number[] => {
  const lengths: Record<number, number> = { 3: 1, 5: 2, 8: 3, 10: 4, 13: 5, 15: 6, 17: 7 };
  return (digits.match(/\d{1,17}/g) ?? []).flatMap((chunk) => {
    const length = lengths[chunk.length];
    if (length === undefined) throw new Error(`a chunk of ${chunk.length} digits`);
    return Array.from({ length }, (_, i) => Number((BigInt(chunk) >> BigInt(8 * i)) & 0xffn));
  });
};

/** `zl`: a string of bits, 13 at a time; the last group has the bits the whole bytes lack. */
const bytesOfGroups = (digits: string, length: number): number[] => {
  const groups = digits.match(/\d{1,4}/g) ?? [];
  const bits = groups
    .map((group, i) =>
      Number(group)
        .toString(2)
        .padStart(i < groups.length - 1 ? 13 : length * 8 - 13 * i, '0'),
    )
    .join('');
  return Array.from({ length }, (_, i) => Number.parseInt(bits.slice(8 * i, 8 * i + 8), 2));
};

const PARTIAL = [
  ['255', '255', '001', '001'],
  ['65535', '81917', '00513', '00322'],
  ['16777215', '81912047', '00197121', '00320515'],
  ['4294967295', '8191819163', '0067305985', '0032206004'],
  ['1099511627775', '8191819181911', '0021542142465', '0032206005141'],
  ['281474976710655', '819181918191511', '006618611909121', '003220600514262'],
  ['72057594037927935', '819181918191819115', '01976943448883713', '00322060051441927'],
  ['72057594037927935255', '81918191819181914095', '01976943448883713008', '00322060051441921800'],
] as const;

test.each(PARTIAL.map((row, i) => [i + 1, row] as const))(
  'writes a last group of %i bytes in as many digits as it takes',
  (n, row) => {
    const full = new Uint8Array(n).fill(0xff);
    const counted = Uint8Array.from({ length: n }, (_, i) => i + 1);
    const [fullZ, fullZl, countedZ, countedZl] = row;
    expect(digitsOf('z', full)).toBe(fullZ);
    expect(digitsOf('zl', full)).toBe(fullZl);
    expect(digitsOf('z', counted)).toBe(countedZ);
    expect(digitsOf('zl', counted)).toBe(countedZl);
  },
);

test('writes the samples of the panic_report project', () => {
  const payload = Buffer.from('48890b492d2e5148cecf2d284a2d2e4e4d51a8cac94c0200512b07c7', 'hex');
  expect(digitsOf('z', payload)).toBe('22850245147461960127479103797202645679929458617911856021402989363788');
  expect(digitsOf('zl', payload)).toBe('232110691174483706575043650521221445645717046796552248644098439502487');
});

const reader = new DigitReader();

test('gives back any bytes, and says beforehand how many digits they take', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400, size: 'max' }), (bytes) => {
      reader.begin('z', bytes, bytes.length);
      const z = digitsOf('z', bytes);
      expect(bytesOfChunks(z)).toEqual([...bytes]);
      expect(z).toHaveLength(digitLimit('z', bytes.length));
      expect(reader.count).toBe(z.length);
      reader.begin('zl', bytes, bytes.length);
      const zl = digitsOf('zl', bytes);
      expect(bytesOfGroups(zl, bytes.length)).toEqual([...bytes]);
      expect(zl).toHaveLength(reader.count);
      expect(zl.length).toBeLessThanOrEqual(digitLimit('zl', bytes.length));
    }),
    { numRuns: 500 },
  );
});

test('reads only as many bytes as it is told', () => {
  expect(digitsOf('z', Uint8Array.of(7, 8, 9), 1)).toBe('007');
  expect(digitsOf('zl', Uint8Array.of(7, 8, 9), 0)).toBe('');
});
