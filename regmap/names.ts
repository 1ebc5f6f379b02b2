/** Finding a register by the way a datasheet prints it, with a "did you mean" for what does not exist. */
import type { Table } from './declare.ts';

/**
 * The address behind `PCS_STAT1`, `3.0001h`, `3.1` (decimal register, as IEEE 802.3 counts), `3.0x8000` or `1.D001`.
 * A register of one to three decimal digits is decimal; anything else is hexadecimal. Undefined when it is neither.
 */
export const addressOf = (table: Table, asked: string): number | undefined => {
  for (const name of [asked, asked.toUpperCase()]) if (Object.hasOwn(table, name)) return table[name]?.at;
  const match = /^(\d{1,2})\.(?:(\d{1,3})|(?:0x)?([0-9a-fA-F]{1,4})h?)$/.exec(asked.trim());
  if (match === null) return undefined;
  const mmd = Number(match[1]);
  const register = match[2] !== undefined ? Number(match[2]) : Number.parseInt(match[3] ?? '', 16);
  return mmd > 31 || register > 0xffff ? undefined : mmd * 0x10000 + register;
};

/** The name of the register at an address. */
export const nameAt = (table: Table, at: number): string | undefined => index(table).get(at);

/** The nearest known word, or undefined when none is near. */
export const closest = (asked: string, known: readonly string[]): string | undefined => {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(asked.length / 3)) + 1;
  for (const word of known) {
    const d = distance(asked.toLowerCase(), word.toLowerCase());
    if (d < bestDistance) [best, bestDistance] = [word, d];
  }
  return best;
};

const indexes = new WeakMap<Table, ReadonlyMap<number, string>>();
const index = (table: Table): ReadonlyMap<number, string> => {
  const known = indexes.get(table);
  if (known !== undefined) return known;
  const made = new Map(Object.entries(table).map(([name, { at }]) => [at, name]));
  indexes.set(table, made);
  return made;
};

/** Levenshtein. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
};
