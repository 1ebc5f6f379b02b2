/** Between raw numbers and named fields, for any register. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Registers } from './access.ts';
import { decode, describe, encode } from './codec.ts';
import { bits, choice, type Fields, flag, reg, table } from './declare.ts';

const from = { source: 'a test', evidence: 'choice' } as const;
const R = reg(
  0,
  '',
  {
    UP: flag(15, 'rw', ''),
    MODE: choice(13, 12, 'rw', { slow: 1, fast: 2 }, ''),
    WIDE: bits(11, 4, 'rw', ''),
    LOW: bits(2, 0, 'rw', ''),
  },
  from,
);

/** Any cut of 16 or 32 bits into fields, some of them gaps. */
const register = fc
  .record({
    width: fc.constantFrom(16 as const, 32 as const),
    cuts: fc.array(fc.record({ bits: fc.integer({ min: 1, max: 8 }), gap: fc.boolean(), one: fc.boolean() })),
  })
  .map(({ width, cuts }) => {
    const fields: Record<string, Fields[string]> = {};
    let at = 0;
    for (const { bits: count, gap, one } of cuts) {
      const hi = at + (one ? 1 : count) - 1;
      if (hi >= width) break;
      if (!gap) fields[`F${at}`] = one ? flag(at, 'rw', '') : bits(hi, at, 'rw', '');
      at = hi + 1;
    }
    return reg(0, '', fields, { ...from, width });
  });

test('encoding what was decoded gives the same number, and touches no bit outside the fields', () => {
  fc.assert(
    fc.property(
      register,
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.integer({ min: 0, max: 0xffffffff }),
      (r, raw, base) => {
        table('T', { R: r });
        const covered = encode(
          r,
          Object.fromEntries(
            Object.entries(r.fields).map(([name, f]) => [name, f.boolean ? true : 2 ** (f.hi - f.lo + 1) - 1]),
          ),
        );
        expect(encode(r, decode(r, raw), base)).toBe(((raw & covered) | (base & ~covered)) >>> 0);
      },
    ),
  );
});

test('names, booleans and numbers decode to themselves', () => {
  expect(decode(R, 0xa123)).toEqual({ UP: true, MODE: 'fast', WIDE: 0x12, LOW: 3 });
  expect(decode(R, 0x3000)).toEqual({ UP: false, MODE: 3, WIDE: 0, LOW: 0 });
});

test('says what a field takes when it is given something else', () => {
  expect(() => encode(R, { LOW: 8 })).toThrow('LOW is 8, it takes 0 to 7');
  expect(() => encode(R, { LOW: 1.5 })).toThrow('it takes 0 to 7');
  expect(() => encode(R, { LOW: -1 })).toThrow('it takes 0 to 7');
  expect(() => encode(R, JSON.parse('{"MODE":"slower"}') as object)).toThrow(
    "MODE has no value 'slower'; it takes slow, fast",
  );
  expect(() => encode(R, JSON.parse('{"toString":1}') as object)).toThrow('no field toString');
});

test('describes the fields that changed, or those that are set', () => {
  expect(describe(R, 0xa123, 0x2123)).toBe('UP 0 → 1');
  expect(describe(R, 0x2ff0, 0x1ff0)).toBe('MODE slow → fast');
  expect(describe(R, 0x8ab0)).toBe('UP, WIDE ABh');
  expect(describe(R, 0)).toBe('');
});

test('modify writes only when something changes', async () => {
  const writes: number[] = [];
  const registers = new Registers({
    read: async () => 0x8000,
    write: async (_at, value) => void writes.push(value),
    writeAll: async () => {},
  });
  expect(await registers.modify(R, { UP: true })).toBe(false);
  expect(await registers.modify(R, { LOW: 2 })).toBe(true);
  expect(writes).toEqual([0x8002]);
});
