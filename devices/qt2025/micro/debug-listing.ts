/** Disassembly around an address: instructions before it are found by reading forward from a place that is known to be one. */
import type { DisassemblyLine } from '#bus/micro-view.ts';
import type { SymbolTable } from './debug-symbols.ts';
import { disassemble } from './disassemble.ts';
import { INSTRUCTIONS } from './instructions.ts';

/** The longest instruction. */
const LONGEST = 3;
/** After this many instructions, reading from a wrong place has almost always fallen into step. */
const RUN_IN = 12;

/** `before` instructions before `at` as far as they can be known, the one at `at`, and what follows, `count` in all. */
export const listAround = (
  code: Uint8Array,
  at: number,
  symbols: SymbolTable,
  { before = 0, count = 24 }: { readonly before?: number; readonly count?: number } = {},
): readonly DisassemblyLine[] => {
  const lines: DisassemblyLine[] = [];
  const naming = { label: (address: number) => symbols.label(address) };
  const from = [...startsBefore(code, at, symbols, before), at & 0xffff];
  let next = from[0] ?? at;
  while (lines.length < count) {
    const { bytes, text, cycles, target } = disassemble(code, next, naming);
    lines.push({ at: next, bytes, text, cycles, label: symbols.label(next) ?? null, target: target ?? null });
    next += bytes.length;
    if (next > 0xffff) break;
  }
  return lines;
};

/** Addresses of the last `wanted` instructions before `at`. */
const startsBefore = (code: Uint8Array, at: number, symbols: SymbolTable, wanted: number): readonly number[] => {
  if (wanted <= 0) return [];
  const earliest = Math.max(0, at - LONGEST * (wanted + RUN_IN));
  const known = symbols.before(at - 1);
  const places = Array.from({ length: at - earliest }, (_, i) => earliest + i);
  const tries = known !== undefined && known.at >= earliest ? [known.at, ...places] : places;
  let best: readonly number[] = [];
  for (const start of tries) {
    const found = readTo(code, start, at);
    if (found.length > best.length) best = found;
    if (best.length >= wanted) break;
  }
  return best.slice(-wanted);
};

/** The instructions from `start` on that end exactly at `at`; none when they do not. */
const readTo = (code: Uint8Array, start: number, at: number): readonly number[] => {
  const found: number[] = [];
  let place = start;
  while (place < at) {
    found.push(place);
    place += INSTRUCTIONS[code[place] ?? 0]!.bytes;
  }
  return place === at ? found : [];
};
