/** A listing is the program in one piece, with the asked instruction in it; a profile adds up. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listAround } from './debug-listing.ts';
import { profileByAddress, profileBySymbol, total } from './debug-profile.ts';
import { parseSymbols, SymbolTable } from './debug-symbols.ts';

const file = (name: string) => readFileSync(new URL(`../../../firmware/${name}`, import.meta.url));
const IMAGE = new Uint8Array(file('ferrolab-qt2025.fw'));
const symbols = new SymbolTable(parseSymbols(file('ferrolab-qt2025.map').toString()));

test('any bytes are listed without a gap, and the asked address begins a line', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 600 }),
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 60 }),
      (code, at, before, count) => {
        const lines = listAround(code, at, new SymbolTable(), { before, count: before + count });
        expect(lines.length).toBeLessThanOrEqual(before + count);
        for (const [i, line] of lines.entries())
          if (i > 0) expect(line.at).toBe((lines[i - 1]?.at ?? 0) + (lines[i - 1]?.bytes.length ?? 0));
        expect(lines.some((line) => line.at === at)).toBe(true);
      },
    ),
  );
});

test('the instructions before an address are the ones that lead to it', () => {
  const main = symbols.address('main');
  const all = listAround(IMAGE, main, symbols, { count: 120 });
  for (const [i, line] of all.slice(0, -2).entries()) {
    if (i < 10) continue;
    const around = listAround(IMAGE, line.at, symbols, { before: 10, count: 12 });
    expect(around.map(({ at }) => at)).toEqual(all.slice(i - 10, i + 2).map(({ at }) => at));
  }
});

test('calls name what they call', () => {
  const main = symbols.address('main');
  const calls = listAround(IMAGE, main, symbols, { count: 200 }).filter(({ text }) => text.startsWith('LCALL'));
  expect(calls.map(({ text }) => text)).toContain('LCALL image_good');
  for (const { text, target } of calls) expect(text).toBe(`LCALL ${symbols.label(target ?? -1)}`);
});

test('profiles by symbol and by address sum up to everything that was counted, largest first', () => {
  const place = fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 1, max: 1e6 }));
  const named = fc.array(
    fc.record({ name: fc.stringMatching(/^[g-z]{1,6}$/), at: fc.integer({ min: 0, max: 0xffff }) }),
  );
  fc.assert(
    fc.property(fc.array(place, { maxLength: 50 }), named, (places, names) => {
      const spent = new Float64Array(0x10000);
      for (const [at, cycles] of places) spent[at] = (spent[at] ?? 0) + cycles;
      const table = new SymbolTable(names);
      for (const profile of [profileByAddress, profileBySymbol]) {
        const lines = profile(spent, table, 1000);
        expect(lines.reduce((sum, { cycles }) => sum + cycles, 0)).toBe(total(spent));
        expect(lines.map(({ cycles }) => cycles)).toEqual(lines.map(({ cycles }) => cycles).toSorted((a, b) => b - a));
      }
      for (const { at, cycles } of profileBySymbol(spent, table, 1000)) {
        const mine = places.filter(([where]) => (table.before(where)?.at ?? 0) === at);
        expect(cycles).toBe(mine.reduce((sum, [, some]) => sum + some, 0));
      }
    }),
    { numRuns: 30 },
  );
});
