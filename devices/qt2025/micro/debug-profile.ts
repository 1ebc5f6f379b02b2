/** Where the time of a program goes: cycles by address, and summed up by symbol. */
import type { ProfileLine } from '#bus/micro-view.ts';
import type { SymbolTable } from './debug-symbols.ts';

/** The `limit` places that took most. */
export const profileByAddress = (spent: Float64Array, symbols: SymbolTable, limit: number): readonly ProfileLine[] =>
  most(
    Array.from(spent.entries(), ([at, cycles]) => ({ at, cycles })).filter(({ cycles }) => cycles > 0),
    total(spent),
    (at) => symbols.place(at),
    limit,
  );

/** The same by the symbol each address belongs to; code before the first symbol counts at 0000h. */
export const profileBySymbol = (spent: Float64Array, symbols: SymbolTable, limit: number): readonly ProfileLine[] => {
  const sums = new Map<number, number>();
  let owner = 0;
  let next = 0;
  for (const [at, cycles] of spent.entries()) {
    for (; (symbols.symbols[next]?.at ?? 0x10000) <= at; next++) owner = symbols.symbols[next]?.at ?? owner;
    if (cycles > 0) sums.set(owner, (sums.get(owner) ?? 0) + cycles);
  }
  return most(
    Array.from(sums, ([at, cycles]) => ({ at, cycles })),
    total(spent),
    (at) => symbols.place(at),
    limit,
  );
};

export const total = (spent: Float64Array): number => spent.reduce((sum, cycles) => sum + cycles, 0);

const most = (
  places: readonly { readonly at: number; readonly cycles: number }[],
  sum: number,
  name: (at: number) => string,
  limit: number,
): readonly ProfileLine[] =>
  places
    .toSorted((a, b) => b.cycles - a.cycles || a.at - b.at)
    .slice(0, limit)
    .map(({ at, cycles }) => ({ at, place: name(at), cycles, share: sum === 0 ? 0 : cycles / sum }));
