/** Symbols are read from what sdcc writes, whatever else is in the file; places are printed and found again. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabError } from '#bus/errors.ts';
import { numberOf, parseSymbols, SymbolTable } from './debug-symbols.ts';

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/).filter((word) => !/^[sl]_/.test(word));
const symbol = fc.record({ name, at: fc.integer({ min: 0, max: 0xffff }) });
const hex = (at: number) => at.toString(16).toUpperCase().padStart(4, '0');
const FORMS: readonly ((name: string, at: string) => string)[] = [
  (word, at) => `_${word} ${at}`,
  (word, at) => `C:   0000${at}  _${word}                          main`,
  (word, at) => `      00${at}                        476 _${word}:`,
  (word, at) => `L:G$${word}$0$0:${at}`,
  (word, at) => `L:Fmain$${word}$0_0$0:${at}`,
];

test.each(FORMS.map((form, i) => [i, form] as const))('reads form %i of the same program', (_, form) => {
  fc.assert(
    fc.property(fc.uniqueArray(symbol, { selector: (one) => one.name }), (symbols) => {
      const text = symbols.map((one) => form(one.name, hex(one.at))).join('\n');
      const sorted = (list: typeof symbols) => list.toSorted((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
      expect(sorted([...parseSymbols(text)])).toEqual(sorted(symbols));
    }),
  );
});

test('whatever the text, it is read or refused with a LabError', () => {
  const line = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.tuple(symbol, fc.constantFrom(...FORMS)).map(([one, form]) => form(one.name, hex(one.at))),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      for (const one of parseSymbols(lines.join('\n'))) {
        expect(one.at).toBeGreaterThanOrEqual(0);
        expect(one.at).toBeLessThanOrEqual(0xffff);
        expect(one.name).toMatch(/^[\w.]+$/);
      }
    }),
  );
});

test('leaves out the linker’s areas, lines of absurd length and other files', () => {
  expect(parseSymbols('l_CSEG 0E41\ns_CSEG 0B00\n_main 12F1\n')).toEqual([{ name: 'main', at: 0x12f1 }]);
  expect(parseSymbols(`_${'x'.repeat(500)} 1234`)).toEqual([]);
  expect(parseSymbols('root:x:0:0:root:/root:/bin/bash\n')).toEqual([]);
});

test('refuses more symbols than a program of 64 kB can have use for', () => {
  const text = Array.from({ length: 9000 }, (_, n) => `f${n} ${hex(n)}`).join('\n');
  expect(() => parseSymbols(text)).toThrow(LabError);
});

test('finds every place it prints again', () => {
  fc.assert(
    fc.property(fc.array(symbol), fc.integer({ min: 0, max: 0xffff }), (symbols, at) => {
      const table = new SymbolTable(symbols.filter((one) => numberOf(one.name) === undefined));
      expect(table.address(table.place(at))).toBe(at);
    }),
  );
});

test('takes addresses as people write them, with and without the underscore of sdcc', () => {
  const table = new SymbolTable([
    { name: 'main', at: 0x12f1 },
    { name: 'b', at: 0x2000 },
  ]);
  const asked = ['main', '_main', 'main+2', 'main+12h', 'main + 0x10', '0B6Dh', '0x0B6D', '2925', 'bh', 'b'];
  expect(asked.map((word) => table.address(word))).toEqual([
    ...[0x12f1, 0x12f1, 0x12f3, 0x1303, 0x1301, 0xb6d, 0xb6d, 0xb6d, 0xb, 0x2000],
  ]);
});

test.each([
  ['mian', "no symbol 'mian'; did you mean 'main'?"],
  ['main+', 'is no code address'],
  ['main+zz', 'is no code address'],
  ['10000h', 'is no code address'],
  ['', 'is no code address'],
])('refuses %j and says what is allowed', (asked, message) => {
  expect(() => new SymbolTable([{ name: 'main', at: 1 }]).address(asked)).toThrow(message);
});

test('the map beside the shipped image names the functions of its source', () => {
  const map = readFileSync(new URL('../../../firmware/ferrolab-qt2025.map', import.meta.url), 'utf8');
  const table = new SymbolTable(parseSymbols(map));
  for (const known of ['main', 'tick', 'search', 'track', 'reg_read', 'module_read', 'wait_ms'])
    expect(table.address(known)).toBeGreaterThan(0x0a00);
});
